import fc from "fast-check";
import { expect, test } from "vitest";
import { readShippedEmbedding } from "../../src/files/read-intent-model.ts";
import { readDifficultyModel } from "../../src/meaning/difficulty-model.ts";
import { aucOf, type Judged, measureDifficulty } from "../../src/training/measure-difficulty.ts";
import { fitPlatt, splitJudged, trainDifficulty } from "../../src/training/train-difficulty.ts";
import { judgedTexts } from "../support/judged-texts.ts";

const { embedder } = readShippedEmbedding();
const settings = { seed: 1, heldOut: 0.4, embedder };
const rows = judgedTexts(300, "judged");
const trained = trainDifficulty(rows, settings);

test("hard prompts are told from easy ones, by probabilities that hold on texts that were not seen", () => {
  const { measures, model } = trained;
  expect(measures.texts).toBe(59);
  expect(measures.auc).toBeGreaterThan(0.8);
  expect(measures.calibrationError).toBeLessThan(0.15);
  const later = judgedTexts(200, "later").map(({ text, hard }) => ({
    said: model.difficultyOf(text) ?? 0,
    hard,
  }));
  const { auc, calibrationError } = measureDifficulty(later);
  expect(auc).toBeGreaterThan(0.8);
  expect(calibrationError).toBeLessThan(0.12);
});

test("the file tells what the model is worth, and the same texts and seed give the same bytes", () => {
  const { bytes, measures } = trained;
  expect(trainDifficulty(rows, settings).bytes).toEqual(bytes);
  expect(trainDifficulty(rows, { ...settings, seed: 2 }).bytes).not.toEqual(bytes);
  const read = readDifficultyModel(bytes, embedder);
  expect(read).toMatchObject({
    ok: true,
    model: { measured: { auc: measures.auc, texts: measures.texts } },
  });
});

test.each([
  [
    "another embedding",
    (bytes: Uint8Array) => bytes,
    { hash: "0000000000000000" },
    "train it again",
  ],
  ["a cut file", (bytes: Uint8Array) => bytes.subarray(0, 900), {}, "cut off"],
])("a model with %s is refused in words", (_, change, other, words) => {
  const read = readDifficultyModel(change(trained.bytes), { ...embedder, ...other });
  expect(read).toMatchObject({ ok: false, message: expect.stringContaining(words) });
});

test("a text without a word has no difficulty, and any other has one between 0 and 1", () => {
  expect(trained.model.difficultyOf(" … ?!")).toBeUndefined();
  const texts = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(texts, (text) => {
      const difficulty = trained.model.difficultyOf(`a${text}`) ?? Number.NaN;
      expect(difficulty).toBeGreaterThanOrEqual(0);
      expect(difficulty).toBeLessThanOrEqual(1);
    }),
    { numRuns: 50 },
  );
});

test("groups are held out as a whole, and a text that was judged twice counts once, by most of its outcomes", () => {
  const grouped = rows.map((row, at) => ({ ...row, group: `g${at % 10}` }));
  const { train, calibrate, measure } = splitJudged(grouped, settings);
  const groupsOf = (part: typeof train): Set<string | undefined> =>
    new Set(part.map(({ group }) => group));
  expect([groupsOf(train), groupsOf(calibrate), groupsOf(measure)].map(({ size }) => size)).toEqual(
    [6, 2, 2],
  );
  expect(groupsOf([...train, ...calibrate, ...measure]).size).toBe(10);
  const twice = [...rows, ...rows, ...rows.map((row) => ({ ...row, hard: !row.hard }))];
  expect(trainDifficulty(twice, settings).bytes).toEqual(trained.bytes);
});

test.each([
  ["two kinds of groups by turns", 6, (at: number) => at % 2 === 0],
  ["few groups that are hard", 40, (at: number) => at < 3],
])("of %s each part has hard and easy ones", (_, groups, isHard) => {
  const grouped = Array.from({ length: groups * 8 }, (__, at) => ({
    text: `question ${at}`,
    hard: isHard(at % groups),
    group: `g${at % groups}`,
  }));
  for (let seed = 0; seed < 20; seed += 1) {
    const { train, calibrate, measure } = splitJudged(grouped, { seed, heldOut: 0.2 });
    for (const part of [train, calibrate, measure]) {
      expect(new Set(part.map(({ hard }) => hard)).size).toBe(2);
    }
  }
});

test("where the texts that were held out are of one kind, a model tells that its AUC is not known", () => {
  const grouped = rows.map(({ text }, at) => ({
    text,
    hard: at % 5 === 0,
    group: `g${at % 5}`,
  }));
  const { bytes, measures, model } = trainDifficulty(grouped, settings);
  expect(measures).toMatchObject({ auc: null, hardShare: 0 });
  expect(readDifficultyModel(bytes, embedder)).toMatchObject({
    ok: true,
    model: { measured: { auc: null } },
  });
  expect(model.difficultyOf("what is it?")).toBeGreaterThan(0);
});

const judged = fc.array(
  fc.record({ said: fc.integer({ min: 0, max: 8 }).map((n) => n / 8), hard: fc.boolean() }),
  { minLength: 1, maxLength: 40 },
);

test("the AUC is the share of pairs of a hard and an easy text that are told in the right order", () => {
  const byPairs = (all: readonly Judged[]): number => {
    const [hard, easy] = [all.filter((each) => each.hard), all.filter((each) => !each.hard)];
    let sum = 0;
    for (const one of hard)
      for (const other of easy)
        sum += (Number(one.said > other.said) + Number(one.said >= other.said)) / 2;
    return sum / (hard.length * easy.length);
  };
  fc.assert(
    fc.property(judged, (all) => {
      const sorted = [...all].sort((a, b) => a.said - b.said);
      const expected = byPairs(all);
      if (Number.isNaN(expected)) expect(aucOf(sorted)).toBeNull();
      else expect(aucOf(sorted)).toBeCloseTo(expected, 10);
    }),
  );
});

test("along the curve more stays, more of it hard, and what stays is what the threshold says", () => {
  fc.assert(
    fc.property(judged, (all) => {
      const { curve } = measureDifficulty(all);
      let before = 0;
      for (const { threshold, stays, hardThatGo } of curve) {
        expect(stays).toBe(all.filter(({ said }) => said <= threshold).length / all.length);
        expect(stays).toBeGreaterThanOrEqual(before);
        expect(hardThatGo).toBeGreaterThanOrEqual(0);
        before = stays;
      }
    }),
  );
});

test("Platt's line finds the odds that scores were drawn from, and never turns an order round", () => {
  const scored = Array.from({ length: 2_000 }, (_, at) => {
    const score = (at % 40) / 10 - 2;
    const odds = 1 / (1 + Math.exp(-(0.5 * score - 1)));
    return { score, hard: Math.floor(at / 40) % 50 < Math.round(50 * odds) };
  });
  const { slope, offset } = fitPlatt(scored);
  expect(slope).toBeCloseTo(0.5, 1);
  expect(offset).toBeCloseTo(-1, 1);
  const reversed = scored.map(({ score, hard }) => ({ score: -score, hard }));
  expect(fitPlatt(reversed).slope).toBe(0);
  const parted = [-2, -1, 1, 2].map((score) => ({ score, hard: score > 0 }));
  expect(Number.isFinite(fitPlatt(parted).slope)).toBe(true);
});
