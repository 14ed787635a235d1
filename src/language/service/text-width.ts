/** Widths of characters in parts of the font size; generous, because no font is known where a picture is made. */
const ems = { narrow: 0.62, alphabet: 0.75, wide: 1.15, pictograph: 1.5 } as const;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const plain = /^[ -~]*$/;
const pictograph = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;
/** Latin, Greek and Cyrillic end here; beyond it a character may be as wide as it is high. */
const lastAlphabet = 0x52f;

/** The width of a line of text in a monospaced font of `size` pixels: never less than what is drawn. */
export function textWidth(text: string, size: number): number {
  // What most lines are made of needs no segmenter.
  if (plain.test(text)) return text.length * ems.narrow * size;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += emsOf(segment);
  return width * size;
}

function emsOf(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (code <= 0x7e && grapheme.length === 1) return ems.narrow;
  if (pictograph.test(grapheme)) return ems.pictograph;
  return code <= lastAlphabet ? ems.alphabet : ems.wide;
}

/** Bounds of a wrapped text, in pixels and lines. */
export interface Measure {
  readonly size: number;
  readonly width: number;
  readonly lines: number;
}

/** Longest text that is looked at; what follows would not be shown. */
const longestText = 4_000;

/** A text as lines that fit; a word longer than a line is broken, and what is beyond the last line is an ellipsis. */
export function wrapText(text: string, measure: Measure): string[] {
  const lines: string[] = [];
  let line = "";
  const room = measure.width - textWidth("…", measure.size);
  const fits = (candidate: string): boolean => textWidth(candidate, measure.size) <= room;
  for (const word of text.slice(0, longestText).split(/\s+/).filter(Boolean)) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (fits(joined)) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    const pieces = fits(word) ? [word] : brokenWord(word, fits);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? "";
    if (lines.length > measure.lines) break;
  }
  if (line !== "") lines.push(line);
  if (lines.length <= measure.lines && text.length <= longestText) return lines;
  const shown = lines.slice(0, measure.lines);
  return [...shown.slice(0, -1), `${shown.at(-1) ?? ""}…`];
}

function brokenWord(word: string, fits: (candidate: string) => boolean): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const { segment } of segmenter.segment(word)) {
    if (piece !== "" && !fits(piece + segment)) {
      pieces.push(piece);
      piece = "";
    }
    piece += segment;
  }
  return piece === "" ? pieces : [...pieces, piece];
}
