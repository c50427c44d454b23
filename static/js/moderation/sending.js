// Sends what was decided, one after another and in order; without network it is kept, counted and sent again.
// An entry is { id, path, fields }: ids, verdicts and what the moderator noted herself, never a word of a comment. The
// form's token is added when it is sent, so that what waited while somebody signed in again goes out under the new
// session. The answer comes as the event `answered`. An undo waits for the decision that it takes back (`of`).
import { queue, tell } from "./queue.js";

const SHELF = `unsent-${queue?.dataset.person}`;
const RETRY_MS = 4000;
const MEANT_TO_PASS = new Set([408, 429, 500, 502, 503, 504]);
let entries = [];
let isSending = false;

if (queue) {
  entries = JSON.parse(sessionStorage.getItem(SHELF) ?? "[]");
  queue.addEventListener("send", (event) => add(event.detail));
  window.addEventListener("online", send);
  window.addEventListener("beforeunload", (event) => {
    if (entries.length) event.preventDefault();
  });
  count(false);
  send();
}

function add(entry) {
  entries.push(entry);
  count(false);
  send();
}

async function send() {
  if (isSending) return;
  isSending = true;
  while (entries.length && (await deliver(entries[0]))) count(false);
  isSending = false;
}

async function deliver(entry) {
  if (!entry.path) return entries.shift(); // it takes back what was refused
  let answer;
  try {
    answer = await post(entry);
  } catch {
    return wait();
  }
  if (MEANT_TO_PASS.has(answer.status)) return wait();
  const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (!isJson) return signInAgain();
  const said = await answer.json();
  entries.shift();
  for (const later of entries) {
    if (later.of === entry.id && (said.batch || said.undo?.fields.length)) Object.assign(later, said.undo);
  }
  count(false);
  tell("answered", { entry, status: answer.status, said, isLast: !entries.length });
  return true;
}

function post(entry) {
  const fields = new URLSearchParams(entry.fields);
  fields.append("csrf_token", queue.querySelector("input[name=csrf_token]").value);
  return fetch(entry.path, { method: "POST", body: fields, headers: { Accept: "application/json" } });
}

function wait() {
  count(true);
  setTimeout(send, RETRY_MS);
  return false;
}

function signInAgain() {
  count(true);
  queue.querySelector("[data-signed-out]").hidden = false;
  return false;
}

function keep() {
  sessionStorage.setItem(SHELF, JSON.stringify(entries));
}

function count(isStuck) {
  keep();
  queue.dataset.unsentCount = entries.length;
  const line = queue.querySelector("[data-unsent]");
  line.hidden = !entries.length || !isStuck;
  line.textContent = line.dataset.words.replace("{number}", entries.length);
}
