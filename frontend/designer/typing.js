// What an editor holds back while somebody types, so that a word is one step to undo: it is handed over after a pause,
// or at once where the file is asked for.
import { debounced } from "./dom.js";

const PAUSE = 300; // ms of not typing

export class Typing {
  constructor() {
    this.held = new Set();
  }

  // act, called once with what it was given last; with `flush` and `cancel`, as the editors' own.
  after(act) {
    let given = [];
    const later = debounced(() => { this.held.delete(later); act(...given); }, PAUSE);
    const take = (...values) => { given = values; this.held.add(later); later(); };
    take.flush = () => later.now();
    take.cancel = () => { this.held.delete(later); later.cancel(); };
    return take;
  }

  settle() {
    for (const later of [...this.held]) later.now();
  }
}
