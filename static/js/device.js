// Keeps words on their writer's own device, and forgets them; where nothing can be kept, nothing is.
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // storage is switched off, or somebody else wrote there
  }
}

export function write(key, kept) {
  try {
    localStorage.setItem(key, JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

// Of what is kept under keys that begin with `prefix`, forgets each of which `isOver(key, kept)` says so.
export function forget(prefix, isOver) {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix) && isOver(key, read(key))) localStorage.removeItem(key);
    }
  } catch {
    // nothing is kept where nothing can be
  }
}
