// Follows an address that ends in a comment's number to the page on which that comment stands today.
// Links of the old site, and those kept by readers, name only the fragment, which no server is told.
const list = document.querySelector("[data-comment-place]");

function follow() {
  const number = /^#comment-(\d{1,18})$/.exec(location.hash)?.[1];
  if (number && !document.getElementById(`comment-${number}`)) {
    location.replace(`${list.dataset.commentPlace}?comment=${number}`);
  }
}

if (list) {
  follow();
  addEventListener("hashchange", follow);
}
