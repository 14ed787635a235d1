import fc from "fast-check";
import { countTokens as countWhole } from "gpt-tokenizer/encoding/o200k_base";
import { beforeAll, expect, test } from "vitest";
import { addLengthBounds, addTokenBounds } from "../../src/meaning/token-bounds.ts";
import { countTokens, encoderVocabulary, loadEncoder } from "../../src/meaning/token-count.ts";
import { TokenPieces } from "../../src/meaning/token-pieces.ts";
import { longestSlice, sliceEnd } from "../../src/meaning/token-slices.ts";

const atOnce = (): Promise<void> => Promise.resolve();
const base64 = btoa(
  String.fromCharCode(...Array.from({ length: 900 }, (_, at) => (at * 89) % 256)),
);

const texts: Readonly<Record<string, string>> = {
  English: "The quick brown fox doesn't jump over the lazy dog's bowl, and I'll say so! ".repeat(
    30,
  ),
  German: "Die schönen Vögel fliegen heute früh über den Dächern nach Süden. ".repeat(20),
  Chinese: "机器学习是人工智能的一个分支，它使计算机能够从数据中学习。".repeat(20),
  Japanese: "こんにちは、世界。今日はとても良い天気ですね。".repeat(20),
  Russian: "Быстрая коричневая лиса перепрыгивает через ленивую собаку у реки. ".repeat(20),
  Korean: "오늘은 날씨가 좋아서 공원에 산책하러 갔습니다. ".repeat(20),
  Hindi: "आज मौसम बहुत अच्छा है और हम पार्क में टहलने गए। ".repeat(20),
  Arabic: "اليوم الطقس جميل جدا وذهبنا إلى الحديقة للمشي. ".repeat(20),
  JSON: JSON.stringify({ a: [1, 2.5, { b: "hello world", c: null }], "x_y-z": true }).repeat(20),
  base64,
  emoji: "😀👩‍👩‍👧🇩🇪 ok ".repeat(50),
  code: "for (let at = 0; at < text.length; at += 1) {\n\t\tif (isX(at)) return -1;\n}\n".repeat(
    20,
  ),
  blanks: `${" ".repeat(700)}\n\n \t\t\r\n   x${"\n".repeat(300)}`,
  "one letter": "a".repeat(3_000),
  capitals: "AB".repeat(1_500),
  signs: "!?/-=".repeat(400),
  "signs behind a letter beyond ASCII": "é!?-=~^|%&#@*+<",
  halves: "\ud800a\udc00".repeat(100),
};

const letters = ["a", "B", "é", "日", "😀", " ", "\n", "'", "s", "1", ".", "/", "\t", "ll", "—"];
const odd = ["\u00a0", "\u3000", "\ud800", "the", " re", "T", "\r", "İ", "ß", "٣", "\u0301", "。"];
const hostile = fc
  .array(fc.constantFrom(...letters, ...odd), { maxLength: 40 })
  .chain((parts) => fc.integer({ min: 1, max: 40 }).map((times) => parts.join("").repeat(times)));

beforeAll(loadEncoder);

async function expectContained(text: string): Promise<void> {
  const exact = await countTokens([text], atOnce);
  for (const vocabulary of [encoderVocabulary(), null]) {
    const bounds = { low: 0, high: 0 };
    addTokenBounds(text, vocabulary, bounds);
    expect(bounds.low, text).toBeLessThanOrEqual(exact);
    expect(bounds.high, text).toBeGreaterThanOrEqual(exact);
    const loose = { low: 0, high: 0 };
    addLengthBounds(text, loose);
    expect(loose.low, text).toBeLessThanOrEqual(exact);
    expect(loose.high, text).toBeGreaterThanOrEqual(exact);
  }
}

test.each(Object.entries(texts))("bounds hold the exact count of %s", async (_name, text) => {
  await expectContained(text);
});

test("bounds hold the exact count of any text, with a vocabulary and without", async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), expectContained));
  await fc.assert(fc.asyncProperty(hostile, expectContained));
});

test.each([
  ["English", 1.05],
  ["JSON", 1.1],
  ["code", 1.1],
  ["base64", 1.25],
  ["German", 1.45],
  ["Chinese", 2.5],
  ["Japanese", 3],
  ["Korean", 2.2],
  ["Russian", 2.8],
  ["Arabic", 2],
  ["Hindi", 1.6],
] as const)("with a vocabulary the bounds of %s are tight", (name, ratio) => {
  const bounds = { low: 0, high: 0 };
  addTokenBounds(texts[name]!, encoderVocabulary(), bounds);
  expect(bounds.high / bounds.low).toBeLessThanOrEqual(ratio);
});

/** As the encoding's authors give it, contractions written out. */
const o200k =
  /[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'(?:[sdmtSDMT]|[lL]{2}|[vVrR][eE]))?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'(?:[sdmtSDMT]|[lL]{2}|[vVrR][eE]))?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

test("pieces of any text are those of the tokenizer's pattern", () => {
  const more = ["ǅ", "ʰ", "हि", "①", "𝐀", "𝐚", "𐐷", "𝟘", "'S", "'ll", "'vE", "\u0301B"];
  const mixed = fc
    .array(fc.constantFrom(...letters, ...odd, ...more), { maxLength: 30 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(mixed, fc.string({ unit: "binary" })), (text) => {
      const pieces = new TokenPieces(text, text.length);
      const cut: string[] = [];
      for (let at = 0; at < text.length; ) {
        const end = pieces.endOf(at);
        cut.push(text.slice(at, end));
        at = end;
      }
      expect(cut).toEqual(text.match(o200k) ?? []);
    }),
    { numRuns: 1_000, examples: [["\u0301B'vE"]] },
  );
});

test("bounds hold the exact count of letters put together at random, script by script", async () => {
  const scripts: readonly (readonly [number, number])[] = [
    [0x4e00, 0x9fff],
    [0x4e00, 0x4e7f],
    [0x3040, 0x30ff],
    [0xac00, 0xd7a3],
    [0x0900, 0x097f],
    [0x10d0, 0x10ff],
    [0x0400, 0x044f],
    [0x00c0, 0x017f],
    [0x1f600, 0x1f64f],
  ];
  const word = fc
    .constantFrom(...scripts)
    .chain(([min, max]) =>
      fc
        .array(fc.integer({ min, max }), { minLength: 1, maxLength: 30 })
        .map((codes) => String.fromCodePoint(...codes)),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
      await expectContained(words.join(""));
      await expectContained(words.join(" "));
    }),
    { numRuns: 500 },
  );
});

test("any three ASCII digits and any single ASCII character are one token", () => {
  for (let number = 0; number < 1_000; number += 1) {
    expect(countWhole(String(number).padStart(3, "0"))).toBe(1);
  }
  for (let code = 0; code < 128; code += 1) expect(countWhole(String.fromCharCode(code))).toBe(1);
});

test("slices of any text are short, cover it, and never split a pair", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "grapheme" }), hostile), (text) => {
      let at = 0;
      while (at < text.length) {
        const end = sliceEnd(text, at);
        expect(end).toBeGreaterThan(at);
        expect(end - at).toBeLessThanOrEqual(longestSlice);
        expect(
          /[\ud800-\udbff]$/.test(text.slice(at, end)) && /^[\udc00-\udfff]/.test(text.slice(end)),
        ).toBe(false);
        at = end;
      }
      expect(at).toBe(text.length);
    }),
  );
});

test("ordinary text counts in slices as it does in one piece", async () => {
  expect(await countTokens([texts["English"]!], atOnce)).toBe(countWhole(texts["English"]!));
});
