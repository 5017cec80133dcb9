// The dry run: the diagram as it is drawn, on the real engine, with a clock that can be moved; nothing is sent or written.
import { call, Problem } from "./api.js";
import { button, h, icon, openDialog, toast } from "./dom.js";
import { labelled } from "./files.js";
import { keyValues, parseValue } from "./key-values.js";
import { both, language, moment, t } from "./texts.js";
import { taskForm } from "./task-form.js";

const WAITS = [["PT1H", () => t("1 hour")], ["P1D", () => t("1 day")], ["P7D", () => t("7 days")]];

export async function openRun(workspace, tab) {
  if (!tab) return;
  let diagram = tab;
  if (tab.file.kind !== "bpmn") {
    // a form or a decision is tried with the diagram of its folder
    const folder = tab.file.path.slice(0, tab.file.path.lastIndexOf("/") + 1);
    const file = workspace.files.find((one) => one.kind === "bpmn" && one.path.startsWith(folder));
    if (!file) { toast(t("There is no diagram in this folder."), "warning", t("Dismiss")); return; }
    diagram = await workspace.open(file) ?? workspace.tabs.find((one) => one.file.id === file.id);
  }
  if (!diagram.editor?.marks) return;
  diagram.run?.end();
  diagram.run = new DryRun(workspace, diagram);
  await diagram.run.begin();
}

export class DryRun {
  constructor(workspace, tab) {
    Object.assign(this, { workspace, tab, editor: tab.editor, run: null, busy: false, shown: "next", given: { data: {}, operators: null, stores: null } });
    this.element = h("div", { class: "ldz-run" });
  }

  // Without a start event that needs nothing else, the run waits for its message; `given` is what it starts with.
  async begin(given = this.given) {
    this.given = given;
    this.workspace.ui.takeSide(this.tab, this.element);
    this.element.replaceChildren(this.head(), h("p", { class: "ldz-empty" }, t("Starting…")));
    try {
      const files = await this.workspace.neighbours(this.tab, { own: true });
      if (this.run) call("DELETE", `/runs/${this.run.id}`).catch(() => {});
      this.run = await call("POST", "/runs", { files, process: this.editor.processKey(), data: given.data, operators: given.operators, stores: given.stores });
      this.draw();
    } catch (error) {
      this.run = null;
      this.element.replaceChildren(this.head(), h("p", { class: "ldz-run-error", role: "alert" }, error.message),
        h("ul", { class: "ldz-run-list" }, (error.body?.problems ?? error.body?.errors?.problems ?? []).map((problem) => h("li", {}, `${this.editor.nameOf(problem.element)}: ${both(problem.message)}`))), this.startBox(true));
      if (!(error instanceof Problem)) this.workspace.failed(error);
      else this.workspace.ui.openBottom("problems");
    }
  }

  async step(step) {
    if (this.busy) return;
    this.busy = true;
    this.element.inert = true; // what is typed now would be lost with the next picture
    try {
      this.run = await call("POST", `/runs/${this.run.id}/steps`, step);
      this.draw();
    } catch (error) {
      if (error instanceof Problem && error.status === 404) toast(t("This dry run has ended on the server. Start it again."), "warning", t("Dismiss"));
      else if (error instanceof Problem) this.draw(error.message);
      else this.workspace.failed(error);
    } finally { this.busy = false; this.element.inert = false; }
  }

  end() {
    if (this.run) call("DELETE", `/runs/${this.run.id}`).catch(() => {});
    this.editor.marks.clear("run");
    this.tab.run = null;
    this.workspace.ui.takeSide(this.tab, null);
    this.editor.focus();
  }

  head() {
    const { run } = this;
    return h("header", { class: "ldz-run-head" },
      h("div", { class: "ldz-run-title" }, h("h2", {}, t("Dry run")), button(t("Close"), { sign: icon("x", 16), kind: "quiet", quiet: true, onclick: () => this.end() })),
      h("p", { class: "ldz-run-clock" }, icon("clock", 16), run ? moment(run.clock) : "", run?.ended ? h("span", { class: "ldz-run-over" }, t("It has ended")) : null),
      h("div", { class: "ldz-run-acts" },
        button(t("Again"), { sign: icon("arrow-back-up", 16), kind: "quiet", onclick: () => this.begin(), title: t("From the beginning, with what is drawn now") }),
        button(t("Step back"), { kind: "quiet", disabled: !run?.steps, onclick: () => this.step({ do: "undo" }) }),
        button(t("Keep as scenario"), { sign: icon("list-check", 16), disabled: !run?.steps && !run?.tokens?.length, onclick: () => this.keep() })));
  }

  draw(error = both(this.run.error)) {
    const { run } = this;
    const parts = [["next", t("Next"), this.next()], ["effects", t("Effects"), this.effects()], ["data", t("Data"), this.data()], ["log", t("History"), this.log()]];
    const panels = h("div", { class: "ldz-run-panel" });
    const tabs = h("div", { class: "ldz-strip ldz-run-tabs", role: "tablist", "aria-label": t("Dry run") }, parts.map(([key, words]) => {
      const count = key === "effects" && run.effects.length ? h("span", { class: "ld-count" }, run.effects.length) : null;
      return h("button", { type: "button", role: "tab", "data-tab": key, onclick: () => choose(key) }, words, count);
    }));
    const choose = (key) => {
      this.shown = key;
      for (const one of tabs.children) one.setAttribute("aria-selected", String(one.dataset.tab === key));
      panels.replaceChildren(parts.find(([name]) => name === key)[2]);
    };
    this.element.replaceChildren(this.head(), error ? h("p", { class: "ldz-run-error", role: "alert" }, error) : "", tabs, panels);
    choose(this.shown);
    this.mark();
  }

  mark() {
    const { run } = this;
    const standing = new Map();
    for (const token of run.tokens) standing.set(token.element, (standing.get(token.element) ?? 0) + 1);
    const passed = [...(run.passed?.elements ?? []), ...(run.passed?.flows ?? [])].filter((id) => !standing.has(id)).map((element) => ({ element, class: "ldz-passed" }));
    const tokens = [...standing].map(([element, count]) => ({ element, class: "ldz-token", sign: count > 1 ? `● ${count}` : "●", signClass: "is-token", title: t("A token stands here"), at: "right" }));
    this.editor.marks.draw("run", [...passed, ...tokens]);
  }

  next() {
    const { run } = this;
    const cards = run.waiting.map((wait) => this.card(wait));
    if (!cards.length) cards.push(h("p", { class: "ldz-empty" }, run.ended ? t("Everything has ended. Keep the run as a scenario, or start again.") : t("Nothing waits.")));
    const timer = run.waiting.some(({ kind }) => kind === "timer");
    return h("div", { class: "ldz-run-next" }, cards, this.startBox(false), h("div", { class: "ldz-run-time" },
      h("span", { class: "form-label" }, t("Let time pass")),
      timer ? button(t("Jump to the next timer"), { sign: icon("player-skip-forward", 16), onclick: () => this.step({ do: "next_timer" }) }) : null,
      h("div", { class: "ldz-quick" }, WAITS.map(([duration, words]) => button(words(), { kind: "quiet", onclick: () => this.step({ do: "advance", duration }) })))));
  }

  // What the run starts with, and what the system's actions answer: they only pretend.
  startBox(open) {
    const data = keyValues(Object.keys(this.given.data), this.given.data);
    const answers = this.editor.operators().map((name) => {
      const known = this.given.operators?.[name];
      const field = h("input", { class: "form-control", type: "text", spellcheck: "false", value: known ? JSON.stringify(known) : "", placeholder: '{"…": …}' });
      return { name, field };
    });
    const known = this.run?.stores ?? [];
    const stores = known.length ? keyValues(known.map(({ key }) => key), this.given.stores ?? {}) : null;
    const again = () => {
      const operators = Object.fromEntries(answers.filter(({ field }) => field.value.trim()).map(({ name, field }) => [name, parseValue(field.value)]));
      this.begin({ data: data.read(), operators: Object.keys(operators).length ? operators : null, stores: stores?.read() ?? null });
    };
    return h("details", { class: "ldz-wait", open }, h("summary", {}, icon("player-play", 16), h("span", { class: "ldz-wait-name" }, t("What it starts with"))),
      h("div", { class: "ldz-wait-body" }, h("div", {}, h("span", { class: "form-label" }, t("Data")), data.element,
        answers.length ? h("span", { class: "form-label" }, t("What the system's actions answer")) : null,
        answers.map(({ name, field }) => labelled(name, field)),
        stores ? [h("span", { class: "form-label" }, t("What data stores hold")), stores.element] : null,
        h("div", { class: "ldz-wait-acts" }, button(t("Start with this"), { kind: "primary", onclick: again })))));
  }

  card(wait) {
    const name = typeof wait.name === "string" ? wait.name : both(wait.name);
    const where = this.editor.nameOf(wait.element) || name || wait.element;
    const kinds = { task: [icon("user", 16), t("Human task")], message: [icon("mail", 16), t("Waits for a message")], signal: [icon("broadcast", 16), t("Waits for a signal")], timer: [icon("clock", 16), t("Waits for time")], job: [icon("bolt", 16), t("Work outside")], start: [icon("player-play", 16), t("Can be started")] };
    const [sign, words] = kinds[wait.kind];
    const body = { task: () => this.task(wait), message: () => this.message(wait, "message"), signal: () => this.message(wait, "signal"), start: () => this.message(wait, wait.data?.trigger ?? "message"), job: () => this.job(wait), timer: () => h("p", { class: "ldz-words" }, t("Due {when}", { when: moment(wait.due) })) }[wait.kind];
    const open = wait.kind === "task" || this.run.waiting.length === 1;
    const details = h("details", { class: `ldz-wait is-${wait.kind}`, open }, h("summary", {}, sign, h("span", { class: "ldz-wait-name" }, where), h("span", { class: "ldz-wait-kind" }, words)));
    const inner = h("div", { class: "ldz-wait-body" });
    const fill = () => { if (!inner.firstChild) inner.append(body()); };
    if (open) fill();
    details.addEventListener("toggle", () => { if (details.open) { fill(); this.editor.select(wait.element); } });
    details.append(inner);
    return details;
  }

  task(wait) {
    const box = h("div", {});
    const who = [wait.assignee, ...(wait.candidates ?? [])].filter(Boolean).join(", ");
    if (who) box.append(h("p", { class: "ldz-words" }, t("For {who}", { who })));
    if (wait.due) box.append(h("p", { class: "ldz-words" }, t("Due {when}", { when: moment(wait.due) })));
    const form = taskForm(wait.form, wait.data ?? this.run.data);
    const done = async (outcome) => {
      const payload = await form.values();
      if (payload) this.step({ do: "complete", element: wait.element, outcome: outcome?.id ?? null, payload });
    };
    const buttons = wait.outcomes?.length ? wait.outcomes : [null];
    box.append(form.element, h("div", { class: "ldz-wait-acts" }, buttons.map((outcome) => {
      const kind = !outcome || outcome.style === "primary" ? "primary" : outcome.style === "danger" ? "danger" : "";
      return button(outcome ? both(outcome.label ?? outcome.name) || outcome.id : t("Complete"), { kind, onclick: () => done(outcome) });
    })));
    return box;
  }

  message(wait, how) {
    const name = typeof wait.name === "string" ? wait.name : both(wait.name);
    const event = this.workspace.catalogue?.events.find((one) => one.name === name);
    const values = keyValues((event?.payload ?? []).map((field) => field.name), this.run.data);
    const correlation = h("input", { class: "form-control", type: "text", value: wait.correlation ?? "" });
    const send = () => this.step(wait.kind === "start" && how === "none" ? { do: "start", payload: values.read() }
      : { do: how === "signal" ? "signal" : "message", name, payload: values.read(), correlation: correlation.value || null });
    return h("div", {}, how === "none" ? null : h("p", { class: "ldz-words" }, h("code", {}, name)), values.element,
      how === "message" && wait.kind !== "start" ? labelled(t("Correlation key"), correlation) : null,
      h("div", { class: "ldz-wait-acts" }, button({ none: t("Start with this"), signal: t("Send the signal") }[how] ?? t("Send the message"), { kind: "primary", onclick: send })));
  }

  job(wait) {
    const operator = this.workspace.catalogue?.operators.find(({ name }) => name === wait.operator);
    const result = keyValues([], {});
    const code = h("input", { class: "form-control", type: "text", placeholder: t("without: it fails for good") });
    return h("div", {}, h("p", { class: "ldz-words" }, operator ? both(operator.title) : wait.operator, h("code", {}, wait.operator ?? "")),
      h("span", { class: "form-label" }, t("What it answers")), result.element,
      h("div", { class: "ldz-wait-acts" }, button(t("Do it"), { kind: "primary", onclick: () => this.step({ do: "work", results: Object.keys(result.read()).length ? { [wait.operator]: result.read() } : {} }) })),
      h("details", { class: "ldz-wait-fail" }, h("summary", {}, t("Let it fail")), labelled(t("Error code"), code),
        button(t("Let it fail"), { kind: "danger", onclick: () => this.step({ do: "throw", element: wait.element, name: wait.operator, code: code.value || null }) })));
  }

  effects() {
    const { effects } = this.run;
    if (!effects.length) return h("p", { class: "ldz-empty" }, t("What the system would have sent or written appears here."));
    return h("ol", { class: "ldz-effects" }, effects.map((effect) => h("li", {}, h("button", { type: "button", onclick: () => this.editor.select(effect.element) }, h("strong", {}, both(effect.title)), h("code", {}, effect.operator)),
      h("dl", {}, Object.entries(effect.parameters ?? {}).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, short(value))))))));
  }

  data() {
    const list = (entries) => h("dl", { class: "ldz-data" }, entries.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, short(value)))));
    const entries = Object.entries(this.run.data);
    const { stores } = this.run;
    return h("div", {},
      entries.length ? list(entries) : h("p", { class: "ldz-empty" }, t("There are no variables yet.")),
      stores.length ? [h("h3", { class: "ldz-run-part" }, t("Data stores")), list(stores.map(({ key, name, value }) => [both(name) || key, value]))] : null);
  }

  log() {
    return h("ol", { class: "ldz-log" }, this.run.log.map((row) => h("li", {}, h("span", { class: "ldz-log-step" }, row.step), h("span", {}, row.event), h("span", {}, row.element ? this.editor.nameOf(row.element) || row.element : ""))));
  }

  keep() {
    const { workspace, run } = this;
    const { body, foot, close } = openDialog(t("Keep as scenario"), { closeWords: t("Close") });
    const zh = h("input", { class: "form-control", type: "text", maxlength: 120 });
    const en = h("input", { class: "form-control", type: "text", maxlength: 120 });
    const fields = language() === "zh" ? [labelled(t("Name (Chinese)"), zh), labelled(t("Name (English)"), en)] : [labelled(t("Name (English)"), en), labelled(t("Name (Chinese)"), zh)];
    body.append(h("p", { class: "ld-muted" }, t("What you just did becomes a test: it is run again at every change.")), ...fields);
    const save = button(t("Keep"), { kind: "primary", onclick: async () => {
      try {
        const names = new URLSearchParams({ zh: zh.value || en.value, en: en.value || zh.value });
        const { content, path } = await call("GET", `/runs/${run.id}/scenario?${names}`);
        await workspace.saveAll();
        const known = workspace.files.find((file) => file.path === path);
        if (known) {
          const tab = workspace.tabs.find((one) => one.file.id === known.id);
          if (tab) await workspace.close(tab);
          const full = await call("GET", `/files/${known.id}`);
          await call("PUT", `/files/${known.id}/draft`, { content: `${full.content.trimEnd()}\n\n${content}`, base_etag: full.etag });
        } else await call("POST", "/files", { path, content });
        await workspace.refreshFiles();
        close();
        toast(t("Kept in {path}.", { path }), "success", t("Dismiss"));
      } catch (error) { workspace.failed(error); }
    } });
    foot.append(button(t("Cancel"), { onclick: close }), save);
    (language() === "zh" ? zh : en).focus();
  }
}

function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text && text.length > 300 ? `${text.slice(0, 300)}…` : text ?? "";
}
