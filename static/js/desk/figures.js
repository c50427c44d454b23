// Puts pictures where the caret is, and takes them out, each as one thing that leaves the paragraphs around it alone.
import { nodesOf, still } from "./html.js";
import { put } from "./paste.js";
import { blockOf, changed, EMPTY, isShown, recall, surface } from "./writing.js";

// Behind the block where the caret is, or before it where the caret stands at its beginning.
export function insert(html) {
  recall();
  if (!isShown()) return put(html);
  const selection = getSelection();
  if (!blockOf(selection.anchorNode)) selection.collapse(surface.lastElementChild, 0);
  const block = blockOf(selection.anchorNode);
  const before = document.createRange();
  before.setStart(block, 0);
  before.setEnd(selection.anchorNode, selection.anchorOffset);
  const isBefore = block.textContent && !before.toString();
  const known = new Set(surface.children);
  const [figure] = still(nodesOf(html));
  if (isBefore) {
    block.before(figure);
    changed();
  } else if (block.matches("p,h2,h3,h4")) {
    selection.selectAllChildren(block);
    selection.collapseToEnd();
    const behind = block.nextElementSibling ? "" : EMPTY;
    if (block.textContent) document.execCommand("insertParagraph");
    document.execCommand("insertHTML", false, figure.outerHTML + behind);
  } else {
    block.after(figure, ...(block.nextElementSibling ? [] : nodesOf(EMPTY)));
    changed();
  }
  const made = [...surface.children].find((one) => one.nodeName === "FIGURE" && !known.has(one));
  if (made?.nextElementSibling) selection.collapse(made.nextElementSibling, 0);
}

export function takeOut(figure) {
  const whole = document.createRange();
  whole.selectNode(figure);
  surface.focus();
  getSelection().removeAllRanges();
  getSelection().addRange(whole);
  document.execCommand("insertHTML", false, EMPTY);
}

// Beside a picture browsers would take it away and draw two paragraphs into one.
function takesOutBeside(key) {
  const selection = getSelection();
  const block = blockOf(selection.anchorNode);
  const beside = key === "Backspace" ? block?.previousElementSibling : block?.nextElementSibling;
  if (!selection.isCollapsed || beside?.isContentEditable !== false) return false;
  const between = document.createRange();
  between.selectNodeContents(block);
  if (key === "Backspace") between.setEnd(selection.anchorNode, selection.anchorOffset);
  else between.setStart(selection.anchorNode, selection.anchorOffset);
  if (between.toString()) return false;
  takeOut(beside);
  return true;
}

surface.addEventListener("keydown", (event) => {
  if (["Backspace", "Delete"].includes(event.key) && takesOutBeside(event.key)) event.preventDefault();
});
