// Asks once, before a published comment with published answers is taken away, whether they stay or go with it. One that
// waits is not to be seen anyway, so it asks nothing there; the form's list can still say so.
// One key answers; Escape and "Neither" leave all as it is. Without script the form's own list says which.
import { queue } from "./queue.js";

const dialog = queue?.querySelector('[data-dialog="branch"]');
const TAKES_AWAY = new Set(["reject", "spam"]);
let asked = null; // the form and the button that the dialog is about

queue?.addEventListener(
  "submit",
  (event) => {
    const choice = event.target.closest('[data-status="approved"]')?.querySelector("[data-branch]");
    if (!choice || choice.value || choice.dataset.answered || !TAKES_AWAY.has(event.submitter?.value)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    asked = { form: event.target, button: event.submitter, choice };
    dialog.showModal();
  },
  true,
);

dialog?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  dialog.querySelector(`[data-letter="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
});

dialog?.addEventListener("close", () => {
  const { form, button, choice } = asked;
  if (!["one", "all"].includes(dialog.returnValue)) return button.focus(); // Escape leaves it empty
  choice.value = dialog.returnValue === "all" ? "all" : "";
  choice.dataset.answered = "yes";
  form.requestSubmit(button);
  choice.value = "";
  delete choice.dataset.answered;
});
