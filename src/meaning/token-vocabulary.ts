/** The pieces of ASCII that are one token, for looking them up without making a string of them. */
export interface TokenVocabulary {
  /** Whether text[start, end), with this hash, is one token. */
  has(text: string, start: number, end: number, hash: number): boolean;
  /** Whether two ASCII characters together are one token. */
  hasPair(first: number, second: number): boolean;
}

const slots = 1 << 19;

/** Hash of a piece, to be extended character by character from 0. */
export function extendHash(hash: number, code: number): number {
  return (Math.imul(hash ^ code, 0x01000193) + 0x9e37) | 0;
}

const slotOf = (hash: number): number => (hash ^ (hash >>> 13)) & (slots - 1);

/** Builds the table (about 50 ms, 3.5 MB) from the tokens of o200k_base, those beyond ASCII left out. */
export function buildVocabulary(tokens: Iterable<unknown>): TokenVocabulary {
  const ascii = [...tokens].filter((token) => typeof token === "string" && isAscii(token));
  const entries = ascii as readonly string[];
  const pairs = new Uint8Array(128 * 128);
  // One flat run of bytes, each token behind its length: a look-up touches two cache lines and no string.
  const bytes = new Uint8Array(entries.reduce((size, token) => size + token.length + 1, 1));
  const table = new Int32Array(slots);
  let free = 1;
  for (const token of entries) {
    if (token.length === 2) pairs[token.charCodeAt(0) * 128 + token.charCodeAt(1)] = 1;
    let hash = 0;
    bytes[free] = token.length;
    for (let at = 0; at < token.length; at += 1) {
      const code = token.charCodeAt(at);
      bytes[free + 1 + at] = code;
      hash = extendHash(hash, code);
    }
    let slot = slotOf(hash);
    while (table[slot] !== 0) slot = (slot + 1) & (slots - 1);
    table[slot] = free;
    free += token.length + 1;
  }
  return {
    hasPair: (first, second) => pairs[first * 128 + second] === 1,
    has(text, start, end, hash) {
      for (let slot = slotOf(hash); ; slot = (slot + 1) & (slots - 1)) {
        const entry = table[slot] as number;
        if (entry === 0) return false;
        if (bytes[entry] !== end - start) continue;
        let at = start;
        while (at < end && bytes[entry + 1 + at - start] === text.charCodeAt(at)) at += 1;
        if (at === end) return true;
      }
    },
  };
}

function isAscii(token: string): boolean {
  for (let at = 0; at < token.length; at += 1) if (token.charCodeAt(at) > 0x7f) return false;
  return token.length < 256;
}
