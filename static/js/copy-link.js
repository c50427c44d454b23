// Copies the link that a reader is to keep, for browsers inside other programs hide the address of a page.
const link = document.querySelector("[data-link]");
const copied = document.querySelector("[data-link-copied]");
const button = document.querySelector("[data-link-copy]");

async function isCopied() {
  try {
    await navigator.clipboard.writeText(link.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(link); // left to her own hand where this is refused as well
    return document.execCommand("copy");
  }
}

button.hidden = false;
button.addEventListener("click", async () => {
  copied.textContent = (await isCopied()) ? copied.dataset.linkCopied : "";
});
