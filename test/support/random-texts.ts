import fc from "fast-check";
import { compileTextTest } from "../../src/meaning/text-test.ts";

/** Letters whose cases are odd: dotted and dotless i, long and sharp s, Kelvin's K, Ångström's Å, titlecase, sigmas, Deseret, Cherokee. */
const letters = [
  ..."abikKsSIxX019_ -\n\t\r\u000b.'\"\\$",
  ..."{}%/*;",
  "İ",
  "ı",
  "\u0307",
  "ſ",
  "ß",
  "ẞ",
  "\u212a",
  "\u212b",
  "å",
  "Ǆ",
  "ǅ",
  "ǆ",
  "σ",
  "ς",
  "Σ",
  "é",
  "É",
  "ü",
  "Ü",
  "日",
  "😀",
  "𐐀",
  "𐐨",
  "Ꭰ",
  "ꭰ",
  "\u0085",
  "\u2028",
  "\u00a0",
  "ﬁ",
];

/** Short texts of such letters. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...letters), { maxLength: 8 })
  .map((some) => some.join(""));

const atom = fc.constantFrom(
  ..."abikKsx",
  "\\d",
  "\\D",
  "\\w",
  "\\W",
  "\\s",
  "\\S",
  "\\b",
  "^",
  "$",
  "\\A",
  "\\z",
  ".",
  "\\.",
  "\\x{e9}",
  "\\x41",
  "\\n",
  "é",
  "日",
  "😀",
  "[^😀]",
  "[^\\x{1f600}é]",
  "[ab]",
  "[^ab]",
  "[a-k]",
  "[^\\s]",
  "[[:alpha:]]",
  "[[:^space:]]",
  "[\\d_-]",
  "[]a]",
  "[^]a]",
  "[k-sX]",
  "\\Qa.b\\E",
  "\\101",
  "[\\x{20}-\\x{ff}]",
);

const regex = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    atom,
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => a + b),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a}|${b})`),
    fc
      .tuple(
        tie("any"),
        fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?", "??", "{1,2}?"),
      )
      .map(([a, count]) => `(?:${a})${count}`),
    fc
      .tuple(tie("any"), fc.constantFrom("i", "s", "m", "is", "m-s", "-i", "U"))
      .map(([a, flags]) => `(?${flags}:${a})`),
    fc.tuple(fc.constantFrom("(?i)", "(?s)", "(?m)"), tie("any")).map(([flags, a]) => flags + a),
    tie("any").map((a) => `(?P<name>${a})`),
  ),
})).any;

/** Patterns that the language takes. */
export const anyPattern: fc.Arbitrary<string> = regex.filter(
  (pattern) => compileTextTest("matches", pattern).ok,
);

/** Zones of whole, half and quarter hours, both hemispheres, and one that moved over the date line; none whose rules changed this year. */
export const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "America/Sao_Paulo",
  "Europe/London",
] as const;

/** Every six hours and odd bits of them round the changes of a few years, and some far apart. */
export const moments: readonly number[] = [
  ...[2004, 2011, 2019, 2026].flatMap((year) =>
    Array.from({ length: 1_500 }, (_, step) => Date.UTC(year, 0, 1) + step * 21_000_000 + 123),
  ),
  ...Array.from({ length: 400 }, (_, step) => Date.UTC(1973, 0, 1) + step * 5_000_000_000),
];
