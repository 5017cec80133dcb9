// Backtest: what really happened in the last days, played against what is drawn now; what would have come out otherwise.
import { memory } from "../desk/page.js";
import { call, Problem } from "./api.js";
import { button, h, icon, openDialog } from "./dom.js";
import { labelled } from "./files.js";
import { both, moment, t } from "./texts.js";

const POLL = 800; // ms between looks at one under way

export async function openBacktest(workspace, tab) {
  if (!tab) return;
  let open = true;
  const { body, foot, close } = openDialog(t("Try it on what really happened"), { wide: true, closeWords: t("Close"), onclose: () => { open = false; } });
  const last = `ldz-backtest-${tab.file.id}`; // where its id is kept: who comes back finds what was asked for
  const days = h("input", { class: "form-control", type: "number", min: 1, max: 366, value: "30" });
  const result = h("div", { role: "status" });
  const go = button(t("Replay"), { sign: icon("player-play", 16), kind: "primary", onclick: () => attempt(begin) });
  const onDiagram = button(t("Show on the diagram"), { sign: icon("sitemap", 16), hidden: true, onclick: close });
  body.append(h("p", {}, t("The cases of the last days are played again with what is drawn now. Nothing is changed; you see what would have come out differently.")), labelled(t("Days"), days), result);
  foot.append(button(t("Close"), { onclick: close }), onDiagram, go);
  if (memory.get(last)) attempt(again);

  async function attempt(act) {
    go.disabled = true;
    try {
      await act();
    } catch (error) {
      failed(error.message);
      if (!(error instanceof Problem)) workspace.failed(error);
    } finally { go.disabled = false; }
  }

  async function begin() {
    if (!days.reportValidity()) return;
    const files = await workspace.neighbours(tab, { own: true });
    const what = tab.file.kind === "dmn" ? { decision: tab.file.key } : { process: tab.editor.processKey?.() ?? tab.file.key };
    const test = await call("POST", "/backtests", { files, ...what, days: Number(days.value) });
    memory.set(last, test.id);
    await follow(test);
  }

  async function again() {
    let test;
    try {
      test = await call("GET", `/backtests/${memory.get(last)}`);
    } catch (error) {
      if (error.status !== 404) throw error;
      memory.remove(last); // cleaned away meanwhile
      return;
    }
    await follow(test);
  }

  async function follow(begun) {
    let test = begun;
    const bar = h("progress", { class: "ldz-progress", "aria-label": t("Progress") });
    const words = h("p", { class: "ldz-words" });
    result.replaceChildren(bar, words);
    while (open && !["done", "failed", "cancelled"].includes(test.status)) {
      if (test.total) { bar.max = test.total; bar.value = test.done; }
      words.textContent = test.total ? t("{done} of {total} replayed. You may close this; it goes on, and is here when you come back.", test) : t("A worker takes it up. You may close this; it goes on, and is here when you come back.");
      await new Promise((resolve) => { setTimeout(resolve, POLL); });
      test = await call("GET", `/backtests/${test.id}`);
    }
    if (!open) return;
    if (test.result) show(test.result);
    else if (test.error) failed(both(test.error));
    else result.replaceChildren(h("p", { class: "ldz-words" }, t("It was stopped.")));
  }

  function failed(words) {
    result.replaceChildren(h("p", { class: "ldz-run-error", role: "alert" }, words));
  }

  function show(found) {
    const marks = Object.entries(found.elements ?? {}).map(([element, count]) => ({ element, class: "ldz-changed", sign: `≠ ${count}`, signClass: "is-changed", title: t("{n} went otherwise here", { n: count }), at: "right" }));
    tab.editor.marks?.draw("backtest", marks);
    onDiagram.hidden = !tab.editor.marks || !marks.length;
    const none = !found.replayed && !found.skipped;
    result.replaceChildren(
      none ? h("p", { class: "ldz-empty" }, t("Nothing of this ran in these days: there is nothing to replay. Choose more days, or deploy it first."))
        : h("p", { class: `ldz-verdict ${found.different ? "is-bad" : "is-ok"}` }, found.different ? icon("git-compare", 16) : icon("circle-check", 16), t("{replayed} replayed: {same} the same, {different} otherwise, {skipped} left out.", found)),
      found.skipped ? h("p", { class: "ldz-words" }, t("Left out is what a person moved by hand, or what the records as they are today would no longer let go the way it went.")) : "",
      found.rules.length ? rules(found.rules) : "", ...(found.items.length ? cases(found) : []));
  }
}

function rules(items) {
  const place = (number) => (number === null ? "–" : number);
  return table([t("Decision"), t("Rule"), t("Matched then"), t("Matches with the draft")],
    items.map((one) => [both(one.name) || one.decision, one.old_number === null || one.new_number === null || one.old_number === one.new_number ? place(one.new_number ?? one.old_number) : `${one.old_number} → ${one.new_number}`, one.before, one.after]), t("Rules that match more or less often"));
}

function cases({ items, different }) {
  const shown = new Set(items.map(({ instance }) => instance)).size;
  return [
    table([t("Case"), t("When"), t("Where"), t("What")], items.map((item) => [caseOf(item), moment(item.at), both(item.name) || item.element, both(item.words)]), t("Cases that would have gone otherwise")),
    shown < different ? h("p", { class: "ldz-words" }, t("The first {shown} of {different} are listed.", { shown, different })) : null,
  ].filter(Boolean);
}

function caseOf(item) {
  const name = item.ticket_number || item.business_key || String(item.instance).slice(0, 8);
  return item.ticket_id ? h("a", { href: `/tickets/${item.ticket_id}`, target: "_blank", rel: "noopener" }, name) : name;
}

function table(heads, rows, title) {
  return h("div", { class: "ldz-table-frame" }, h("table", { class: "ldz-table" }, h("caption", {}, title),
    h("thead", {}, h("tr", {}, heads.map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value) => h("td", {}, value)))))));
}
