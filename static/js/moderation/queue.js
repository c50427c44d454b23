// The queue, and the events on it by which its scripts speak to one another. What each event carries:
//   said { words, isAlarm, change }: words for the live region, and by how much fewer or more comments are left
//   counted { waiting }: how many comments wait, as the server has counted them
//   deed { path, fields, cards, said, stays }: something to be carried out at once, with Undo
//   send { id, path, fields, changed, of }: an entry for the server; answered { entry, status, said, isLast } follows
//   leave { cards }, return { cards }: cards go out of sight, or come back; pass: the focus goes on to the next card
//   reading { card }: which card has the focus now
//   freshen { id, words }: fetch a card anew; replaced { old, card } follows; warn { card, words }: say something on it
//   more: the next page's cards have come
export const queue = document.querySelector("[data-queue]");

export function tell(event, detail = {}) {
  queue.dispatchEvent(new CustomEvent(event, { detail }));
}

export function cardOf(id) {
  return queue.querySelector(`[data-card="${CSS.escape(id)}"]`);
}
