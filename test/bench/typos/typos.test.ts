import { expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import { readExamples } from "../../../src/bench/typos/examples.ts";
import {
  createExample,
  type Example,
  type Fault,
  faultOf,
} from "../../../src/bench/typos/fault.ts";
import { misspell } from "../../../src/bench/typos/misspell.ts";
import { typoBench } from "../../../src/bench/typos/run.ts";
import { Scorer } from "../../../src/bench/typos/score.ts";
import { faultKinds, seedFaults } from "../../../src/bench/typos/seed-faults.ts";
import { editDistance } from "../../../src/diagnostics/suggest.ts";

const shipped = readExamples("policies");
/** Every statement, option and clue of the language, a library among them. */
const whole = readExamples("test/bench/typos/policies");

/** Floors well under what is measured, so that a change of the policies does not trip them and a loss of a habit does. */
test.each([
  ["policies/", shipped, { line: 0.98, token: 0.96, fix: 0.76 }],
  ["policies that use the whole language", whole, { line: 0.98, token: 0.94, fix: 0.7 }],
] as const)(
  "of 300 typos in %s most are found where they are, and mended",
  (_, examples, least) => {
    const { all, kinds } = typoBench(examples, { seed: 7, count: 300 });
    expect(all.counted).toBe(300);
    expect(kinds.length).toBeGreaterThanOrEqual(8);
    expect(all.line).toBeGreaterThanOrEqual(least.line);
    expect(all.token).toBeGreaterThanOrEqual(least.token);
    expect(all.fix).toBeGreaterThanOrEqual(least.fix);
    expect(all.otherPolicy).toBeLessThanOrEqual(0.05);
  },
);

function firstFaults(examples: readonly Example[], seed: number, count: number): Fault[] {
  const faults: Fault[] = [];
  for (const fault of seedFaults(examples, seed)) {
    faults.push(fault);
    if (faults.length === count) break;
  }
  return faults;
}

test("the same seed seeds the same faults, each once, the kinds in turn", () => {
  const draw = (seed: number) =>
    firstFaults(shipped.examples, seed, 200).map(({ kind, text }) => ({ kind, text }));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(new Set(draw(1).map(({ text }) => text)).size).toBe(200);
  expect(draw(1).map(({ kind }) => kind)).toEqual(
    Array.from({ length: 200 }, (_, at) => faultKinds[at % faultKinds.length]),
  );
});

test("2,000 faults of each folder can be seeded", () => {
  for (const { examples } of [shipped, whole]) {
    expect(firstFaults(examples, 3, 2_000)).toHaveLength(2_000);
  }
});

const [hybrid] = shipped.examples.filter(({ file }) => file === "hybrid.policy");
if (hybrid === undefined) throw new Error("hybrid.policy is one of the examples");
const text = "if tokens < 200 then local-gpu else claude\n";
const example = createExample({ file: "a.policy", text }, hybrid.setting);
const scorer = new Scorer([example], shipped.load);

/** A range of the text by what stands there, what is put in its place, and the scores. */
const scored: readonly (readonly [
  at: string,
  put: string,
  scores: { silent: boolean; line: boolean; token: boolean; fix: string },
])[] = [
  ["then", "thne", { silent: false, line: true, token: true, fix: "restored" }],
  ["local-gpu", "locl-gpu", { silent: false, line: true, token: true, fix: "restored" }],
  ["then ", "", { silent: false, line: true, token: true, fix: "restored" }],
  ["200 ", "", { silent: false, line: true, token: true, fix: "none" }],
  ["claude", "gpt", { silent: true, line: false, token: false, fix: "other" }],
  ["<", "  <", { silent: true, line: false, token: false, fix: "restored" }],
];

test.each(scored)("%j as %j is scored", (at, put, scores) => {
  const start = text.indexOf(at);
  const fault = faultOf(example, "by hand", { start, end: start + at.length, text: put });
  const { silent, line, token, fix } = scorer.score(fault);
  expect({ silent, line, token, fix }).toEqual(scores);
});

test("what is missing has its place between its neighbours, and its line where it stood", () => {
  const two = createExample({ file: "a", text: "rule\n  if a\n  then b\n" }, hybrid.setting);
  const start = two.text.indexOf("then");
  const fault = faultOf(two, "dropped", { start, end: start + 5, text: "" });
  expect(fault.lines).toEqual({ from: 3, to: 3 });
  expect(fault.text.slice(fault.place.start, fault.place.end)).toBe("a\n  b");
});

test("a misspelt word is one slip away, a long one now and then two", () => {
  const random = createRandom("misspelt");
  for (const word of ["then", "first-token", "classify"]) {
    for (let draw = 0; draw < 200; draw += 1) {
      expect(editDistance(word, misspell(word, random))).toBeLessThanOrEqual(
        word.length < 8 ? 1 : 2,
      );
    }
  }
});

test("an example with an error of its own is refused", () => {
  const broken = createExample({ file: "b.policy", text: "otherwise cluade" }, hybrid.setting);
  expect(() => new Scorer([broken], shipped.load)).toThrow(/cluade/);
});
