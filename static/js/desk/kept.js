// Keeps what is written at the desk on its writer's own device until it is stored: over a crash, a reload, a dead line.
// A later visit offers it and overwrites nothing. The version that the words were made from is kept with them, so taken
// up again over a colleague's newer text they end in the form that shows both.
import { forget, write } from "../device.js";

const DAYS = 30; // words that old are forgotten
const SENT = "desk-sent";
const WAIT = 300; // milliseconds after a keystroke
const form = document.querySelector("form[data-desk-kept]");
const offer = document.querySelector("[data-desk-offer]");
const note = form.querySelector("[data-desk-note]");
const mine = `desk:${form.dataset.deskKept}:`; // who writes and which article: "3:17:", or "3:new:"

function written() {
  const isWords = ([name, value]) => name !== "csrf_token" && typeof value === "string"; // a picture is none
  return Object.fromEntries([...new FormData(form)].filter(isWords));
}

function isSame(some, others) {
  const hidden = ["version", "draft_mark"];
  return Object.keys(some).every((name) => hidden.includes(name) || some[name] === others[name]);
}

const key = () => mine + form.elements.draft_mark.value; // each new article has a mark of its own
const isAsServed = [...form.elements].every((field) => !("defaultValue" in field) || field.value === field.defaultValue);
const stored = form.hasAttribute("data-desk-stored") && isAsServed ? written() : null;
let timer = 0;

function save() {
  clearTimeout(timer);
  timer = 0;
  const values = written();
  if (stored && isSame(values, stored)) forget(mine, (name) => name === key());
  note.hidden = Boolean(stored && isSame(values, stored)) || !write(key(), { values, at: Date.now() });
}

function show(name, kept) {
  const moment = new Date(kept.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  offer.querySelector("[data-desk-about]").textContent = [kept.values.title, moment].filter(Boolean).join(" · ");
  offer.querySelector("[data-desk-take]").addEventListener("click", () => {
    for (const [name, value] of Object.entries(kept.values)) {
      const field = form.elements[name];
      if (!field) continue;
      if (field.type === "checkbox") field.checked = true; // what is not ticked is not kept
      else field.value = value;
      field.dispatchEvent(new Event("change")); // for whoever shows it in another way
    }
    forget(mine, (other) => other === name);
    offer.hidden = true;
    save();
    form.elements.title.focus();
  });
  offer.querySelector("[data-desk-discard]").addEventListener("click", () => {
    forget(mine, (other) => other === name);
    offer.hidden = true;
    form.elements.title.focus();
  });
  offer.hidden = false;
}

function look() {
  forget(mine, (_name, kept) => !kept || isSame(kept.values, stored));
  let newest = null;
  forget(mine, (name, kept) => {
    if (!newest || kept.at > newest.kept.at) newest = { name, kept };
    return false;
  });
  if (!newest) return;
  const aside = newest.name === key() ? `${mine}before` : newest.name; // what is typed now has its own place
  if (aside !== newest.name && write(aside, newest.kept)) forget(mine, (name) => name === newest.name);
  show(aside, newest.kept);
}

const sent = sessionStorage.getItem(SENT);
sessionStorage.removeItem(SENT);
if (form.hasAttribute("data-desk-done")) forget("desk:", (name) => name === sent);
forget("desk:", (_name, kept) => !kept || Date.now() - kept.at > DAYS * 86_400_000);
if (stored) look();
else save();
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(save, WAIT);
});
form.addEventListener("submit", () => {
  save();
  sessionStorage.setItem(SENT, key());
});
document.addEventListener("visibilitychange", () => {
  if (timer && document.hidden) save();
});
