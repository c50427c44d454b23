// Makes what is selected in the text a link, by a button or Ctrl and K; in a link, changes where it leads or ends it.
import { field, isShown, recall, remember, run, surface } from "./writing.js";

const dialog = document.querySelector("[data-desk-link]");
const address = dialog.querySelector("input");
const end = dialog.querySelector("[data-desk-unlink]");
const opener = document.querySelector("[data-desk-tools] [data-desk-opens=link]");
const SECURE = "https";
let link = null;

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

// What is typed as in a browser's own field: example.org/x leads there, and an e-mail address to its letterbox.
function led(typed) {
  const text = typed.trim();
  if (/^(?:(?:https?|mailto):|[/#])/i.test(text)) return text;
  return /^[^\s/@]+@[^\s/@]+$/.test(text) ? `mailto:${text}` : `${SECURE}://${text.replace(/^[a-z]+:\/*/i, "")}`;
}

function open() {
  remember();
  const node = getSelection().anchorNode;
  link = isShown() ? (node?.nodeType === Node.TEXT_NODE ? node.parentNode : node)?.closest?.("a[href]") : null;
  if (link && !surface.contains(link)) link = null;
  address.value = link?.getAttribute("href") ?? "";
  end.hidden = !link;
  dialog.showModal();
  address.select();
}

function inHtml(href) {
  const words = field.value.slice(field.selectionStart, field.selectionEnd) || escaped(address.value.trim());
  run("insertText", `<a href="${escaped(href)}">${words}</a>`);
}

function inText(href) {
  if (link) getSelection().selectAllChildren(link);
  if (getSelection().isCollapsed) document.execCommand("insertHTML", false, `<a href="${escaped(href)}">${escaped(address.value.trim())}</a>`);
  else document.execCommand(href ? "createLink" : "unlink", false, href);
}

opener.addEventListener("click", open);
document.addEventListener("keydown", (event) => {
  const isAsked = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
  if (!isAsked || ![surface, field].includes(event.target)) return;
  event.preventDefault();
  open();
});
dialog.addEventListener("close", () => {
  const asked = dialog.returnValue;
  dialog.returnValue = "";
  recall();
  if (asked === "link" && address.value.trim()) (isShown() ? inText : inHtml)(led(address.value));
  else if (asked === "unlink") inText("");
});
