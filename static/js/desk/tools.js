// Gives the text's row of buttons their deeds, shows which of them hold where the caret is, and leads the arrow keys along.
import { isShown, run, surface } from "./writing.js";

const bar = document.querySelector("[data-desk-tools]");
const buttons = [...bar.querySelectorAll("button")];

function around(selector) {
  const node = getSelection().anchorNode;
  const found = (node instanceof Element ? node : node?.parentElement)?.closest(selector);
  return found && found !== surface && surface.contains(found) ? found : null;
}

const block = () => around("li,p,h2,h3,h4") ?? surface;

function textBeforeCaret() {
  const before = document.createRange();
  before.setStart(block(), 0);
  before.setEnd(getSelection().anchorNode, getSelection().anchorOffset);
  return before.toString().length;
}

function putCaretBehind(length) {
  const texts = document.createTreeWalker(block(), NodeFilter.SHOW_TEXT);
  let left = length;
  while (texts.nextNode() && left > texts.currentNode.length) left -= texts.currentNode.length;
  if (texts.currentNode.length >= left) getSelection().collapse(texts.currentNode, left);
}

function list(name) {
  const command = name === "ol" ? "insertOrderedList" : "insertUnorderedList";
  function act() {
    const place = textBeforeCaret();
    run(command);
    if (getSelection().isCollapsed) putCaretBehind(place); // which Chromium has put at the beginning
  }
  return { isOn: () => around("ol,ul")?.localName === name, act };
}

// A heading or a quotation is no item of a list: that ends first.
function outOfList() {
  const found = around("ol,ul");
  if (found) TOOLS[found.localName].act();
}

function endQuotation() {
  run("outdent");
  run("formatBlock", "p");
}

const TOOLS = {
  bold: { isOn: () => document.queryCommandState("bold"), act: () => run("bold") },
  italic: { isOn: () => document.queryCommandState("italic"), act: () => run("italic") },
  heading: {
    isOn: () => around("h2,h3,h4"),
    act() {
      const name = around("h2,h3,h4") ? "p" : "h2";
      outOfList();
      run("formatBlock", name);
    },
  },
  quote: {
    isOn: () => around("blockquote"),
    act() {
      if (around("blockquote")) return endQuotation();
      outOfList();
      run("indent");
      around("blockquote")?.removeAttribute("style"); // a look that is not ours
    },
  },
  ul: list("ul"),
  ol: list("ol"),
};

function showState() {
  if (!isShown() || !surface.contains(getSelection().anchorNode)) return;
  for (const button of buttons) {
    const tool = TOOLS[button.dataset.deskTool];
    if (tool) button.setAttribute("aria-pressed", String(Boolean(tool.isOn())));
  }
}

function leavesQuotation() {
  const block = around("p,blockquote");
  if (!around("blockquote") || block.textContent.trim() || block.querySelector("img")) return false;
  endQuotation();
  return true;
}

bar.addEventListener("mousedown", (event) => event.preventDefault()); // what is selected stays so
bar.addEventListener("click", (event) => {
  const tool = TOOLS[event.target.closest("button")?.dataset.deskTool];
  if (!tool) return;
  tool.act();
  showState();
});
bar.addEventListener("keydown", (event) => {
  const shown = buttons.filter((button) => button.checkVisibility());
  const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] * (forward === "ArrowRight" ? 1 : -1);
  if (!step) return;
  event.preventDefault();
  shown.at((shown.indexOf(document.activeElement) + step) % shown.length).focus();
});
bar.addEventListener("focusin", (event) => {
  for (const button of buttons) button.tabIndex = button === event.target ? 0 : -1;
});
surface.addEventListener("keydown", (event) => {
  const isPlain = !event.isComposing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (isPlain && event.key === "Enter" && leavesQuotation()) event.preventDefault();
});
document.addEventListener("selectionchange", showState);
buttons.forEach((button, number) => (button.tabIndex = number ? -1 : 0));
