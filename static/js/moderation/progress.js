// Shows how far a decision about many comments has come, until nothing is left.
const progress = document.querySelector("[data-progress]");
const EVERY_MS = 1000;

async function look() {
  try {
    const answer = await fetch(progress.dataset.progress, { headers: { Accept: "application/json" } });
    const told = await answer.json();
    progress.querySelector("[data-carried-out]").textContent = told.said;
    if (told.finished) return location.reload();
  } catch {
    // The next look tries again.
  }
  setTimeout(look, EVERY_MS);
}

if (progress) setTimeout(look, EVERY_MS);
