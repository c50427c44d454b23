// Fetches a token that says when the form was begun, and has a sum done where one is asked for.
// Without it the page's own token sends the comment as well.
const form = document.querySelector("form[data-fresh-token]");
let sum = null; // a promise while the sum is being done

async function begin() {
  try {
    const answer = await fetch(form.dataset.freshToken, { cache: "no-store", credentials: "omit" });
    if (!answer.ok) return;
    const { token, bits } = await answer.json();
    form.elements.token.value = token;
    if (bits) sum = doSum(token.slice(token.lastIndexOf(".") + 1), bits);
  } catch {
    // No network just now: whether there is one when the form is sent is another question.
  }
}

function doSum(signature, bits) {
  return new Promise((resolve) => {
    const worker = new Worker(form.dataset.sums, { type: "module" });
    const end = (nonce) => {
      form.elements.proof.value = nonce;
      sum = null;
      worker.terminate();
      resolve();
    };
    worker.addEventListener("message", (event) => end(event.data));
    worker.addEventListener("error", () => end("")); // then a moderator sees that there is no proof
    worker.postMessage({ signature, bits });
  });
}

async function waitForSum(event) {
  if (!sum) return;
  event.preventDefault();
  form.querySelector("[data-sum-status]").hidden = false;
  const button = event.submitter;
  await sum;
  form.requestSubmit(button);
}

form?.addEventListener("focusin", begin, { once: true });
form?.addEventListener("submit", waitForSum);
