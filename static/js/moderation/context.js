// Opens what belongs to a comment in its card: what surrounds it, or the form for a reply. Without script the same
// links lead to pages of their own.
import { queue } from "./queue.js";

queue?.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-context-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const card = link.closest("[data-card]");
  const wanted = `[data-context="${link.dataset.contextLink}"]`;
  const open = card.querySelector(wanted);
  if (open) {
    open.remove();
    link.setAttribute("aria-expanded", "false");
    return;
  }
  const answer = await fetch(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const context = page.querySelector(wanted);
  if (!context) return window.location.assign(link.href); // a session that has ended asks for signing in
  if (card.querySelector(wanted)) return;
  link.closest("p").after(document.adoptNode(context));
  link.setAttribute("aria-expanded", "true");
  context.querySelector("textarea")?.focus();
});
