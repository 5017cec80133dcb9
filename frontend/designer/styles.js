// Sets the styles that editors write into their markup as data-css (build.mjs, dataStyles): through the style
// object, which the content security policy allows.
function apply(element) {
  element.style.cssText = element.dataset.css;
  element.removeAttribute("data-css");
}

export function watchStyles(root) {
  const look = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.hasAttribute("data-css")) apply(node);
    node.querySelectorAll("[data-css]").forEach(apply);
  };
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "attributes" && change.target.hasAttribute("data-css")) apply(change.target);
      change.addedNodes.forEach(look);
    }
  });
  observer.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-css"] });
  return () => observer.disconnect();
}
