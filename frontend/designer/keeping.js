// Work that the server does not have yet, kept in this browser: {etag, content, at} by file id.
const NAME = "lanedesk-designer";
const STORE = "drafts";
let opened = null;

function open() {
  opened ??= new Promise((resolve) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => resolve(null); // storage is off: the server's copy is the only one
  });
  return opened;
}

async function does(mode, act) {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve, reject) => {
    const asked = act(database.transaction(STORE, mode).objectStore(STORE));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

export const keep = (id, draft) => does("readwrite", (store) => store.put(draft, id));
export const kept = (id) => does("readonly", (store) => store.get(id));
export const forget = (id) => does("readwrite", (store) => store.delete(id));
