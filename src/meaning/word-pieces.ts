import { flatCopy } from "../base/flat-copy.ts";

/** Longer words are no words (hashes, base64): they stand for nothing. */
const longestWord = 100;
const longestPiece = 32;

/** Words looked up once are kept, so that texts that repeat themselves cost a lookup a word; forgotten all at once. */
const mostKept = 20_000;
/** Longer words seldom come twice. */
const longestKept = 32;

/** Cuts a text into entries of a vocabulary, by number; the array is the next text's too. */
export type WordPieces = (text: string) => Int32Array;

const wordOrSign = /[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}\p{M}]/gu;
const alone = /[\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{2ffff}]/u;
const accents = /\p{Mn}+/gu;
const ascii = /^[\0-\x7f]*$/;

/**
 * WordPiece over an uncased vocabulary whose entries inside words begin with `##`: the longest entry that fits, from the
 * left. Words that cannot be cut give nothing. At most `most` entries come back. Time linear in the text, whatever it holds.
 */
export function createWordPieces(vocabulary: readonly string[], most: number): WordPieces {
  const begins = new Map<string, number>();
  const inside = new Map<string, number>();
  for (const [id, piece] of vocabulary.entries()) {
    if (piece.startsWith("##") && piece.length > 2) inside.set(piece.slice(2), id);
    else begins.set(piece, id);
  }
  const kept = new Map<string, readonly number[]>();

  const cut = (word: string): readonly number[] => {
    const pieces: number[] = [];
    let at = 0;
    while (at < word.length) {
      const table = at === 0 ? begins : inside;
      let end = Math.min(word.length, at + longestPiece);
      while (end > at && !table.has(word.slice(at, end))) end -= 1;
      const id = table.get(word.slice(at, end));
      if (id === undefined) return [];
      pieces.push(id);
      at = end;
    }
    return pieces;
  };

  const piecesOf = (word: string): readonly number[] => {
    if (word.length > longestWord) return [];
    if (word.length > longestKept) return cut(word);
    const known = kept.get(word);
    if (known !== undefined) return known;
    if (kept.size >= mostKept) kept.clear();
    const pieces = cut(word);
    kept.set(flatCopy(word), pieces);
    return pieces;
  };

  const ids = new Int32Array(most);
  return (original) => {
    const lower = original.toLowerCase();
    const text = ascii.test(lower) ? lower : lower.normalize("NFD").replace(accents, "");
    let count = 0;
    for (const [word] of text.matchAll(wordOrSign)) {
      const words = alone.test(word) ? [...word] : [word];
      for (const each of words) {
        for (const id of piecesOf(each)) {
          if (count === most) return ids;
          ids[count] = id;
          count += 1;
        }
      }
    }
    return ids.subarray(0, count);
  };
}
