// When the page is ready, and again whenever htmx brought something new.
export function onContent(look) {
  look(document);
  document.addEventListener("htmx:after:swap", () => look(document));
}

// Storage that may be switched off: then nothing is remembered, and nothing fails.
export const memory = {
  get(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(key, value); return true; } catch { return false; }
  },
  remove(key) {
    try { localStorage.removeItem(key); } catch { /* storage is off: there is nothing to remove */ }
  },
};
