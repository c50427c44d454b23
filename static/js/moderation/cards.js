// Keeps one card of the queue in focus: moves between cards, takes a decided one out of sight, puts one back.
import { queue, tell } from "./queue.js";

let current = null;

if (queue) {
  queue.addEventListener("focusin", (event) => {
    current = event.target.closest("[data-card]") ?? current;
    mark();
  });
  queue.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]")?.dataset.step;
    if (step) move(step === "next" ? following : preceding);
  });
  queue.addEventListener("leave", (event) => leave(event.detail.cards));
  queue.addEventListener("return", (event) => putBack(event.detail.cards));
  queue.addEventListener("replaced", ({ detail: { old, card } }) => {
    if (current !== old) return;
    current = card;
    mark();
  });
  queue.addEventListener("more", goOn);
  queue.addEventListener("pass", () => move(following));
  queue.querySelector("[data-bar]").hidden = false;
  if (document.activeElement === document.body) focusOn(following(null), { preventScroll: true });
}

function move(way) {
  focusOn(current?.isConnected && !current.hidden ? way(current) : following(null));
}

function leave(cards) {
  const hadFocus = cards.includes(current) || !current;
  const next = cards.length === 1 ? following(cards[0]) ?? preceding(cards[0]) : null;
  for (const card of cards) card.hidden = true;
  if (hadFocus) focusOn(next ?? following(null));
  queue.querySelector("[data-empty]").hidden = following(null) !== null;
}

// Whoever was faster than the next page goes on with its first card.
function goOn() {
  const empty = queue.querySelector("[data-empty]");
  if (empty.hidden || following(null) === null) return;
  empty.hidden = true;
  focusOn(following(null));
}

function putBack(cards) {
  for (const card of cards) card.hidden = false;
  queue.querySelector("[data-empty]").hidden = true;
  if (cards.length) focusOn(cards[0]);
}

function following(card) {
  let next = card ? card.nextElementSibling : queue.querySelector("[data-card]");
  while (next && (next.hidden || !next.matches("[data-card]"))) next = next.nextElementSibling;
  return next;
}

function preceding(card) {
  let before = card.previousElementSibling;
  while (before && (before.hidden || !before.matches("[data-card]"))) before = before.previousElementSibling;
  return before;
}

function focusOn(card, options) {
  if (!card) {
    if (following(null) === null) queue.querySelector("[data-empty]").focus();
    return;
  }
  card.querySelector("[data-heading]").focus({ preventScroll: true });
  const isTall = card.offsetHeight > window.innerHeight;
  if (!options?.preventScroll) card.scrollIntoView({ block: isTall ? "start" : "nearest" });
}

function mark() {
  for (const other of queue.querySelectorAll(".panel--current")) other.classList.remove("panel--current");
  current?.classList.add("panel--current");
  tell("reading", { card: current });
}
