// Autosave of one tab: to this browser at once, to the server after a pause; a lost line is waited for, a conflict asked.
import { call, Problem, Unreachable } from "./api.js";
import { debounced } from "./dom.js";
import { forget, keep } from "./keeping.js";

const PAUSE = 900; // ms without a change
const RETRY = 4000; // ms while the server cannot be reached

// States: saved, dirty, saving, offline, conflict, refused.
export class Saver {
  constructor(tab, { onstate, onconflict, settle }) {
    this.tab = tab;
    this.settle = settle;
    this.state = "saved";
    this.onstate = onstate;
    this.onconflict = onconflict;
    this.soon = debounced(() => this.store(), PAUSE);
    this.again = null;
    this.changes = 0;
    this.atWork = null;
    this.online = () => { if (this.state === "offline") this.store(); };
    addEventListener("online", this.online);
  }

  changed() {
    this.changes += 1;
    if (this.state !== "conflict") this.set(this.state === "offline" ? "offline" : "dirty");
    this.soon();
  }

  set(state, problem = null) {
    this.state = state;
    this.problem = problem;
    this.onstate(this);
  }

  // Saves what there is, with what is being typed.
  save() {
    this.settle();
    return this.store();
  }

  // Saves what the editor has; waits for a save that is under way.
  async store() {
    this.soon.cancel();
    if (this.atWork) await this.atWork;
    if (this.state === "conflict") return;
    this.atWork = this.send().finally(() => { this.atWork = null; });
    await this.atWork;
  }

  async send() {
    const { tab } = this;
    if (!tab.editor) return; // not loaded: there is nothing to save yet
    const { changes } = this;
    const content = await tab.editor.text();
    const before = tab.before ?? tab.editor.exported ?? null;
    if (content === tab.content) { if (this.state !== "saved") { await forget(tab.file.id); this.set("saved"); } return; }
    await keep(tab.file.id, { etag: tab.etag, content, before, at: new Date().toISOString() });
    this.set("saving");
    try {
      const saved = await call("PUT", `/files/${tab.file.id}/draft`, { content, base_etag: tab.etag, before });
      Object.assign(tab, { content, etag: saved.etag, savedAt: saved.at, before: content === tab.editor.untouched ? tab.editor.exported : content });
      Object.assign(tab.file, { etag: saved.etag, drafted: saved.drafted ?? true });
      await forget(tab.file.id);
      this.set(changes === this.changes ? "saved" : "dirty"); // more may have come while it was on its way
    } catch (error) {
      if (error instanceof Unreachable || (error instanceof Problem && error.status >= 500)) {
        this.set("offline", error);
        clearTimeout(this.again);
        this.again = setTimeout(() => this.store(), RETRY);
      } else if (error instanceof Problem && error.status === 409) {
        this.set("conflict", error);
        this.onconflict(error.body.errors ?? error.body, content);
      } else if (error instanceof Problem) this.set("refused", error);
      else throw error;
    }
  }

  // After a conflict: goes on from the server's etag, with or without its content.
  resolved(etag, content) {
    this.tab.etag = etag;
    this.tab.content = content;
    this.tab.before = content === this.tab.editor.untouched ? null : ""; // mine as a whole, not put into theirs
    this.state = "dirty";
    return this.save();
  }

  end() {
    clearTimeout(this.again);
    this.soon.cancel();
    removeEventListener("online", this.online);
  }
}
