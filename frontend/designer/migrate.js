// Moving running instances to another version: a drafted map drawn on both diagrams, a dry run with reasons, the move
// with progress, and the way back.
import { call, Problem } from "./api.js";
import { button, h, icon, openDialog } from "./dom.js";
import { labelled } from "./files.js";
import { both, moment, t } from "./texts.js";
import { TwoDiagrams } from "./two-diagrams.js";

const POLL = 700; // ms between looks at a move under way

export async function openMigrate(workspace, key) {
  if (!key) return;
  let wizard = null;
  const shell = openDialog(t("Move running instances"), { whole: true, closeWords: t("Close"), onclose: () => wizard?.end() });
  try {
    const { items } = await call("GET", `/processes/${encodeURIComponent(key)}/versions`);
    wizard = new Wizard(workspace, key, items, shell);
    await wizard.begin();
  } catch (error) {
    shell.body.replaceChildren(h("p", { class: "ldz-run-error", role: "alert" }, error.message));
    if (!(error instanceof Problem)) workspace.failed(error);
  }
}

class Wizard {
  constructor(workspace, key, versions, { body, foot, close }) {
    Object.assign(this, { workspace, key, versions, body, foot, close });
    const running = (version) => version.active + version.suspended;
    this.target = versions.find(({ latest }) => latest) ?? versions[0];
    this.source = versions.filter((version) => version !== this.target && running(version)).sort((a, b) => b.version - a.version)[0];
    this.running = running;
  }

  async begin() {
    if (!this.source) {
      this.body.replaceChildren(h("p", { class: "ldz-empty" }, t("Nothing runs on an older version.")));
      this.foot.replaceChildren(button(t("Close"), { onclick: this.close }));
      return;
    }
    await this.draft();
  }

  versionSelect(value, label, act, choices) {
    return h("select", { class: "form-select", "aria-label": label, onchange: (event) => act(this.versions.find(({ id }) => id === event.target.value)) },
      choices.map((version) => h("option", { value: version.id, selected: version === value }, t("Version {n} ({running} running)", { n: version.version, running: this.running(version) }))));
  }

  async draft() {
    const { source, target } = this;
    this.plan = await call("POST", "/migrations/draft", { source: source.id, target: target.id });
    this.mapping = { ...this.plan.mapping };
    this.checked = null;
    this.two?.destroy();
    this.two = new TwoDiagrams(t("From version {n}", { n: source.version }), t("To version {n}", { n: target.version }));
    this.head = h("div", { class: "ldz-diff-head" });
    this.drawHead();
    this.list = h("div", { class: "ldz-map-list" });
    const [left, right] = this.two.sides;
    this.two.element.remove();
    this.result = h("div", { role: "status" });
    this.body.replaceChildren(h("div", { class: "ldz-diff is-filling" }, this.head, h("div", { class: "ldz-map" }, left.element, this.list, right.element), this.result));
    const [from, to] = await Promise.all([source, target].map((version) => call("GET", `/${version.diagram}`)));
    await this.two.show(from, to);
    this.drawMap();
    this.drawFoot();
  }

  drawHead() {
    const { source, target } = this;
    this.head.replaceChildren(
      t("From"), this.versionSelect(source, t("From"), (version) => { this.source = version; this.draft(); }, this.versions.filter((version) => version === source || (version !== target && this.running(version)))),
      t("to"), this.versionSelect(target, t("to"), (version) => { this.target = version; this.draft(); }, this.versions.filter((version) => version !== source)),
      h("span", { class: "ld-muted" }, t("{n} instances", { n: this.plan.instances })));
  }

  // How many are on which version now, and where their tokens stand; the map stays as it was chosen.
  async recount() {
    const { source, target } = this;
    const [{ items }, plan] = await Promise.all([call("GET", `/processes/${encodeURIComponent(this.key)}/versions`), call("POST", "/migrations/draft", { source: source.id, target: target.id })]);
    if (source !== this.source || target !== this.target) return;
    this.versions = items;
    this.source = items.find(({ id }) => id === source.id);
    this.target = items.find(({ id }) => id === target.id);
    this.plan = plan;
    this.drawHead();
    this.drawMap();
  }

  drawMap() {
    const { source_elements: sources, target_elements: targets } = this.plan;
    const shown = sources.filter(({ tokens }) => tokens > 0);
    const name = (element) => both(element.names) || element.id;
    const options = (type) => [...targets].sort((a, b) => Number(b.type === type) - Number(a.type === type) || name(a).localeCompare(name(b)));
    this.list.replaceChildren(
      h("p", { class: "ldz-words" }, t("Where tokens stand, and where they go on. Everything else goes to the element of the same id.")),
      ...shown.map((element) => {
        const select = h("select", { class: "form-select", "aria-label": t("{name} goes on at", { name: name(element) }), onchange: () => { if (select.value) this.mapping[element.id] = select.value; else delete this.mapping[element.id]; this.checked = null; this.drawMap(); this.drawFoot(); } },
          h("option", { value: "" }, t("(nowhere: it stays)")), options(element.type).map((target) => h("option", { value: target.id, selected: this.mapping[element.id] === target.id }, name(target))));
        return h("div", { class: `ldz-map-row${this.mapping[element.id] ? "" : " is-open"}` },
          h("button", { type: "button", onclick: () => this.point(element.id) }, name(element), element.tokens ? ` (${element.tokens})` : ""), icon("arrow-right", 16), select);
      }),
      ...(shown.length ? [] : [h("p", { class: "ldz-empty" }, t("No token stands anywhere."))]));
    const standing = sources.filter(({ tokens }) => tokens > 0);
    const marks = (of) => standing.map((element, index) => ({ element: of(element), class: "ldz-token", sign: String(index + 1), signClass: "is-token", title: name(element), at: "right" })).filter(({ element }) => element);
    this.two.sides[0].marks.draw("map", marks(({ id }) => id));
    this.two.sides[1].marks.draw("map", marks(({ id }) => this.mapping[id]));
  }

  point(id) {
    const places = [id, this.mapping[id]];
    for (const [index, { viewer, marks }] of this.two.sides.entries()) {
      marks.draw("chosen", places[index] ? [{ element: places[index], class: "ldz-chosen" }] : []);
      const element = viewer.get("elementRegistry").get(places[index]);
      if (element) viewer.get("canvas").scrollToElement(element, 60);
    }
  }

  drawFoot() {
    this.reason ??= h("input", { class: "form-control", type: "text", maxlength: 2000 });
    const check = button(t("Try it first"), { sign: icon("test-pipe", 16), kind: this.checked ? "" : "primary", onclick: () => this.check() });
    const move = button(this.checked ? t("Move {n} instances", { n: this.checked.movable }) : t("Move instances"), { sign: icon("arrows-exchange", 16), kind: this.checked ? "primary" : "", disabled: !this.checked?.movable, onclick: () => this.move() });
    this.foot.replaceChildren(labelled(t("Why (for the records)"), this.reason), button(t("Cancel"), { onclick: this.close }), check, move);
  }

  request() {
    return { source: this.source.id, target: this.target.id, mapping: this.mapping };
  }

  async check() {
    try {
      this.checked = await call("POST", "/migrations/check", this.request());
      const stay = this.checked.items;
      this.result.replaceChildren(h("p", { class: `ldz-verdict ${stay.length ? "is-bad" : "is-ok"}` }, stay.length ? icon("alert-triangle", 16) : icon("circle-check", 16),
        t("{movable} of {total} can be moved.", this.checked)), stay.length ? this.reasons(stay) : "");
      this.drawFoot();
    } catch (error) { this.fail(error); }
  }

  reasons(items) {
    return h("table", { class: "ldz-table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Stays")), h("th", { scope: "col" }, t("Why")))),
      h("tbody", {}, items.map((item) => h("tr", {}, h("td", {}, item.ticket_number || item.business_key || item.instance.slice(0, 8)), h("td", {}, item.reasons.map((reason) => h("div", {}, this.said(reason))))))));
  }

  said({ element, words }) {
    const where = element && this.two.nameOf(element);
    return where ? t("{where}: {what}", { where, what: both(words) }) : both(words);
  }

  async move() {
    if (!this.reason.value.trim()) { this.reason.focus(); this.reason.setAttribute("aria-invalid", "true"); return; }
    try {
      const batch = await call("POST", "/migrations", { ...this.request(), reason: this.reason.value });
      await this.follow(batch);
    } catch (error) { this.fail(error); }
  }

  async follow(batch, back = false) {
    let now = batch;
    const bar = h("progress", { class: "ldz-progress", max: Math.max(1, now.total), value: now.done + now.failed, "aria-label": t("Moved") });
    const words = h("p", { role: "status", class: "ldz-words" });
    this.foot.replaceChildren(button(t("Close"), { onclick: this.close }));
    this.result.replaceChildren(bar, words);
    const draw = () => {
      bar.max = Math.max(1, now.total);
      bar.value = now.done + now.failed;
      words.textContent = back ? t("{done} of {total} taken back, {failed} stayed. You may close this; it goes on.", now) : t("{done} of {total} moved, {failed} stayed. You may close this; it goes on.", now);
    };
    draw();
    while (now.todo > 0 && this.result.isConnected) {
      await new Promise((resolve) => { setTimeout(resolve, POLL); });
      now = await call("GET", `/migrations/${now.id}`);
      draw();
    }
    if (!this.result.isConnected) return;
    const outcome = { ...now, when: moment(new Date().toISOString()) };
    words.textContent = back ? t("Done: {done} taken back, {failed} stayed ({when}).", outcome) : t("Done: {done} moved, {failed} stayed ({when}).", outcome);
    await this.recount();
    if (now.failures?.length) this.result.append(this.reasons(now.failures));
    if (now.done && !back) {
      this.foot.prepend(button(t("Take it back"), { sign: icon("arrow-back-up", 16), onclick: async () => {
        try { await this.follow(await call("POST", `/migrations/${batch.id}/revert`, { reason: this.reason.value }), true); } catch (error) { this.fail(error); }
      } }));
    }
  }

  fail(error) {
    this.result.replaceChildren(h("p", { class: "ldz-run-error", role: "alert" }, error.message));
    if (!(error instanceof Problem)) this.workspace.failed(error);
  }

  end() {
    this.two?.destroy();
  }
}
