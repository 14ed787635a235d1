import { sliceEnd } from "./token-slices.ts";
import { extendHash, type TokenVocabulary } from "./token-vocabulary.ts";

/** Bounds on a number of tokens, both inclusive. */
export interface TokenBounds {
  low: number;
  high: number;
}

/** The longest token with a character beyond ASCII, in bytes of UTF-8; a test holds it against the vocabulary. */
export const longestForeignToken = 61;

const other = 0;
const lower = 1;
const upper = 2;
const digit = 3;
const blank = 4;
const newline = 5;
const foreign = 6;

const classes = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 0x61 && code <= 0x7a) return lower;
  if (code >= 0x41 && code <= 0x5a) return upper;
  if (code >= 0x30 && code <= 0x39) return digit;
  if (code === 0x0a || code === 0x0d) return newline;
  return code === 0x20 || (code >= 0x09 && code <= 0x0c) ? blank : other;
});

const classAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 128 ? (classes[code] as number) : foreign;
};

const isLetter = (kind: number): boolean => kind === lower || kind === upper;

function bytesOf(code: number): number {
  if (code < 0x80) return 1;
  return code < 0x800 ? 2 : 3;
}

/**
 * Adds bounds on `countTokens` of one text to `bounds`: proven, not estimated. The text is cut into the tokenizer's own
 * pieces where it is ASCII. A piece that is a token counts as one; any other as two at least, and at most as many as can
 * stand side by side when every mergeable pair has merged. Beyond ASCII the bounds are bytes. Without a vocabulary each
 * piece counts from one to its length.
 */
export function addTokenBounds(
  text: string,
  vocabulary: TokenVocabulary | null,
  bounds: TokenBounds,
): void {
  for (let start = 0; start < text.length; ) {
    const end = sliceEnd(text, start);
    boundSlice(new Pieces(text, end, vocabulary), start, bounds);
    start = end;
  }
}

function boundSlice(pieces: Pieces, start: number, bounds: TokenBounds): void {
  let afterForeign = false;
  for (let at = start; at < pieces.end; ) {
    const end = pieces.endOf(at);
    if (pieces.meetsForeign(end)) {
      const beyond = pieces.boundForeign(at, end, bounds);
      at = beyond;
      afterForeign = true;
      continue;
    }
    if (afterForeign) {
      // The piece may in truth have begun before, so that nothing but its letters is sure.
      bounds.low += isLetter(classAt(pieces.text, end - 1)) ? 1 : 0;
      bounds.high += end - at;
      afterForeign = false;
    } else pieces.bound(at, end, bounds);
    at = end;
  }
}

/** One slice, cut as the tokenizer's pattern cuts ASCII. */
class Pieces {
  readonly text: string;
  readonly end: number;
  readonly #vocabulary: TokenVocabulary | null;

  constructor(text: string, end: number, vocabulary: TokenVocabulary | null) {
    this.text = text;
    this.end = end;
    this.#vocabulary = vocabulary;
  }

  #classAt(at: number): number {
    return at < this.end ? classAt(this.text, at) : -1;
  }

  /** Whether a piece that ends here may go on beyond ASCII. */
  meetsForeign(end: number): boolean {
    return this.#classAt(end) === foreign;
  }

  /** Where the piece that begins at `at` ends, or the first character beyond ASCII that stands in its way. */
  endOf(at: number): number {
    const kind = this.#classAt(at);
    if (kind === foreign) return at;
    if (isLetter(kind)) return this.#wordEnd(at);
    if (kind === digit) {
      let end = at + 1;
      while (end < at + 3 && this.#classAt(end) === digit) end += 1;
      return end;
    }
    const next = this.#classAt(at + 1);
    if (kind !== newline && isLetter(next)) return this.#wordEnd(at + 1);
    if (kind === other) return this.#signsEnd(at);
    if (this.text.charCodeAt(at) === 0x20 && next === other) return this.#signsEnd(at + 1);
    return this.#blanksEnd(at);
  }

  #wordEnd(start: number): number {
    let at = start;
    while (this.#classAt(at) === upper) at += 1;
    while (this.#classAt(at) === lower) at += 1;
    if (this.text.charCodeAt(at) !== 0x27 || at >= this.end) return at;
    const first = this.text.charCodeAt(at + 1) | 0x20;
    const second = this.text.charCodeAt(at + 2) | 0x20;
    if (!isLetter(this.#classAt(at + 1))) return at;
    if (first === 0x73 || first === 0x64 || first === 0x6d || first === 0x74) return at + 2;
    if (!isLetter(this.#classAt(at + 2))) return at;
    const isEnding =
      (first === 0x6c && second === 0x6c) ||
      ((first === 0x76 || first === 0x72) && second === 0x65);
    return isEnding ? at + 3 : at;
  }

  #signsEnd(start: number): number {
    let at = start;
    while (this.#classAt(at) === other) at += 1;
    while (this.#classAt(at) === newline || (at < this.end && this.text.charCodeAt(at) === 0x2f)) {
      at += 1;
    }
    return at;
  }

  #blanksEnd(start: number): number {
    let at = start;
    let afterNewline = -1;
    for (
      let kind = this.#classAt(at);
      kind === blank || kind === newline;
      kind = this.#classAt(at)
    ) {
      at += 1;
      if (kind === newline) afterNewline = at;
    }
    if (this.#classAt(at) === foreign) return at;
    if (afterNewline >= 0) return afterNewline;
    return at === this.end || at - start === 1 ? at : at - 1;
  }

  /** Bounds of everything up to the next ASCII sign, digit or blank; says where that stands. */
  boundForeign(start: number, from: number, bounds: TokenBounds): number {
    let least = from - start;
    let most = least;
    let at = from;
    for (
      let kind = foreign;
      kind === foreign || isLetter(kind);
      at += 1, kind = this.#classAt(at)
    ) {
      const code = this.text.charCodeAt(at);
      // Half of a pair is two bytes, alone it is three.
      const isSurrogate = code >= 0xd800 && code <= 0xdfff;
      const bytes = bytesOf(code);
      least += isSurrogate ? 2 : bytes;
      most += bytes;
    }
    bounds.low += Math.floor(least / longestForeignToken);
    bounds.high += most;
    return at;
  }

  bound(start: number, end: number, bounds: TokenBounds): void {
    const length = end - start;
    if (length === 1) {
      bounds.low += 1;
      bounds.high += 1;
      return;
    }
    if (this.#vocabulary === null) {
      bounds.low += 1;
      bounds.high += length;
      return;
    }
    let hash = 0;
    for (let at = start; at < end; at += 1) hash = extendHash(hash, this.text.charCodeAt(at));
    if (this.#vocabulary.has(this.text, start, end, hash)) {
      bounds.low += 1;
      bounds.high += 1;
      return;
    }
    bounds.low += 2;
    bounds.high += this.#mostTokens(start, end, this.#vocabulary);
  }

  /** Most tokens a piece can end in: no two neighbours of one character each whose pair is a token. */
  #mostTokens(start: number, end: number, vocabulary: TokenVocabulary): number {
    let single = 1;
    let longer = 0;
    let bestBefore = 0;
    for (let at = start + 1; at < end; at += 1) {
      const best = Math.max(single, longer);
      const merges = vocabulary.hasPair(this.text.charCodeAt(at - 1), this.text.charCodeAt(at));
      const nextLonger = Math.max(bestBefore + 1, longer);
      single = (merges ? longer : best) + 1;
      longer = nextLonger;
      bestBefore = best;
    }
    return Math.max(single, longer);
  }
}
