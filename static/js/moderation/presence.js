// Tells the colleagues which card is being read, shows where they are, and says how many comments came in meanwhile.
// What is new waits behind a line that leads to it: the page itself never moves.
import { cardOf, queue } from "./queue.js";

const EVERY_MS = 5000;
let reading = "";

if (queue) {
  queue.addEventListener("reading", ({ detail: { card } }) => {
    reading = card?.dataset.card ?? "";
  });
  setTimeout(look, EVERY_MS / 5);
}

async function look() {
  try {
    if (!document.hidden) await ask();
  } catch {
    // Without network nobody is seen; the next look tries again.
  }
  setTimeout(look, EVERY_MS);
}

async function ask() {
  const token = queue.querySelector("input[name=csrf_token]").value;
  const body = new URLSearchParams({ comment: reading, as_of: queue.dataset.asOf, csrf_token: token });
  const answer = await fetch(queue.dataset.presence, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const told = await answer.json();
  const line = queue.querySelector("[data-arrived]");
  line.hidden = !told.said;
  line.querySelector("a").textContent = told.said;
  for (const note of queue.querySelectorAll("[data-reader]")) note.textContent = "";
  for (const other of told.readers) {
    const note = cardOf(other.comment)?.querySelector("[data-reader]");
    if (note) note.textContent = other.said;
  }
}
