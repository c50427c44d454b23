// Says in one live region what was done and how many comments are left; shows the same beside Undo.
import { queue } from "./queue.js";

const left = queue?.querySelector("[data-left]");

queue?.addEventListener("said", ({ detail: { words, isAlarm, change } }) => {
  if (change && left.dataset.exact === "yes") {
    left.dataset.number = Math.max(0, Number(left.dataset.number) + change);
    show(Number(left.dataset.number).toLocaleString(document.documentElement.lang));
  }
  const line = queue.querySelector("[data-live]");
  line.textContent = change ? `${words} ${left.textContent}` : words;
  queue.querySelector("[data-bar]").classList.toggle("deeds--alarm", Boolean(isAlarm));
});

queue?.addEventListener("counted", ({ detail: { waiting } }) => {
  if (left.dataset.scope !== "all") return; // the server counts all that waits, not what this page is narrowed to
  left.dataset.number = waiting.number;
  left.dataset.exact = waiting.exact ? "yes" : "no";
  show(waiting.words);
});

function show(number) {
  left.textContent = left.dataset.words.replace("{number}", number);
  for (const badge of document.querySelectorAll("[data-waiting]")) badge.textContent = number;
}
