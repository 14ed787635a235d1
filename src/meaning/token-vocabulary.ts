export const pairBits = {
  /** Together one token. */
  token: 1,
  /** The first two bytes of a token of three. */
  opensTriple: 2,
  /** The first two bytes of a longer one. */
  opensLong: 4,
} as const;

/** The tokens of an encoding by their bytes, for looking them up without making a string of them. */
export interface TokenVocabulary {
  /** Whether bytes[start, end), with this hash, are one token. */
  has(bytes: Uint8Array, start: number, end: number, hash: number): boolean;
  /** What two bytes are, as bits of `pairBits`. */
  pairOf(first: number, second: number): number;
  hasTriple(first: number, second: number, third: number): boolean;
  /** Whether a token may hold the first of two neighbouring UTF-16 units whole, and of the second any byte. */
  mayJoin(first: number, second: number): boolean;
}

const slots = 1 << 19;
const pairSlots = 1 << 17;
const longestKept = 255;

/** Hash of a run of bytes, to be extended byte by byte from 0. */
export function extendHash(hash: number, byte: number): number {
  return (Math.imul(hash ^ byte, 0x01000193) + 0x9e37) | 0;
}

/** The same of bytes[start, end). */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at += 1) hash = extendHash(hash, bytes[at] as number);
  return hash;
}

const slotOf = (hash: number): number => (hash ^ (hash >>> 13)) & (slots - 1);
const pairSlotOf = (pair: number): number => Math.imul(pair, 0x9e3779b1) >>> 15;

/** Builds the tables (9 MB) from the tokens of o200k_base: texts, or bytes where a token is none. */
export function buildVocabulary(tokens: Iterable<unknown>): TokenVocabulary {
  const tables = new Tables();
  const encoder = new TextEncoder();
  const scratch = new Uint8Array(1_024);
  for (const token of tokens) {
    if (typeof token === "string") {
      const { written } = encoder.encodeInto(token, scratch);
      tables.add(scratch, written);
      if (written > token.length) tables.addPairsOf(token);
    } else if (Array.isArray(token)) {
      scratch.set(token as number[]);
      tables.add(scratch, token.length);
      tables.addCut(scratch.subarray(0, token.length));
    }
  }
  return tables;
}

class Tables implements TokenVocabulary {
  /** One flat run of bytes, each token behind its length: a look-up touches two cache lines and no string. */
  #bytes = new Uint8Array(1 << 21);
  #free = 1;
  readonly #table = new Int32Array(slots);
  /** By two bytes. */
  readonly #pairs = new Uint8Array(1 << 16);
  /** By three bytes, a bit each. */
  readonly #triples = new Uint8Array(1 << 21);
  readonly #joined = new Int32Array(pairSlots);
  /** By UTF-16 unit: 1 where a token holds the character and but a part of the next. */
  readonly #joinsAny = new Uint8Array(1 << 16);

  add(bytes: Uint8Array, length: number): void {
    const [one = 0, two = 0, three = 0] = bytes;
    const pair = (one << 8) | two;
    if (length > 1) this.#pairs[pair] = (this.#pairs[pair] ?? 0) | bitOf(length);
    if (length === 3) {
      const key = (pair << 8) | three;
      this.#triples[key >> 3] = (this.#triples[key >> 3] ?? 0) | (1 << (key & 7));
    }
    if (length > longestKept) return;
    if (this.#free + length >= this.#bytes.length) this.#grow();
    this.#bytes[this.#free] = length;
    this.#bytes.set(bytes.subarray(0, length), this.#free + 1);
    let slot = slotOf(hashOf(bytes, 0, length));
    while (this.#table[slot] !== 0) slot = (slot + 1) & (slots - 1);
    this.#table[slot] = this.#free;
    this.#free += length + 1;
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /** Lists the neighbours within a token that is text. */
  addPairsOf(text: string): void {
    for (let at = 1; at < text.length; at += 1) {
      const one = text.charCodeAt(at - 1);
      const other = text.charCodeAt(at);
      if (isListed(one) && isListed(other)) this.#join(one, other);
    }
  }

  /** Lists the neighbours within a token that begins or ends inside a character. */
  addCut(bytes: Uint8Array): void {
    let start = 0;
    while (start < bytes.length && isInside(bytes[start] as number)) start += 1;
    let end = bytes.length;
    while (end > start && isInside(bytes[end - 1] as number)) end -= 1;
    const lead = bytes[end - 1] ?? 0;
    const isWhole = lead < 0x80 || bytes.length - end + 1 === lengthOf(lead);
    const whole = new TextDecoder().decode(bytes.subarray(start, isWhole ? bytes.length : end - 1));
    this.addPairsOf(whole);
    if (!isWhole && whole !== "") this.#joinsAny[whole.charCodeAt(whole.length - 1)] = 1;
  }

  #join(one: number, other: number): void {
    const pair = (one << 16) | other;
    let slot = pairSlotOf(pair);
    while (this.#joined[slot] !== 0 && this.#joined[slot] !== pair) {
      slot = (slot + 1) & (pairSlots - 1);
    }
    this.#joined[slot] = pair;
  }

  has(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    const kept = this.#bytes;
    const length = end - start;
    for (let slot = slotOf(hash); ; slot = (slot + 1) & (slots - 1)) {
      const entry = this.#table[slot] as number;
      if (entry === 0) return false;
      if (kept[entry] !== length) continue;
      let at = 0;
      while (at < length && kept[entry + 1 + at] === bytes[start + at]) at += 1;
      if (at === length) return true;
    }
  }

  pairOf(first: number, second: number): number {
    return this.#pairs[(first << 8) | second] as number;
  }

  hasTriple(first: number, second: number, third: number): boolean {
    const key = (first << 16) | (second << 8) | third;
    return (((this.#triples[key >> 3] as number) >> (key & 7)) & 1) !== 0;
  }

  mayJoin(first: number, second: number): boolean {
    if (!isListed(first) || !isListed(second) || this.#joinsAny[first] === 1) return true;
    const pair = (first << 16) | second;
    for (let slot = pairSlotOf(pair); ; slot = (slot + 1) & (pairSlots - 1)) {
      const entry = this.#joined[slot] as number;
      if (entry === 0) return false;
      if (entry === pair) return true;
    }
  }
}

/** What a token of so many bytes makes of its first two. */
function bitOf(length: number): number {
  if (length === 2) return pairBits.token;
  return length === 3 ? pairBits.opensTriple : pairBits.opensLong;
}

/** Whether the pairs of a character are listed: CJK, kana, Hangul and what follows them, but no half of a pair. */
const isListed = (unit: number): boolean => unit >= 0x2e80 && (unit < 0xd800 || unit > 0xdfff);

/** Whether a byte of UTF-8 stands inside a character, behind its first. */
const isInside = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** Bytes of a character by its first. */
function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}
