// Keeps what somebody writes under an article on her own device, until it is sent: over a crash, a reload, a way back.
// Of the form it reads the comment alone, never name or address. One draft for each article and comment answered.
// The answer to a form then takes its article's address: going back or reloading finds the words there, where the
// answer itself could be had only by sending them again.
import { forget, read, write } from "./device.js";

const DAYS = 14; // a draft that old is forgotten
const PREFIX = "draft:";
const WAIT = 300; // milliseconds after a keystroke
const answer = document.querySelector("[data-comment-page]"); // holds the words that the server has put back

function keep(form) {
  const field = form.elements.comment;
  const answered = form.elements.reply_to?.value ?? "";
  const key = `${PREFIX}${form.dataset.commentDraft}#${answered}`;
  const note = form.querySelector("[data-draft-note]");
  let timer = 0;
  let wasSent = false;

  function save(isSent = false) {
    clearTimeout(timer);
    const text = field.value;
    if (!text.trim()) forget(PREFIX, (other) => other === key);
    note.hidden = !(text.trim() && write(key, { text, at: Date.now(), isSent }));
  }

  function restore() {
    if (!answer && !field.value.trim()) field.value = read(key)?.text ?? "";
    if (answer || field.value) save();
    const isKept = !note.hidden || !field.value.trim();
    if (answer && isKept) history.replaceState(null, "", answer.dataset.commentPage);
  }

  restore();
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  });
  form.addEventListener("submit", (event) => {
    save(event.submitter?.name !== "preview");
    wasSent = Boolean(read(key)?.isSent);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted || !wasSent) return;
    field.value = read(key)?.text ?? ""; // nothing is kept any more where she was thanked
    save();
  });
  document.addEventListener("visibilitychange", () => {
    if (timer && document.hidden && !read(key)?.isSent) save();
  });
  form.querySelector("[data-draft-discard]").addEventListener("click", () => {
    field.value = "";
    save();
    field.focus();
  });
}

forget(PREFIX, (_key, draft) => !draft || Date.now() - draft.at > DAYS * 86_400_000);
for (const thanked of document.querySelectorAll("[data-comment-sent]")) {
  forget(PREFIX, (key, draft) => draft.isSent && key.startsWith(`${PREFIX}${thanked.dataset.commentSent}#`));
}
for (const form of document.querySelectorAll("form[data-comment-draft]")) keep(form);
