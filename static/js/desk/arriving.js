// Takes a picture that is pasted, or let fall upon the text, to the dialog that asks what it shows.
import { open } from "./picture.js";
import { field, surface } from "./writing.js";

const pictureOf = (data) => [...data.files].find((one) => one.type.startsWith("image/"));

// Where something is let fall, the caret goes there first.
function dropped(event) {
  const chosen = pictureOf(event.dataTransfer);
  if (!chosen) return;
  event.preventDefault();
  const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
  if (range && surface.contains(range.startContainer)) getSelection().collapse(range.startContainer, range.startOffset);
  open(null, chosen);
}

function pasted(event) {
  const chosen = pictureOf(event.clipboardData);
  if (!chosen || event.clipboardData.getData("text/plain")) return; // words that come with a picture of themselves
  event.preventDefault();
  open(null, chosen);
}

for (const place of [surface, field]) {
  place.addEventListener("drop", dropped);
  place.addEventListener("paste", pasted);
}
