// Shows an article's text as it will look, to be written in, and writes each change into the field that is sent.
// What the site has not cleaned yet (HTML that was typed, words kept on this device) it cleans before it is shown here;
// where it cannot, and for who prefers it, the field itself stays.
import { editable, isBlank, nodesOf, written } from "./html.js";

const PREFERENCE = "desk-writes-html"; // in this browser's storage
export const EMPTY = "<p><br></p>"; // where a caret can stand
const place = document.querySelector("[data-desk-writing]");
const [toggle, label] = ["[data-desk-html]", "label"].map((name) => place.querySelector(name));
export const field = place.querySelector("textarea");
export const surface = document.createElement("div");
let untouched = new Map();
let caret = null;
let marks = null; // of the field

export const isShown = () => !surface.hidden;

function noteCaret() {
  const selection = getSelection();
  if (selection.rangeCount && surface.contains(selection.anchorNode)) caret = selection.getRangeAt(0).cloneRange();
}

export function remember() {
  noteCaret();
  marks = [field.selectionStart, field.selectionEnd];
}

// Puts the caret back where it was last, which a dialog or a button has taken.
export function recall() {
  (isShown() ? surface : field).focus();
  if (!isShown() && marks) field.setSelectionRange(...marks);
  if (!isShown() || !caret) return;
  getSelection().removeAllRanges();
  getSelection().addRange(caret);
}

// Does what a button says in the only way of which the browser's own undo knows.
export function run(command, value) {
  if (![surface, field].includes(document.activeElement)) recall();
  document.execCommand(command, false, value);
}

export function changed() {
  if (isShown()) surface.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

// The block at the top in which something stands.
export function blockOf(node) {
  let block = node;
  while (block && block.parentNode !== surface) block = block.parentNode;
  return block;
}

function fill(html) {
  const [nodes, before] = editable(html);
  untouched = before;
  surface.replaceChildren(...nodes);
  if (surface.lastElementChild?.isContentEditable !== true) surface.append(...nodesOf(EMPTY));
  caret = null;
}

async function cleaned(html) {
  const body = new URLSearchParams({ body_html: html, csrf_token: field.form.elements.csrf_token.value });
  const answer = await fetch("/desk/texts", { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw new Error(`the site answered ${answer.status}`);
  return answer.text();
}

function turnTo(isText) {
  surface.hidden = !isText;
  field.hidden = isText;
  place.toggleAttribute("data-desk-as-html", !isText);
  toggle.setAttribute("aria-pressed", String(!isText));
}

async function showText(isClean) {
  const html = field.value;
  try {
    const shown = isClean || isBlank(new Text(html)) ? html : await cleaned(html);
    if (field.value !== html) return; // something else was asked for meanwhile
    turnTo(true);
    fill(shown);
  } catch {
    turnTo(false);
  }
}

function prefersHtml(choice) {
  try {
    if (choice !== undefined) localStorage.setItem(PREFERENCE, choice ? "yes" : "");
    return localStorage.getItem(PREFERENCE) === "yes";
  } catch {
    return Boolean(choice);
  }
}

surface.className = "field__input prose";
for (const [name, value] of Object.entries({ contenteditable: "true", role: "textbox", "aria-multiline": "true", dir: "auto" })) surface.setAttribute(name, value);
surface.setAttribute("aria-labelledby", label.id);
surface.hidden = true;
field.after(surface);
place.querySelector("[role=toolbar]").hidden = false;
document.execCommand("defaultParagraphSeparator", false, "p");
label.addEventListener("click", () => isShown() && surface.focus());
surface.addEventListener("input", () => {
  if (!surface.firstElementChild) document.execCommand("formatBlock", false, "p");
  field.value = written(surface, untouched);
});
field.addEventListener("change", () => isShown() && showText(false)); // kept words were put into the form
toggle.addEventListener("click", async () => {
  marks = null;
  prefersHtml(isShown());
  await (isShown() ? turnTo(false) : showText(false));
  recall();
});
document.addEventListener("selectionchange", noteCaret);
field.form.elements.language.addEventListener("change", () => (surface.lang = field.form.elements.language.value));
surface.lang = field.form.elements.language.value;
if (!prefersHtml()) showText(field.form.hasAttribute("data-desk-stored"));
else turnTo(false);
