// Shows the lead picture of words that were kept on this device, once they are put back into the form.
const form = document.querySelector("form[data-desk-kept]");
const box = form.querySelector("[data-desk-lead]");
const [lead, alt] = ["lead", "lead_alt"].map((name) => form.elements[name]);

function show() {
  box.querySelector("img")?.remove();
  box.hidden = !lead.value;
  if (box.hidden) return;
  const image = new Image();
  image.className = "field__picture";
  image.alt = alt.value;
  image.src = `/media/${lead.value}`;
  box.prepend(image);
}

for (const field of [lead, alt]) field.addEventListener("change", show);
