// Backtest: what really happened in the last days, played against what is drawn now; what would have come out otherwise.
import { call, Problem } from "./api.js";
import { button, h, icon, openDialog } from "./dom.js";
import { labelled } from "./files.js";
import { both, moment, t } from "./texts.js";

const POLL = 800;

export async function openBacktest(workspace, tab) {
  if (!tab) return;
  let open = true;
  const { body, foot, close } = openDialog(t("Try it on what really happened"), { wide: true, closeWords: t("Close"), onclose: () => { open = false; } });
  const days = h("input", { class: "form-control", type: "number", min: 1, max: 366, value: "30" });
  const result = h("div", { role: "status" });
  const go = button(t("Replay"), { sign: icon("player-play", 16), kind: "primary", onclick: () => replay() });
  body.append(h("p", {}, t("The cases of the last days are played again with what is drawn now. Nothing is changed; you see what would have come out differently.")), labelled(t("Days"), days), result);
  foot.append(button(t("Close"), { onclick: close }), go);

  async function replay() {
    go.disabled = true;
    try {
      const files = await workspace.neighbours(tab, { own: true });
      const what = tab.file.kind === "dmn" ? { decision: tab.file.key } : { process: tab.editor.processKey?.() ?? tab.file.key };
      let test = await call("POST", "/backtests", { files, ...what, days: Number(days.value) });
      const bar = h("progress", { class: "ldz-progress", max: test.total || 1, value: 0, "aria-label": t("Progress") });
      result.replaceChildren(bar, h("p", { class: "ldz-words" }, t("It goes on in the background; the bell tells you when it is done.")));
      while (open && !test.result && !test.error && !["failed", "done"].includes(test.status)) {
        await new Promise((resolve) => { setTimeout(resolve, POLL); });
        test = await call("GET", `/backtests/${test.id}`);
        bar.max = test.total || 1;
        bar.value = test.done;
      }
      if (!open) return;
      if (test.error) result.replaceChildren(h("p", { class: "ldz-run-error" }, test.error));
      else if (test.result) show(test.result);
    } catch (error) {
      result.replaceChildren(h("p", { class: "ldz-run-error", role: "alert" }, error.message));
      if (!(error instanceof Problem)) workspace.failed(error);
    } finally { go.disabled = false; }
  }

  function show(found) {
    tab.editor.marks?.draw("backtest", Object.entries(found.elements ?? {}).map(([element, count]) => ({ element, class: "ldz-changed", sign: `≠ ${count}`, signClass: "is-changed", title: t("{n} went otherwise here", { n: count }), at: "right" })));
    result.replaceChildren(
      h("p", { class: `ldz-verdict ${found.different ? "is-bad" : "is-ok"}` }, found.different ? icon("git-compare", 16) : icon("circle-check", 16), t("{replayed} replayed: {same} the same, {different} otherwise, {skipped} left out.", found)),
      found.items.length ? h("table", { class: "ldz-table" }, h("thead", {}, h("tr", {}, [t("Case"), t("When"), t("Where"), t("What")].map((words) => h("th", { scope: "col" }, words)))),
        h("tbody", {}, found.items.map((item) => h("tr", {}, h("td", {}, item.ticket_number || item.business_key || String(item.instance).slice(0, 8)), h("td", {}, moment(item.at)), h("td", {}, both(item.name) || item.element), h("td", {}, both(item.words)))))) : "");
  }
}
