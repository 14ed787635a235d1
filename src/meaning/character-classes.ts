/** What a character is to the tokenizer's pattern, as bits; a mark, for one, begins words, goes on in them, and is a sign. */
export const characterClass = {
  /** May stand in the first part of a word: upper and title case, letters without case, marks. */
  first: 1,
  /** May stand in the second part: lower case, letters without case, marks. */
  second: 2,
  /** Neither blank, letter nor number. */
  sign: 4,
  /** May stand once before a word: all but letters, numbers and ends of lines. */
  prefix: 8,
  number: 16,
  lineEnd: 32,
  /** White space, ends of lines included. */
  blank: 64,
  /** Takes two UTF-16 units. */
  wide: 128,
} as const;

const { first, second, sign, prefix, number, lineEnd, blank, wide } = characterClass;

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  let bits = codePoint > 0xffff ? wide : 0;
  if (/^[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]/u.test(character)) bits |= first;
  if (/^[\p{Ll}\p{Lm}\p{Lo}\p{M}]/u.test(character)) bits |= second;
  if (/^[^\s\p{L}\p{N}]/u.test(character)) bits |= sign;
  if (/^[^\r\n\p{L}\p{N}]/u.test(character)) bits |= prefix;
  if (/^\p{N}/u.test(character)) bits |= number;
  if (/^[\r\n]/.test(character)) bits |= lineEnd;
  if (/^\s/.test(character)) bits |= blank;
  return bits;
}

/** By code point, looked up once each: most texts use a few hundred. No character is without a bit. */
const known = new Uint8Array(0x110000);

/** The class of a code point, half of a pair included, as bits of `characterClass`. */
export function classOf(codePoint: number): number {
  const bits = known[codePoint] as number;
  if (bits !== 0) return bits;
  const found = classify(codePoint);
  known[codePoint] = found;
  return found;
}
