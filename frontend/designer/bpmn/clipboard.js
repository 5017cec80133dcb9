// One clipboard for all tabs: what is copied in one diagram can be pasted into another.
let held = null;
const clipboard = {
  get: () => held,
  set: (data) => { held = data; },
  clear: () => { const before = held; held = null; return before; },
  isEmpty: () => held === null,
};

export const sharedClipboard = { clipboard: ["value", clipboard] };
