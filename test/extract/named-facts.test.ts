import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { decideAlone } from "../../src/extract/decide.ts";
import { loadDerivations } from "../../src/extract/load-derivations.ts";
import { createNamedFacts } from "../../src/extract/named-facts.ts";
import { createSnapshot } from "../../src/extract/snapshot.ts";
import { createFrame } from "../../src/language/program/frame.ts";
import { vocabulary } from "../support/checking.ts";
import { aProgram } from "../support/extraction.ts";

beforeAll(() => loadDerivations([{ key: "language" }]));

function fillFrom(condition: string, record: Readonly<Record<string, unknown>>) {
  const { policy, program } = aProgram(`if ${condition} then claude\notherwise qwen`, vocabulary);
  const missing: string[] = [];
  const named = createNamedFacts(policy, vocabulary, { lacks: (name) => missing.push(name) });
  const frame = createFrame(policy.operands.length);
  named.fill(frame, record);
  return {
    facts: createSnapshot(policy.operands).snapshot(frame),
    missing,
    branch: decideAlone(program, frame),
  };
}

const cases: readonly {
  readonly condition: string;
  readonly record: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly missing?: readonly string[];
}[] = [
  { condition: "tokens < 200", record: { tokens: 120 }, value: 120 },
  { condition: "tokens < 200", record: { tokens: "8k" }, value: 8_000 },
  { condition: "tokens < 200", record: { tokens: [180, 240] }, value: [180, 240] },
  { condition: "tokens < 200", record: { tokens: [240, 180] }, value: null },
  { condition: "tokens < 200", record: { tokens: 1.5 }, value: null },
  { condition: "tokens < 200", record: { tokens: null }, value: null },
  { condition: "tokens < 200", record: {}, value: null, missing: ["tokens"] },
  { condition: "pii is not false", record: { pii: null }, value: null },
  { condition: "intent is classify", record: {}, value: null, missing: ["intent"] },
  { condition: "intent is classify", record: { prompt: "Classify this: x" }, value: "classify" },
  { condition: "intent is classify", record: { intent: "nonsense" }, value: null },
  { condition: "claude.queue > 2", record: { "claude.queue": 3 }, value: 3 },
  { condition: "claude.queue > 2", record: {}, value: null, missing: ["claude.queue"] },
  { condition: "claude.region is us", record: {}, value: "us" },
  { condition: "prompt matches /x/", record: { "prompt matches /x/": true }, value: true },
  { condition: "prompt matches /x/", record: { prompt: "abc" }, value: false },
  { condition: "prompt matches /x/", record: {}, value: null, missing: ["prompt"] },
  { condition: "tokens + max_tokens > 9", record: { tokens: 4, max_tokens: 6 }, value: 10 },
  { condition: "tokens + max_tokens > 9", record: { "tokens + max_tokens": 7 }, value: 7 },
  {
    condition: "tokens + max_tokens > 9",
    record: { tokens: 4, max_tokens: 6, "tokens + max_tokens": 7 },
    value: 7,
  },
  { condition: "weekday is mon", record: {}, value: null, missing: ["time"] },
  { condition: "language is en", record: { prompt: "?" }, value: null },
  {
    condition: "tokens + max_tokens > 9",
    record: { tokens: 4 },
    value: null,
    missing: ["max_tokens"],
  },
  {
    condition: "time in 09:00..17:00 Europe/Berlin",
    record: { time: "2026-11-23T10:00:00+01:00" },
    value: "10:00",
  },
  { condition: "time in 09:00..17:00 Europe/Berlin", record: { time: "08:30" }, value: "08:30" },
  { condition: "weekday is mon", record: { time: "2026-11-23T10:00:00Z" }, value: "mon" },
  { condition: "spend > $1", record: { spend: 0.02 }, value: "$0.02" },
];

test.each(cases)("$condition from $record is $value", ({ condition, record, value, missing }) => {
  const filled = fillFrom(condition, record);
  expect(Object.values(filled.facts)).toEqual([value]);
  expect(filled.missing).toEqual(missing ?? []);
});

test("an intent that the policy itself declares is one of the values of `intent`", () => {
  const text = 'intent faq contains "opening hours"\nif intent is faq then claude else qwen';
  const { policy, program } = aProgram(text, vocabulary);
  const frame = createFrame(policy.operands.length);
  createNamedFacts(policy, vocabulary).fill(frame, { intent: "faq" });
  expect(decideAlone(program, frame)).toBe(0);
});

test("bounds that do not settle a test count as unknown there", () => {
  expect(fillFrom("tokens < 200", { tokens: [180, 240] }).branch).toBe(1);
  expect(fillFrom("tokens < 200", { tokens: [18, 24] }).branch).toBe(0);
});

test("bounds of a sum, difference or product hold that of every value within its parts", () => {
  const part = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat({ max: 40 }));
  fc.assert(
    fc.property(part, part, fc.constantFrom("+", "-", "*"), fc.nat(40), (one, other, op, at) => {
      const condition = `tokens ${op} max_tokens > 9`;
      const pair = ([low, size]: readonly [number, number]) => [low, low + size] as const;
      const { facts } = fillFrom(condition, { tokens: pair(one), max_tokens: pair(other) });
      const within = {
        tokens: one[0] + Math.min(at, one[1]),
        max_tokens: other[0] + Math.min(at, other[1]),
      };
      const exact = Object.values(fillFrom(condition, within).facts)[0] as number;
      const [bounds] = Object.values(facts) as [number | readonly [number, number]];
      const [low, high] = typeof bounds === "number" ? [bounds, bounds] : bounds;
      expect(low).toBeLessThanOrEqual(exact);
      expect(high).toBeGreaterThanOrEqual(exact);
    }),
    { numRuns: 100 },
  );
});

test("a snapshot read back decides alike", () => {
  const condition = "tokens + max_tokens > 9 or time in 09:00..17:00 Europe/Berlin or spend > $1";
  const record = { tokens: [1, 2], max_tokens: 5, time: "2026-07-01T14:00:00Z", spend: 2 };
  const first = fillFrom(condition, record);
  const again = fillFrom(condition, first.facts);
  expect(again).toEqual(first);
});

test("bounds of a difference that may be negative are read back", () => {
  const condition = "tokens - max_tokens > 9";
  const first = fillFrom(condition, { tokens: [1, 20], max_tokens: 5 });
  expect(Object.values(first.facts)).toEqual([[-4, 15]]);
  expect(fillFrom(condition, first.facts).facts).toEqual(first.facts);
});
