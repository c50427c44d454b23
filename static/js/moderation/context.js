// Opens what surrounds a comment in its card; without script the same link leads to a page of its own.
const queue = document.querySelector("[data-queue]");

queue?.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-context-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const card = link.closest("[data-card]");
  const open = card.querySelector("[data-context]");
  if (open) {
    open.remove();
    link.setAttribute("aria-expanded", "false");
    return;
  }
  const answer = await fetch(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const context = page.querySelector("[data-context]");
  if (!context || card.querySelector("[data-context]")) return;
  link.closest("p").after(document.adoptNode(context));
  link.setAttribute("aria-expanded", "true");
});
