// Brings the designer (a bundle of its own) only to the page that shows it.
import { onContent } from "./page.js";

const mounted = new WeakSet();

onContent(async (root) => {
  const element = root.querySelector("[data-designer]");
  if (!element || mounted.has(element)) return;
  mounted.add(element);
  if (!document.querySelector(`link[href="${element.dataset.style}"]`)) {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = element.dataset.style;
    document.head.append(style);
  }
  const { openDesigner } = await import(element.dataset.script);
  openDesigner(element);
});
