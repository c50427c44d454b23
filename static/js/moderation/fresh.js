// Replaces a card by what the server shows of it now: with words on it, if a deed about it was refused; without, after a
// deed that changed how it looks. A card that somebody is typing into is not replaced without words.
// One after another: of two at once, the later one would replace a card that the earlier one had replaced already.
import { cardOf, queue, tell } from "./queue.js";

let last = Promise.resolve();

queue?.addEventListener("freshen", ({ detail: { id, words } }) => {
  last = last.catch(() => {}).then(() => freshen(id, words));
});
queue?.addEventListener("warn", ({ detail: { card, words } }) => warn(card, words));

async function freshen(id, words) {
  const old = cardOf(id);
  const answer = await fetch(`${queue.dataset.path}?comment=${id}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = page.querySelector(`[data-card="${CSS.escape(id)}"]`);
  if (!old || !card) return words && say(words);
  if (!words && isTypedInto(old)) return;
  const hadFocus = old.contains(document.activeElement);
  card.hidden = old.hidden;
  card.querySelector("[data-key=x]").checked = old.querySelector("[data-key=x]")?.checked;
  old.replaceWith(card);
  tell("replaced", { old, card });
  if (words) {
    tell("return", { cards: [card] });
    warn(card, words);
  } else if (hadFocus) {
    card.querySelector("[data-heading]").focus({ preventScroll: true });
  }
}

// An open note counts before its first letter: with the field gone, what is typed would press the queue's buttons.
function isTypedInto(card) {
  return card.querySelector("[data-note][open]") || [...card.querySelectorAll("textarea")].some((field) => field.value);
}

function warn(card, words) {
  const line = document.createElement("p");
  line.className = "notice notice--alarm";
  line.textContent = words;
  card.prepend(line);
  say(words);
}

function say(words) {
  tell("said", { words, isAlarm: true });
}
