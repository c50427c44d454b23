// Fetches the next page of the queue before it is needed, and puts its cards below the others.
import { queue, tell } from "./queue.js";

const FETCH_BELOW = 20; // cards that are left: at one key a second, far more time than a page takes
let isFetching = false;

if (queue) {
  queue.addEventListener("leave", fetchMore);
  queue.addEventListener("reading", fetchMore);
}

async function fetchMore() {
  const link = document.querySelector("a[rel=next]");
  if (!link || isFetching || remaining() > FETCH_BELOW) return;
  isFetching = true;
  try {
    const answer = await fetch(link.href);
    if (answer.ok && new URL(answer.url).pathname === new URL(link.href).pathname) append(await answer.text(), link);
  } catch {
    // Without network the link stays where it is; the next move tries again.
  }
  isFetching = false;
}

function remaining() {
  const reading = queue.querySelector(".panel--current");
  let count = 0;
  for (let card = reading ?? queue.querySelector("[data-card]"); card && count <= FETCH_BELOW; card = card.nextElementSibling) {
    count += card.matches("[data-card]") && !card.hidden ? 1 : 0;
  }
  return count;
}

function append(text, link) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const list = queue.querySelector("[data-cards]");
  for (const card of page.querySelectorAll("[data-cards] > [data-card]")) {
    if (!list.querySelector(`[data-card="${card.dataset.card}"]`)) list.append(document.adoptNode(card));
  }
  tell("more");
  const next = page.querySelector("a[rel=next]");
  if (next) link.href = next.getAttribute("href");
  else link.closest("nav").remove();
}
