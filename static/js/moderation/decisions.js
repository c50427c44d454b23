// Answers a verdict at once: the card goes, the next one has the focus, and the server's word follows.
// A refusal puts the card back as it is now and says why. Undo takes decisions back one by one, several if wished.
import { cardOf, queue, tell } from "./queue.js";

const done = []; // what can be undone, oldest first: { id, cards, undo }; `undo` is what takes it back: { path, fields }
let number = 0;

if (queue) {
  queue.addEventListener("submit", (event) => {
    const verdict = event.submitter?.name === "verdict" ? event.submitter : null;
    if (!verdict || !event.target.matches("[data-verdicts]")) return;
    event.preventDefault();
    decide(event.target, verdict);
  });
  queue.addEventListener("click", (event) => {
    if (event.target.closest("[data-undo]")) undo();
    // The second click of a double click would meet the next card's button, which has come to the same place.
    if (event.detail > 1 && event.target.closest("[data-verdicts] button")) event.preventDefault();
  });
  queue.addEventListener("deed", (event) => carryOut(event.detail));
  queue.addEventListener("replaced", ({ detail: { old, card } }) => {
    for (const one of done) one.cards = one.cards.map((other) => (other === old ? card : other));
  });
  queue.addEventListener("answered", (event) => hear(event.detail));
}

function decide(form, button) {
  const fields = [...new FormData(form, button)].filter(([name]) => !["csrf_token", "back"].includes(name));
  const own = form.closest("[data-card]");
  const ids = fields.filter(([name]) => name === "comment").map(([, id]) => id);
  const cards = own ? [own] : ids.map(cardOf).filter(Boolean);
  if (!cards.length) return say(queue.dataset.noneTicked, true);
  if (button.value === "hold" && cards.every((card) => card.dataset.status === "held")) {
    say(button.dataset.said);
    return tell("pass");
  }
  for (const card of cards) for (const box of card.querySelectorAll("input[name=comment]")) box.checked = false;
  if (!own) {
    form.reset(); // a reason and a note were meant for these
    form.querySelector("[data-note]").open = false;
  }
  carryOut({ path: form.action, fields, cards, said: button.dataset.said });
}

// `stays`: the cards are not decided about and stay where they are, but look different afterwards.
function carryOut({ path, fields, cards, said, stays = false }) {
  const entry = { id: `${Date.now()}-${(number += 1)}`, path, fields, changed: stays ? cards.map((card) => card.dataset.card) : [] };
  done.push({ id: entry.id, cards, stays, changed: entry.changed });
  if (!stays) tell("leave", { cards });
  say(said, false, stays ? 0 : -countOf(cards));
  tell("send", entry);
  offerUndo();
}

function undo() {
  const last = done.pop();
  if (!last) return;
  tell("send", { id: `${last.id}-undo`, of: last.id, changed: last.changed, ...last.undo });
  tell("return", { cards: last.cards });
  say(queue.dataset.undone, false, last.stays ? 0 : countOf(last.cards));
  offerUndo();
}

function hear({ entry, status, said, isLast }) {
  const mine = done.find((one) => one.id === entry.id);
  if (mine) mine.undo = undoOf(said);
  if (status !== 200) say(said.said, true);
  for (const left of said.left ?? []) tell("freshen", { id: left.comment, words: left.said });
  for (const id of said.refused ?? []) tell("freshen", { id, words: said.said });
  for (const id of (status === 200 && entry.changed) || []) tell("freshen", { id, words: "" });
  if (status !== 200 && !said.left?.length && !said.refused?.length) {
    const cards = mine?.cards ?? [];
    tell("return", { cards });
    for (const card of cards) tell("warn", { card, words: said.said });
  }
  if (mine && !mine.undo) done.splice(done.indexOf(mine), 1);
  if (isLast && said.waiting) tell("counted", { waiting: said.waiting });
  offerUndo();
}

function countOf(cards) {
  return cards.reduce((sum, card) => sum + Number(card.dataset.count), 0);
}

function undoOf(said) {
  return said.undo?.fields.length || said.batch ? said.undo : null;
}

function offerUndo() {
  for (const button of queue.querySelectorAll("[data-undo]")) button.disabled = !done.length;
}

function say(words, isAlarm = false, change = 0) {
  tell("said", { words, isAlarm, change });
}
