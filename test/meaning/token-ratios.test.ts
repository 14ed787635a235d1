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

function learned(model: string, answers: number): TokenRatios {
  const ratios = new TokenRatios();
  for (let i = 0; i < answers; i += 1) {
    const text = textOf(sorts[i % sorts.length] as Sort);
    ratios.learn(model, mixOf(text), tokens(text), told(text));
  }
  return ratios;
}

test("what was learned is taken up by another, which says the same and learns on alike", () => {
  const [before, after] = [learned("qwen-9", 100), new TokenRatios()];
  expect(after.restore(before.state())).toBe(true);
  expect(after.state()).toBe(before.state());
  for (let i = 0; i < 50; i += 1) {
    const text = textOf(sorts[i % sorts.length] as Sort);
    const said = before.at("qwen-9", mixOf(text));
    expect(after.at("qwen-9", mixOf(text))?.ratio).toBeCloseTo(said?.ratio ?? 0, 6);
    for (const ratios of [before, after])
      ratios.learn("qwen-9", mixOf(text), tokens(text), told(text));
  }
  expect(after.heardOf("qwen-9")?.error).toBeCloseTo(before.heardOf("qwen-9")?.error ?? 0, 6);
});

test("it takes nothing from whoever heard more", () => {
  const [much, little] = [learned("m", 60), learned("m", 30)];
  const state = much.state();
  expect(much.restore(little.state())).toBe(true);
  expect(much.state()).toBe(state);
  expect(little.restore(state)).toBe(true);
  expect(little.samplesOf("m")).toBe(60);
});

test("of very many models the 64 last heard of are handed on, in some hundred kilobytes", () => {
  const ratios = new TokenRatios();
  for (let i = 0; i < 300; i += 1) ratios.learn(`m${i}`, mixOf("text"), 10, 12);
  expect(ratios.state().length).toBeLessThan(700_000);
  const after = new TokenRatios();
  after.restore(ratios.state());
  expect([after.samplesOf("m235"), after.samplesOf("m236"), after.samplesOf("m299")]).toEqual([
    0, 1, 1,
  ]);
});

test("whatever was heard can be taken up", () => {
  const answers = fc.array(
    fc.tuple(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 1, max: 500 })),
    { minLength: 1, maxLength: 80 },
  );
  fc.assert(
    fc.property(answers, (heard) => {
      const ratios = new TokenRatios();
      for (const [text, said] of heard) ratios.learn("m", mixOf(text), tokens(text), said);
      expect(new TokenRatios().restore(ratios.state())).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test.each<[string, (state: State) => unknown]>([
  ["a fit without its name", (state) => ({ ...state, models: [state.models[0]?.[1]] })],
  ["no families", ({ models }) => ({ models })],
  ["too few weights", (state) => changed(state, { weights: [1] })],
  ["a weight that is text", (state) => changed(state, { weights: Array(27).fill("1") })],
  ["a mean that is no ratio", (state) => changed(state, { mean: 1e9 })],
  ["no answers", (state) => changed(state, { samples: -1 })],
  ["doubt below nothing", (state) => changed(state, { doubt: Array(378).fill(-1) })],
  ["doubt that is no covariance", (state) => changed(state, { doubt: mixedUp(state) })],
  [
    "more than is ever kept",
    ({ models, families }) => ({ models: Array(65).fill(models[0]), families }),
  ],
])("nothing is taken from a state with %s", (_name, change) => {
  const ratios = new TokenRatios();
  const good = learned("m", 40).state();
  expect(ratios.restore(JSON.stringify(change(JSON.parse(good) as State)))).toBe(false);
  expect(ratios.samplesOf("m")).toBe(0);
});

interface State {
  readonly models: readonly (readonly [string, { readonly doubt: readonly number[] }])[];
  readonly families: unknown;
}

const changed = ({ models, families }: State, change: object): unknown => ({
  models: models.map(([name, fit]) => [name, { ...fit, ...change }]),
  families,
});

/** The same variances, with all that lies beside them far above. */
const mixedUp = ({ models }: State): readonly number[] =>
  (models[0]?.[1].doubt ?? []).map((value, at) => (at === 1 ? 50 : value));

test("any text is taken up or refused", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(new TokenRatios().restore(text)).toBe(false);
    }),
  );
});
