// Brings the diagram viewer (a bundle of its own) only when a page shows a diagram, and only when it is seen.
import { onContent } from "./page.js";

const mounted = new WeakSet();

async function mount(element) {
  if (mounted.has(element)) return;
  mounted.add(element);
  if (!document.querySelector(`link[href="${element.dataset.style}"]`)) {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = element.dataset.style;
    document.head.append(style);
  }
  const { showFlow } = await import(element.dataset.script);
  showFlow(element);
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      mount(entry.target);
    }
  }
});
onContent(() => document.querySelectorAll(".ld-flow").forEach((element) => { if (!mounted.has(element)) seen.observe(element); }));
