// Lets what is pasted, or let fall from another window, keep what it means and lose how it looked.
// Text without any meaning of its own, and HTML that is pasted as text into HTML, come in as the browser has it.
import { escaped, ours } from "./copied.js";
import { isBlank } from "./html.js";
import { blockOf, field, isShown, run, surface } from "./writing.js";

const BLOCK_TAG = /<(?:p|h[1-6]|[uo]l|li|blockquote|pre|table|div|figure|hr)\b/i;
const TAG = /<\/?[a-z][^<>]*>/i;
let isOwn = false; // what is dragged from one place of the text to another

// Beside a block blank lines say nothing: text without any gets the paragraphs that they stood for.
function inParagraphs(text) {
  const parts = text.split(/\n[ \t]*\n/).filter((part) => part.trim());
  return parts.map((part) => `<p>${part.trim().replaceAll("\n", "<br>\n")}</p>\n`).join("");
}

const indexOf = (node) => [...surface.childNodes].indexOf(node);

function intoField(html) {
  const text = field.value;
  const isFirstBlock = BLOCK_TAG.test(html) && !BLOCK_TAG.test(text);
  const [before, after] = [text.slice(0, field.selectionStart), text.slice(field.selectionEnd)];
  if (isFirstBlock) field.select();
  run("insertText", isFirstBlock ? inParagraphs(before) + html + inParagraphs(after) : html);
}

// Puts HTML where the caret is, in the text or in the field that holds it as HTML.
export function put(html) {
  if (!isShown()) return intoField(html);
  const block = blockOf(getSelection().anchorNode);
  if (block && isBlank(block) && BLOCK_TAG.test(html)) getSelection().setBaseAndExtent(surface, indexOf(block), surface, indexOf(block) + 1);
  run("insertHTML", html.replace(/(?<=>)\n/g, "")); // in place of an empty paragraph, not in it
}

function asHtml(data) {
  const text = data.getData("text/plain");
  const pasted = data.getData("text/html");
  if (!pasted || (!isShown() && TAG.test(text))) return isShown() ? inParagraphs(escaped(text)) : "";
  return ours(pasted);
}

function take(event, data) {
  const html = asHtml(data).replace(/^\s*<p>((?:(?!<p>)[^])*)<\/p>\s*$/, "$1"); // a lone paragraph goes into a line
  if (!TAG.test(html)) return;
  event.preventDefault();
  put(html);
}

for (const place of [surface, field]) place.addEventListener("paste", (event) => take(event, event.clipboardData));
surface.addEventListener("dragstart", () => (isOwn = true));
surface.addEventListener("dragend", () => (isOwn = false));
surface.addEventListener("drop", (event) => {
  const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
  if (isOwn || event.dataTransfer.files.length || !range) return;
  getSelection().collapse(range.startContainer, range.startOffset);
  take(event, event.dataTransfer);
});
