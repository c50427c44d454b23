// Opens the dialog that a button names.
for (const button of document.querySelectorAll("[data-opens]")) {
  const dialog = document.querySelector(`[data-dialog="${button.dataset.opens}"]`);
  button.addEventListener("click", () => dialog.showModal());
}
