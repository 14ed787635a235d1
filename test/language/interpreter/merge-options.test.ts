import fc from "fast-check";
import { expect, test } from "vitest";
import type { CheckedOptions, LimitOption } from "../../../src/language/checker/checked-policy.ts";
import { mergeOptions } from "../../../src/language/interpreter/merge-options.ts";

const limit = (id: string): LimitOption => ({
  id,
  by: null,
  most: 20,
  of: "requests",
  perMs: 60_000,
  waitMs: null,
});

interface Case {
  readonly when: string;
  readonly own: CheckedOptions;
  readonly alsos: readonly CheckedOptions[];
  readonly merged: CheckedOptions;
}

const cases: readonly Case[] = [
  {
    when: "nothing else applies",
    own: { timeoutMs: 1_000 },
    alsos: [],
    merged: { timeoutMs: 1_000 },
  },
  {
    when: "ceilings meet, the smallest holds, whoever set it",
    own: { maxTokens: 1_000, promptTokens: 10 },
    alsos: [
      { maxTokens: 500, promptTokens: 20, cost: 7 },
      { maxTokens: 800, cost: 9 },
    ],
    merged: { maxTokens: 500, promptTokens: 10, cost: 7 },
  },
  {
    when: "limits, budgets, concurrency and tags meet, all hold",
    own: {
      limits: [limit("a")],
      tags: ["x"],
      concurrency: [{ id: "c", by: null, most: 8, waitMs: null }],
    },
    alsos: [
      { limits: [limit("b")], tags: ["y", "x"] },
      { budgets: [{ id: "d", by: null, amount: 5, per: "day" }] },
    ],
    merged: {
      limits: [limit("a"), limit("b")],
      budgets: [{ id: "d", by: null, amount: 5, per: "day" }],
      concurrency: [{ id: "c", by: null, most: 8, waitMs: null }],
      tags: ["x", "y"],
    },
  },
  {
    when: "fields are set twice, the plan's own wins, then the first `also`",
    own: { set: { temperature: 0 } },
    alsos: [{ set: { temperature: 1, seed: 1 } }, { set: { seed: 2, top_p: 0.5 } }],
    merged: { set: { temperature: 0, seed: 1, top_p: 0.5 } },
  },
  {
    when: "anything else meets, the plan's own wins, then the first `also`",
    own: { timeoutMs: 1_000 },
    alsos: [
      { timeoutMs: 1, deadlineMs: 2, cache: { kind: "off" } },
      { deadlineMs: 3, cache: { kind: "exact", forMs: 1 } },
    ],
    merged: { timeoutMs: 1_000, deadlineMs: 2, cache: { kind: "off" } },
  },
];

test.each(cases)("where $when", ({ own, alsos, merged }) => {
  expect(mergeOptions(own, alsos)).toEqual(merged);
});

const someOptions: fc.Arbitrary<CheckedOptions> = fc.record(
  {
    timeoutMs: fc.nat(),
    retries: fc.nat(),
    maxTokens: fc.nat(),
    cost: fc.nat(),
    tags: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
    set: fc.dictionary(fc.constantFrom("seed", "top_p"), fc.nat(), { minKeys: 1 }),
  },
  { requiredKeys: [] },
);

test("merging one `also` after the other gives what merging all at once gives", () => {
  fc.assert(
    fc.property(someOptions, fc.array(someOptions, { maxLength: 4 }), (own, alsos) => {
      const stepwise = alsos.reduce((merged, also) => mergeOptions(merged, [also]), own);
      expect(mergeOptions(own, alsos)).toEqual(stepwise);
    }),
  );
});
