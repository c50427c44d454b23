// Turns what was copied from a word processor, a mail or a web page into HTML with its headings, lists, links and emphasis.
// Pictures of this site come along with their captions; everything else goes, and the server cleans what is left.
const words = (text) => new Set(text.toUpperCase().split(" "));
const BLOCKS = words("h2 h3 h4 h5 h6 p ul ol li blockquote pre table tr th td");
const AROUND = words("div section article main header footer figure figcaption address");
const INLINE = words("strong em sub sup code a br");
const NAMED = { H1: "H2", B: "STRONG", I: "EM" };
const UNSEEN = words("style script title template svg math");
const WITHOUT_PARAGRAPHS = words("li th td figure figcaption");
const NUMBERED = /^\s*(?:\d+|[a-z]{1,4})[.)]/i;

const quoted = (text) => escaped(text).replaceAll('"', "&quot;");
export const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const hasOurs = (node) => [...(node?.querySelectorAll("img") ?? [])].some(pathOf);
const hasBlocks = (node) => [...node.children].some(isBlock);

// Where a picture of this site lies; "" for one from elsewhere.
function pathOf(image) {
  const address = URL.canParse(image.src) ? new URL(image.src) : null;
  return address?.origin === location.origin && /^\/(?:media|static)\//.test(address.pathname) ? address.pathname : "";
}

function isBlock(node) {
  return BLOCKS.has(NAMED[node.nodeName] ?? node.nodeName) || AROUND.has(node.nodeName) || hasBlocks(node);
}

function nameOf(node) {
  const look = node.dataset?.look ?? "";
  const name = NAMED[node.nodeName] ?? node.nodeName;
  if (name === "STRONG" && /font-weight:\s*normal/i.test(look)) return ""; // in which Google Docs wraps everything
  if (name === "SPAN" && /font-weight:\s*(?:bold|[6-9]00)/i.test(look)) return "strong";
  if (name === "SPAN" && /font-style:\s*italic/i.test(look)) return "em";
  if (["FIGURE", "FIGCAPTION"].includes(name) && hasOurs(node.closest("figure"))) return name.toLowerCase();
  if (AROUND.has(name)) return hasBlocks(node) ? "" : "p";
  return BLOCKS.has(name) || INLINE.has(name) ? name.toLowerCase() : "";
}

// Styles are read as mere words: the page's policy lets nothing bring its own, not even where it is never shown.
function parsed(pasted) {
  const bare = pasted
    .replace(/<style\b[^]*?<\/style>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-look="));
  return new DOMParser().parseFromString(bare, "text/html").body;
}

// Word's lists are paragraphs that begin with their bullet.
function makeLists(root) {
  for (const item of root.querySelectorAll("p[data-look*='mso-list']")) {
    const marker = item.querySelector("[data-look*='mso-list']");
    const kind = NUMBERED.test(marker?.textContent ?? "") ? "ol" : "ul";
    marker?.remove();
    const before = item.previousElementSibling;
    const list = before?.dataset.made === kind ? before : document.createElement(kind);
    const entry = document.createElement("li");
    list.dataset.made = kind;
    entry.append(...item.childNodes);
    list.append(entry);
    item.replaceWith(...(list === before ? [] : [list]));
  }
}

function inside(node) {
  const wraps = hasBlocks(node) && !WITHOUT_PARAGRAPHS.has(node.nodeName);
  let html = "";
  let loose = "";
  function close() {
    if (!wraps) html += loose;
    else if (loose.replaceAll("<br>", "").trim()) html += `<p>${loose.trim()}</p>\n`;
    loose = "";
  }
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      loose += escaped(node.closest("pre") ? child.data : child.data.replace(/[ \t\r\n\f]+/g, " "));
    } else if (child.nodeType === Node.ELEMENT_NODE && !UNSEEN.has(child.nodeName)) {
      if (isBlock(child)) {
        close();
        html += outside(child);
      } else {
        loose += outside(child);
      }
    }
  }
  close();
  return html;
}

function picture(node) {
  const size = ["width", "height"].filter((name) => node[name]).map((name) => ` ${name}="${node[name]}"`);
  return `<img src="${quoted(pathOf(node))}" alt="${quoted(node.alt)}"${size.join("")}>`;
}

function outside(node) {
  const name = nameOf(node);
  if (name === "br") return "<br>";
  if (node.nodeName === "IMG") return pathOf(node) && picture(node);
  const html = inside(node);
  if (!name) return html;
  if (name === "a") {
    const href = quoted(node.getAttribute("href") ?? "");
    return /^(?:https?|mailto):/i.test(href) ? `<a href="${href}">${html}</a>` : html;
  }
  if (!isBlock(node)) return html.trim() ? `<${name}>${html}</${name}>` : html;
  return html.replaceAll("<br>", "").trim() ? `<${name}>${html.trim()}</${name}>\n` : "";
}

export function ours(copied) {
  const body = parsed(copied);
  makeLists(body);
  return inside(body);
}
