// Makes a picture small before it is sent: a phone's 5 MB would take a minute on a slow line, and be too much for the site.
const WIDEST = 1600; // as the site has them
const SMALL = 300_000; // bytes, which are sent as they are

async function shrunk(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, WIDEST / Math.max(image.width, image.height));
  const canvas = new OffscreenCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await canvas.convertToBlob({ type: file.type, quality: 0.9 });
  return new File([blob], file.name, { type: blob.type });
}

for (const field of document.querySelectorAll("[data-desk-kept] input[type=file], [data-desk-picture] input[type=file]")) {
  field.addEventListener("change", async () => {
    const [file] = field.files;
    if (!file || file.size < SMALL || !["image/jpeg", "image/png", "image/webp"].includes(file.type)) return;
    try {
      const small = await shrunk(file);
      const list = new DataTransfer();
      list.items.add(small);
      if (field.files[0] === file && small.size < file.size) field.files = list.files;
    } catch {
      // what this browser cannot read goes as it is, and the site says what it makes of it
    }
  });
}
