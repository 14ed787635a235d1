/** Longest slice, and the length of one that is cut where nothing natural is found, in UTF-16 units. */
export const longestSlice = 512;
const hardSlice = 256;
const shortestSlice = 128;

const isAsciiLetter = (code: number): boolean => {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
};

/** A blank or a sign that begins a piece of the tokenizer when letters stand on both sides; not an apostrophe. */
const opensPiece = (code: number): boolean =>
  (code === 0x20 || (code > 0x20 && code < 0x7f)) &&
  code !== 0x27 &&
  !isAsciiLetter(code) &&
  !(code >= 0x30 && code <= 0x39);

/**
 * Where the slice that begins at `start` ends. Slices keep the encoder's work linear: it takes time quadratic in a run
 * without a break. A cut falls before ` word` or `.word`, where the tokenizer breaks anyway, so that ordinary text
 * counts as it would in one piece; a text without such a place in 384 units is cut after 256.
 */
export function sliceEnd(text: string, start: number): number {
  const limit = start + longestSlice;
  if (text.length <= limit) {
    if (text.length - start <= hardSlice) return text.length;
  }
  const last = Math.min(limit, text.length - 1);
  for (let at = last; at > start + shortestSlice; at -= 1) {
    if (
      opensPiece(text.charCodeAt(at)) &&
      isAsciiLetter(text.charCodeAt(at - 1)) &&
      isAsciiLetter(text.charCodeAt(at + 1))
    ) {
      return at;
    }
  }
  const cut = start + hardSlice;
  const code = text.charCodeAt(cut);
  return code >= 0xdc00 && code <= 0xdfff ? cut - 1 : cut;
}
