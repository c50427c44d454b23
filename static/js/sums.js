// Finds a number which, behind a signature, gives a SHA-256 (FIPS 180-4) that begins with so many zero bits.
// Web Crypto would answer each of the hundred thousand tries by a promise; one block by hand is thirty times faster.
const K = new Int32Array(64);
const START = new Int32Array(8);
const words = new Int32Array(64);

for (let candidate = 2, count = 0; count < 64; candidate++) {
  let isPrime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) isPrime &&= candidate % divisor !== 0;
  if (!isPrime) continue;
  if (count < 8) START[count] = fraction(Math.sqrt(candidate));
  K[count++] = fraction(Math.cbrt(candidate));
}

function fraction(root) {
  return ((root % 1) * 2 ** 32) | 0;
}

// The first 32 bits of the hash of a text of at most 55 ASCII letters.
function firstWord(text) {
  words.fill(0, 0, 16);
  for (let index = 0; index < text.length; index++) put(index, text.charCodeAt(index));
  put(text.length, 0x80);
  words[15] = text.length * 8;
  for (let index = 16; index < 64; index++) {
    const early = words[index - 15];
    const late = words[index - 2];
    const one = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const two = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    words[index] = (words[index - 16] + one + words[index - 7] + two) | 0;
  }
  let [a, b, c, d, e, f, g, h] = START;
  for (let index = 0; index < 64; index++) {
    const mixed = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const first = (h + mixed + ((e & f) ^ (~e & g)) + K[index] + words[index]) | 0;
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  return (a + START[0]) | 0;
}

function put(index, letter) {
  words[index >> 2] |= letter << (24 - 8 * (index & 3));
}

function turned(word, bits) {
  return (word >>> bits) | (word << (32 - bits));
}

addEventListener("message", ({ data: { signature, bits } }) => {
  let number = 0;
  while (firstWord(signature + number) >>> (32 - bits)) number++;
  postMessage(String(number));
});
