// Puts the focus on the summary of errors, so that it is read and shown first.
document.querySelector("[data-error-summary]")?.focus();
