// Puts a card as the server has it now in the old one's place: with words, where a deed about it was refused, that stand on
// it; without, after a deed that changed how it looks. What is being typed into a card is never lost so.
// One after another: of two at once, the later one would replace a card that the earlier one had replaced already.
const queue = document.querySelector("[data-queue]");
let last = Promise.resolve();

queue?.addEventListener("freshen", ({ detail: { id, words } }) => {
  last = last.catch(() => {}).then(() => freshen(id, words));
});
queue?.addEventListener("warn", ({ detail: { card, words } }) => warn(card, words));

async function freshen(id, words) {
  const old = queue.querySelector(`[data-card="${CSS.escape(id)}"]`);
  const answer = await fetch(`${queue.dataset.path}?comment=${id}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = page.querySelector(`[data-card="${CSS.escape(id)}"]`);
  if (!old || !card) return words && say(words);
  if (!words && isTypedInto(old)) return;
  const hadFocus = old.contains(document.activeElement);
  card.hidden = old.hidden;
  card.querySelector("[data-key=x]").checked = old.querySelector("[data-key=x]")?.checked;
  old.replaceWith(card);
  ask("replaced", { old, card });
  if (words) {
    ask("return", { cards: [card] });
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
  ask("said", { words, isAlarm: true });
}

function ask(what, detail) {
  queue.dispatchEvent(new CustomEvent(what, { detail }));
}
