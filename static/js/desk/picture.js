// Asks for a picture and for what it shows, and puts it where the caret is; of one that is there, changes what is said.
import { insert, takeOut } from "./figures.js";
import { changed, isShown, recall, remember, surface } from "./writing.js";

const box = document.querySelector("[data-desk-picture]");
const form = box.closest("form");
const opener = document.querySelector("[data-desk-tools] [data-desk-opens=picture]");
const [file, alt, caption] = ["picture", "picture_alt", "picture_caption"].map((name) => form.elements[name]);
const problem = box.querySelector("[data-desk-problem]");
const [done, out, close] = ["done", "out", "close"].map((name) => box.querySelector(`[data-desk-${name}]`));
const DONE = "done";
const dialog = document.createElement("dialog");
let image = null; // the picture of the text that is looked at, if it is not a new one
let asked = false;

const rowOf = (input) => input.closest(".field");

export function open(shown = null, chosen = null) {
  remember();
  image = shown;
  asked = false;
  const figure = image?.closest("figure");
  const list = new DataTransfer();
  if (chosen) list.items.add(chosen);
  file.files = list.files;
  if (chosen) file.dispatchEvent(new Event("change", { bubbles: true }));
  alt.value = image?.alt ?? "";
  caption.value = figure?.querySelector("figcaption")?.textContent ?? "";
  rowOf(file).hidden = Boolean(image);
  rowOf(caption).hidden = Boolean(image && !figure);
  out.hidden = !image;
  problem.textContent = "";
  dialog.showModal();
  (chosen || image ? alt : file).focus();
}

function change() {
  image.alt = alt.value.trim();
  const figure = image.closest("figure");
  const before = figure?.querySelector("figcaption");
  if (figure && caption.value.trim() !== (before?.textContent ?? "")) {
    const words = before ?? figure.appendChild(document.createElement("figcaption"));
    words.textContent = caption.value.trim();
    if (!words.textContent) words.remove();
  }
  changed();
}

async function send() {
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token.value);
  body.set(file.name, file.files[0]);
  for (const { name, value } of [alt, caption]) body.set(name, value);
  const answer = await fetch("/desk/pictures", { method: "POST", body, redirect: "error" });
  const said = await answer.text();
  if (answer.ok) {
    dialog.close(DONE);
    insert(said);
  } else {
    problem.textContent = { 413: box.dataset.large, 415: said }[answer.status] ?? box.dataset.failed;
  }
}

function selected() {
  const isMeant = (one) => isShown() && !getSelection().isCollapsed && getSelection().containsNode(one);
  return [...surface.querySelectorAll("img")].find(isMeant);
}

dialog.className = "sheet form";
dialog.setAttribute("aria-label", opener.ariaLabel);
dialog.append(box);
document.querySelector("main").append(dialog);
box.querySelector("[data-desk-unscripted]").remove();
box.querySelector("[data-desk-scripted]").hidden = false;
opener.addEventListener("click", () => open(selected()));
close.addEventListener("click", () => dialog.close());
out.addEventListener("click", () => {
  dialog.close(DONE);
  takeOut(image.closest("figure") ?? image);
});
done.addEventListener("click", async () => {
  if (!image && !file.files.length) return (problem.textContent = box.dataset.none);
  if (!alt.value.trim() && !asked) {
    asked = true;
    problem.textContent = box.dataset.ask;
    return alt.focus();
  }
  if (image) change();
  if (image) return dialog.close();
  done.disabled = true;
  await send().catch(() => (problem.textContent = box.dataset.failed));
  done.disabled = false;
});
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || ![alt, caption].includes(event.target)) return;
  event.preventDefault();
  done.click();
});
dialog.addEventListener("close", () => {
  if (!dialog.returnValue) recall();
  dialog.returnValue = "";
});
surface.addEventListener("click", ({ target }) => {
  const clicked = target.closest("figure")?.querySelector("img") ?? target.closest("img");
  if (clicked) open(clicked);
});
