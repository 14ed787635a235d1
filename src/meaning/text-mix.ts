/*
 * Tokenizers differ by script and by code: one that reads English in as many tokens as another may take half as many again for
 * Korean, a token for each digit, or one for each blank of an indent. So a text is told by how much it has of each of these.
 */
const kinds = [
  "latin",
  "accented",
  "cyrillic",
  "letters",
  "kana",
  "han",
  "hangul",
  "digits",
  "signs",
  "blanks",
  "line ends",
  "wide",
] as const;
type Kind = (typeof kinds)[number];

const code = (kind: Kind): number => kinds.indexOf(kind);
const latin = code("latin");
/** Where counts of runs begin, behind those of characters. */
const runs = kinds.length;
const capitals = 2 * runs;
const counted = capitals + 1;

/** Blocks of Unicode, half open, later ones over earlier; what is in none is a sign. */
const blocks: readonly (readonly [from: number, to: number, kind: Kind])[] = [
  [0x09, 0x0a, "blanks"],
  [0x0a, 0x0b, "line ends"],
  [0x0d, 0x0e, "line ends"],
  [0x20, 0x21, "blanks"],
  [0x30, 0x3a, "digits"],
  [0x41, 0x5b, "latin"],
  [0x61, 0x7b, "latin"],
  [0xc0, 0x250, "accented"],
  [0x250, 0x2000, "letters"],
  [0x400, 0x530, "cyrillic"],
  [0x3040, 0x3100, "kana"],
  [0x3100, 0xa4d0, "han"],
  [0xac00, 0xd7a4, "hangul"],
  [0xd800, 0xe000, "wide"],
];

const codeOfUnit = new Uint8Array(0x1_0000).fill(code("signs"));
for (const [from, to, kind] of blocks) codeOfUnit.fill(code(kind), from, to);

/** Numbers of a mix: tokens around the texts; characters and runs of each kind; capitals. */
export const mixSize = counted + 1;

/** How far a model's count of one of them is expected to lie from ours, in tokens: a letter less than a run of letters. */
export const mixSpreads: Float64Array = (() => {
  const spreads = new Float64Array(mixSize).fill(0.3);
  for (const kind of ["latin", "blanks"] as const) spreads[1 + code(kind)] = 0.05;
  for (const kind of ["accented", "cyrillic", "letters"] as const) spreads[1 + code(kind)] = 0.2;
  return spreads;
})();

/** So many UTF-16 units of a request are looked at: some tenths of a millisecond. */
const looked = 65_536;

/** What a request is made of, for each token of our count. */
export type TextMix = Float64Array;

/** Gathers what texts are made of, in one pass; of long ones, their first 65,536 characters in all. */
export class TextMixer {
  readonly #counts = new Uint32Array(counted);
  #left = looked;
  #length = 0;

  add(text: string): void {
    this.#length += text.length;
    const end = Math.min(text.length, this.#left);
    this.#left -= end;
    const counts = this.#counts;
    let before = -1;
    for (let i = 0; i < end; i += 1) {
      const unit = text.charCodeAt(i);
      const kind = codeOfUnit[unit] as number;
      counts[kind] = (counts[kind] as number) + 1;
      if (kind !== before) {
        counts[runs + kind] = (counts[runs + kind] as number) + 1;
        before = kind;
      }
      if (kind === latin && unit < 0x61) counts[capitals] = (counts[capitals] as number) + 1;
    }
  }

  /** The mix of what was added, given the tokens of the whole and those of them that surround the texts. */
  mix(tokens: number, framingTokens: number): TextMix {
    const seen = looked - this.#left;
    const scale = seen === 0 ? 0 : this.#length / seen / Math.max(tokens, 1);
    const mix = new Float64Array(mixSize);
    mix[0] = framingTokens / Math.max(tokens, 1);
    for (let i = 0; i < counted; i += 1) mix[i + 1] = scale * (this.#counts[i] as number);
    return mix;
  }
}
