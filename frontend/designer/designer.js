// The designer's page: library, tabs, editors, properties, problems. Larger parts come when they are first needed.
import { Workspace } from "./workspace.js";
import { useApi } from "./api.js";
import { useSprite } from "./dom.js";
import { memory } from "../desk/page.js";
import { watchStyles } from "./styles.js";
import { useLocale } from "./texts.js";

export function openDesigner(root) {
  const settings = JSON.parse(root.dataset.settings);
  useSprite(root.dataset.icons);
  useLocale(settings.locale);
  useApi(root.dataset.api, root.dataset.csrf);
  // The canvas first: the menu stays narrow here unless its width was chosen.
  if (!memory.get("ld-rail")) document.documentElement.dataset.rail = "narrow";
  const unwatch = watchStyles(document.body);
  const workspace = new Workspace(root, settings);
  // Gone with the page, when htmx brings another one.
  const gone = new MutationObserver(() => {
    if (root.isConnected) return;
    gone.disconnect();
    unwatch();
    workspace.end();
  });
  gone.observe(document.body, { childList: true, subtree: true });
}
