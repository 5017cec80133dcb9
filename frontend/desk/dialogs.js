// <button data-dialog="id"> opens <dialog id="id">; a click beside it closes it; "?" opens the help sheet;
// <dialog data-dialog-key="Control+k"> opens by its chord. A dialog that comes back with errors stays open.
function open(dialog) {
  if (!dialog || dialog.open) return;
  document.querySelector("[popover]:popover-open")?.hidePopover();
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("ld:open", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog]");
  if (opener) return open(document.getElementById(opener.dataset.dialog));
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (outside) event.target.close();
  }
});

document.addEventListener("keydown", (event) => {
  const chord = (event.ctrlKey || event.metaKey ? "Control+" : "") + event.key.toLowerCase();
  const byChord = document.querySelector(`dialog[data-dialog-key="${CSS.escape(chord)}"]`);
  if (byChord) {
    event.preventDefault();
    if (byChord.open) byChord.close(); else if (!document.querySelector("dialog[open]")) open(byChord);
  } else if (event.key === "?" && !event.target.closest?.("input, textarea, select") && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    open(document.getElementById("help"));
  }
});
