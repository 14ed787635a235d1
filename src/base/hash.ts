/** MurmurHash3's multipliers (x86, 128 bits), one pair per lane. */
const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

/** The last digest; hashing is synchronous, so one is enough and nothing is allocated per call. */
const digest = new Int32Array(4);

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finish(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Two UTF-16 units as one little-endian word; units past the end count as 0. */
function word(text: string, at: number): number {
  const low = text.charCodeAt(at);
  const high = text.charCodeAt(at + 1);
  return low | 0 | ((high | 0) << 16);
}

/** MurmurHash3 x86_128 with seed 0 over the text's UTF-16 little-endian bytes, into `digest`. */
function digestText(text: string): void {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const blocksEnd = text.length & ~7;
  for (let at = 0; at < blocksEnd; at += 8) {
    h1 ^= Math.imul(rotate(Math.imul(word(text, at), c1), 15), c2);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(text, at + 2), c2), 16), c3);
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(text, at + 4), c3), 17), c4);
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(text, at + 6), c4), 18), c1);
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  // The tail, padded with zeros: lanes without a byte contribute nothing.
  h1 ^= Math.imul(rotate(Math.imul(word(text, blocksEnd), c1), 15), c2);
  h2 ^= Math.imul(rotate(Math.imul(word(text, blocksEnd + 2), c2), 16), c3);
  h3 ^= Math.imul(rotate(Math.imul(word(text, blocksEnd + 4), c3), 17), c4);
  h4 ^= Math.imul(rotate(Math.imul(word(text, blocksEnd + 6), c4), 18), c1);

  const byteLength = text.length * 2;
  h1 ^= byteLength;
  h2 ^= byteLength;
  h3 ^= byteLength;
  h4 ^= byteLength;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish(h2 + h1);
  h3 = finish(h3 + h1);
  h4 = finish(h4 + h1);
  h1 = finish(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  digest[0] = h1;
  digest[1] = h2 + h1;
  digest[2] = h3 + h1;
  digest[3] = h4 + h1;
}

function hex(value: number | undefined): string {
  return ((value ?? 0) >>> 0).toString(16).padStart(8, "0");
}

/**
 * 16 hex digits that stand for a text: the first half of MurmurHash3 x86_128 over its UTF-16LE bytes, the same on every
 * machine. Spreads evenly; is no defence against somebody who crafts collisions.
 */
export function hashText(text: string): string {
  digestText(text);
  return hex(digest[0]) + hex(digest[1]);
}

/** A text's place in [0, 1), evenly spread with 53 bits: what splits and samples compare with their shares. */
export function hashToUnit(text: string): number {
  digestText(text);
  const high = (digest[0] ?? 0) >>> 0;
  const low = (digest[1] ?? 0) >>> 11;
  return (high * 2_097_152 + low) / 9_007_199_254_740_992;
}
