// Brings the charts (a bundle of their own) only when a page shows one, and only when it is seen. Until then, and
// without script, the table that stands below says the same.
import { onContent } from "./page.js";

const mounted = new WeakSet();

onContent((root) => root.querySelectorAll("[data-chart]").forEach((element) => {
  if (mounted.has(element)) return;
  mounted.add(element);
  import(element.dataset.script).then(({ showChart }) => showChart(element));
}));
