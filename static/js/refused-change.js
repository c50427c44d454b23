// Gives the answer to a refused change its receipt's address and its words along: going back or reloading finds them
// there, where the answer itself could be had only by sending them again. They last no longer than this tab.
const form = document.querySelector("form[data-change]");
const fields = form ? [form.elements.comment, form.elements.name] : [];

if (form && "changeRefused" in form.dataset) {
  history.replaceState({ refused: fields.map((field) => field.value) }, "", form.dataset.changeRefused);
} else if (form && history.state?.refused) {
  fields.forEach((field, index) => (field.value = history.state.refused[index]));
  form.closest("details").open = true;
}
