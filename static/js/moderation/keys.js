// Lets one key press a visible button: of the card that has the focus, else of the queue's own bar.
// A digit chooses that reason of the card's list. Keys act only while the focus is inside the queue and on nothing that
// is typed into (WCAG 2.1.4), and not at all for whoever has switched them off.
import { queue, tell } from "./queue.js";

const TYPED_INTO = "input:not([type=checkbox]), textarea, select, dialog";
const OTHER_NAMES = { ArrowDown: "j", ArrowUp: "k" };
const REPEATABLE = new Set(["j", "k"]); // a key that is held down moves on, but never decides twice

queue?.addEventListener("keydown", (event) => {
  if (queue.dataset.shortcuts !== "on" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest(TYPED_INTO)) return event.key === "Escape" && leave(event.target);
  const key = OTHER_NAMES[event.key] ?? event.key.toLowerCase();
  if (event.repeat && !REPEATABLE.has(key)) {
    if (buttonFor(key, event.target)) event.preventDefault();
  } else if (/^[1-9]$/.test(key)) {
    chooseReason(Number(key), event.target.closest("[data-card]"));
  } else {
    press(buttonFor(key, event.target), event);
  }
});

// What was typed stays where it is; a dialog and a note close by themselves.
function leave(field) {
  const card = field.closest("[data-card]") ?? queue.querySelector(".panel--current");
  if (!field.closest("dialog")) card?.querySelector("[data-heading]").focus({ preventScroll: true });
}

function buttonFor(key, target) {
  const wanted = `[data-key="${CSS.escape(key)}"]:not(:disabled)`;
  const card = target.closest("[data-card]");
  const others = [...queue.querySelectorAll(wanted)].filter((button) => !button.closest("[data-card]"));
  return card?.querySelector(wanted) ?? others[0];
}

function press(button, event) {
  if (!button) return;
  event.preventDefault();
  if (button.matches("summary")) return openAndType(button);
  if (button.matches("a[href], button, input[type=checkbox]")) return button.click();
  button.closest("details").open = true;
  button.focus();
}

// At once, and not when the browser tells of it: the next key may be a letter of what is typed.
function openAndType(summary) {
  summary.click();
  if (summary.parentElement.open) summary.parentElement.querySelector("textarea, input, select")?.focus();
}

function chooseReason(number, card) {
  const reasons = card?.querySelector("[data-verdicts] select[name=reason]");
  if (!reasons || number >= reasons.options.length) return;
  reasons.selectedIndex = reasons.selectedIndex === number ? 0 : number;
  tell("said", { words: reasons.selectedOptions[0].textContent });
}
