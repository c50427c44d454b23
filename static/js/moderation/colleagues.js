// Escalates, and keeps notes, at once: the server's word follows, and Undo takes them back like decisions.
// What is taken off the editors' list leaves the page of that list; everywhere else cards stay where they are.
import { cardOf, queue, tell } from "./queue.js";

const typed = new Map(); // a note that was sent, until it is known to be kept

if (queue) {
  queue.addEventListener("submit", (event) => {
    const isAside = ["list", "keep"].includes(event.submitter?.name) || event.target.matches("[data-colleagues]");
    if (!isAside) return;
    event.preventDefault();
    carryOut(event.target, event.submitter);
  });
  queue.addEventListener("toggle", ({ target }) => {
    if (target.matches("[data-note]") && target.open) target.querySelector("textarea").focus();
  }, true); // it does not rise
  queue.addEventListener("keydown", (event) => {
    const note = event.target.closest("[data-note]");
    if (event.key === "Escape" && note?.open) fold(note);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) note?.querySelector("button[name=keep]")?.click();
  });
  queue.addEventListener("answered", (event) => hear(event.detail));
}

function carryOut(form, button) {
  const card = form.closest("[data-card]");
  const fields = [...new FormData(form, button)].filter(([name]) => !["csrf_token", "back"].includes(name));
  const note = form.querySelector("[data-note]");
  if (note?.open) {
    const field = note.querySelector("textarea");
    typed.set(card.dataset.card, field.value);
    field.value = "";
    fold(note);
  }
  const stays = !(button.value === "off" && "list" in queue.dataset);
  const path = button.getAttribute("formaction") ?? form.action;
  tell("deed", { path, fields, cards: [card], said: button.dataset.said, stays });
  if (button.value === "on") tell("pass");
}

function hear({ entry, status }) {
  for (const id of entry.changed ?? []) {
    const words = typed.get(id);
    typed.delete(id);
    if (status === 200 || !words) continue;
    const note = cardOf(id)?.querySelector("[data-note]");
    if (!note) continue;
    note.querySelector("textarea").value = words;
    note.open = true;
  }
}

function fold(note) {
  note.open = false;
  const card = note.closest("[data-card]") ?? queue.querySelector(".panel--current");
  card?.querySelector("[data-heading]").focus({ preventScroll: true });
}
