import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import { mixSize, TextMixer } from "../../src/meaning/text-mix.ts";
import { TokenRatios, tokenFamily } from "../../src/meaning/token-ratios.ts";

/** Texts of four kinds, each some hundred characters long. */
const pieces = {
  prose: ["the ", "station ", "master ", "waits ", "for ", "another ", "train. "],
  code: ["const a = 12;\n", "  if (b) {\n", "    return c[3];\n", "}\n"],
  numbers: ["17 ", "2,048 ", "3.5 % ", "1999 "],
  korean: ["안녕하세요 ", "기차가 ", "역에 "],
};
type Sort = keyof typeof pieces;
const sorts = Object.keys(pieces) as Sort[];

const random = createRandom("token ratios");

function textOf(sort: Sort): string {
  const own = pieces[sort];
  const count = 20 + random.integer(60);
  return Array.from({ length: count }, () => own[random.integer(own.length)]).join("");
}

const tokens = (text: string): number => Math.round(text.length / 3) + 7;

function mixOf(text: string): Float64Array {
  const mixer = new TextMixer();
  mixer.add(text);
  return mixer.mix(tokens(text), 7);
}

/** A model that has a token for each digit and each Hangul syllable, and reads a tenth more of the rest. */
function told(text: string): number {
  const apart = text.match(/[\d\p{Script=Hangul}]/gu)?.length ?? 0;
  return Math.round(1.1 * tokens(text) + 0.6 * apart);
}

test("after 200 answers a model's count is told to five per cent, whatever the text is made of", () => {
  const ratios = new TokenRatios();
  for (let i = 0; i < 200; i += 1) {
    const text = textOf(sorts[i % sorts.length] as Sort);
    ratios.learn("qwen-9", mixOf(text), tokens(text), told(text));
  }
  for (const sort of sorts) {
    let error = 0;
    for (let i = 0; i < 50; i += 1) {
      const text = textOf(sort);
      const { ratio } = ratios.at("qwen-9", mixOf(text)) ?? { ratio: 0 };
      error += Math.abs((tokens(text) * ratio) / told(text) - 1) / 50;
    }
    expect.soft(error, sort).toBeLessThan(0.05);
  }
  expect(ratios.at("qwen-9", mixOf("Good morning"))).toMatchObject({ samples: 200 });
  expect(ratios.at("qwen-9", mixOf("Good morning"))?.error).toBeLessThan(0.05);
});

test("a model of which little was heard takes its family's ratio, and one of no known family takes none", () => {
  const ratios = new TokenRatios();
  const text = textOf("prose");
  for (let i = 0; i < 19; i += 1) ratios.learn("maker/Qwen3-8B", mixOf(text), 100, 150);
  expect(ratios.at("maker/Qwen3-8B", mixOf(text))).toBe(null);
  ratios.learn("maker/Qwen3-8B", mixOf(text), 100, 150);
  ratios.learn("qwen2-7b", mixOf(text), 100, 150);
  expect(ratios.at("maker/Qwen3-8B", mixOf(text))?.ratio).toBeCloseTo(1.5, 1);
  expect(ratios.at("qwen2-7b", mixOf(text))?.ratio).toBeCloseTo(1.5, 1);
  expect(ratios.at("llama-3", mixOf(text))).toBe(null);
});

test("a model that is changed behind its name is followed", () => {
  const ratios = new TokenRatios();
  const texts = Array.from({ length: 400 }, () => textOf("prose"));
  for (const text of texts.slice(0, 200)) ratios.learn("m", mixOf(text), 1000, 1000);
  for (const text of texts.slice(200)) ratios.learn("m", mixOf(text), 1000, 1350);
  expect(ratios.at("m", mixOf(texts[0] as string))?.ratio).toBeCloseTo(1.35, 1);
});

test.each([
  ["anthropic/claude-sonnet-5", "claude"],
  ["Qwen2.5-7B-Instruct", "qwen"],
  ["gpt-4.1-mini", "gpt"],
  ["7b-model", "7b-model"],
])("the family of %s is %s", (model, family) => {
  expect(tokenFamily(model)).toBe(family);
});

test("whatever is heard, a ratio stays within bounds and the book within its size", () => {
  const heard = fc.array(
    fc.tuple(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 1e6 }),
    ),
    { minLength: 20, maxLength: 60 },
  );
  fc.assert(
    fc.property(heard, (answers) => {
      const ratios = new TokenRatios();
      for (const [text, counted, said] of answers) {
        const mixer = new TextMixer();
        mixer.add(text);
        const mix = mixer.mix(counted, 3);
        expect(mix).toHaveLength(mixSize);
        ratios.learn("m", mix, counted, said);
        const known = ratios.at("m", mix);
        if (known === null) continue;
        expect(known.ratio).toBeGreaterThanOrEqual(0.2);
        expect(known.ratio).toBeLessThanOrEqual(5);
      }
    }),
    { numRuns: 30 },
  );
  const ratios = new TokenRatios();
  for (let i = 0; i < 300; i += 1) ratios.learn(`m${i}`, mixOf("text"), 10, 12);
  expect([ratios.samplesOf("m0"), ratios.samplesOf("m299")]).toEqual([0, 1]);
});
