// Turns HTML into nodes of a page, and what a browser's editing has made of them back into HTML as the site keeps it.
const BLOCK = "p,h2,h3,h4,h5,h6,ul,ol,dl,blockquote,pre,table,figure,details,hr,div";
const PART = "li,dt,dd,caption,thead,tbody,tfoot,tr,th,td,figcaption,summary";
const SHOWN = "img,audio,video,hr,td"; // what is something without a word
const NOISE = /^(?:style|contenteditable|data-.*)$/; // what browsers add
const NAMED = { B: "strong", I: "em", SPAN: "", FONT: "" }; // what browsers write, unless an attribute says more

export const nodesOf = (html) => [...new DOMParser().parseFromString(html, "text/html").body.childNodes];
export const isBlank = (node) => !/[^ \t\n\r]/.test(node.textContent) && !node.querySelector?.(SHOWN) && !node.matches?.(SHOWN);
const isBlock = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(BLOCK) || node.querySelector(BLOCK));

const isEdge = (node) => node?.nodeType === Node.ELEMENT_NODE && node.matches(`${BLOCK},${PART}`);

// Browsers write hard spaces unless `white-space` keeps soft ones, and then each line end of the source would be seen.
function onOneLine(element) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) found.push(texts.currentNode);
  for (const text of found) {
    if (text.parentNode.closest("pre")) continue;
    text.data = text.data.replace(/[ \t\r\n\f]+/g, " ");
    if (text.data === " " && (isEdge(text.previousSibling) || isEdge(text.nextSibling))) text.remove();
  }
}

// Nodes of HTML to be edited, and how each looked before that, by what it looks like now.
export function editable(html) {
  const nodes = nodesOf(html);
  const untouched = new Map();
  for (const node of nodes.filter((one) => one.nodeType === Node.ELEMENT_NODE)) {
    const before = node.outerHTML;
    onOneLine(node);
    untouched.set(node.outerHTML, before);
  }
  return [still(nodes), untouched];
}

// A picture with its caption is one thing, in which nobody writes by accident.
export function still(nodes) {
  for (const node of nodes) if (node.nodeName === "FIGURE") node.contentEditable = "false";
  return nodes;
}

function holding(name, nodes) {
  const made = document.createElement(name);
  made.append(...nodes);
  return made;
}

// Lists in paragraphs, which browsers make, become their neighbours; loose text gets a paragraph.
function blocksIn(parent) {
  const blocks = [];
  let loose = [];
  for (const node of [...parent.childNodes, null]) {
    if (node && !isBlock(node)) {
      loose.push(node);
    } else {
      blocks.push(holding("p", loose));
      loose = [];
      if (node?.matches("div")) blocks.push(...blocksIn(node));
      else if (node) blocks.push(node);
    }
  }
  return blocks.filter((block) => !isBlank(block));
}

function withoutNoise(around) {
  for (const node of [...around.querySelectorAll("*")].reverse()) {
    for (const name of node.getAttributeNames()) if (NOISE.test(name)) node.removeAttribute(name);
    const name = node.attributes.length ? undefined : NAMED[node.nodeName];
    if (name !== undefined) node.replaceWith(...(name ? [holding(name, node.childNodes)] : node.childNodes));
  }
  for (const node of [...around.querySelectorAll("p,h2,h3,h4,h5,h6")].reverse()) {
    if (node.querySelector(BLOCK)) node.replaceWith(...blocksIn(node));
  }
  for (const end of around.querySelectorAll("br")) {
    const isLast = !end.nextSibling && end.parentNode.matches("p,h2,h3,h4,h5,h6,li,blockquote,div");
    if (isLast) end.remove(); // there for the caret alone
  }
  around.normalize();
}

function tidied(node) {
  const around = holding("div", [node]);
  withoutNoise(around);
  return blocksIn(around).map((block) => block.outerHTML).join("\n");
}

// The HTML of all that stands in an element; a block that is untouched comes back to the letter.
export function written(element, untouched) {
  let html = "";
  for (const node of element.childNodes) {
    const bare = node.cloneNode(true);
    bare.removeAttribute?.("contenteditable");
    const before = isBlank(bare) && bare.data ? bare.data : untouched.get(bare.outerHTML);
    const piece = before ?? tidied(bare);
    html += (html && piece && before === undefined && !/\s$/.test(html) ? "\n" : "") + piece;
  }
  return html.trim();
}
