import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FactValue } from "../../../src/facts/fact.ts";
import type { CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { type NearMiss, nearMisses } from "../../../src/language/interpreter/near-misses.ts";
import type { See, Sight } from "../../../src/language/interpreter/sight.ts";
import { seeing } from "../../../src/language/interpreter/trace.ts";
import { soundPolicy } from "../../support/checking.ts";
import { foreignText, policyAndFacts } from "../../support/random-policy.ts";

test("every near miss is what the interpreter decides once the one fact is changed, and no branch is told twice for it", () => {
  fc.assert(
    fc.property(policyAndFacts({ maxBranches: 6 }, 4), ({ policy, requests }) => {
      for (const facts of requests) {
        const decided = interpret(policy, (at) => facts[at]);
        const misses = nearMisses(
          policy,
          seeing((at) => facts[at]),
          decided,
        );
        expect(misses.length).toBeLessThanOrEqual(5);
        for (const { branch, operand, needed, open } of misses) {
          const changed = (at: number): FactValue | undefined =>
            at === operand ? (needed ?? foreignText) : facts[at];
          expect(open).toEqual([]);
          expect(branch).not.toBe(decided);
          expect(interpret(policy, changed)).toBe(branch);
        }
        const told = misses.map(({ branch, operand }) => `${branch}/${operand}`);
        expect(new Set(told).size).toBe(told.length);
      }
    }),
    { numRuns: 300 },
  );
});

test("each branch that another whole number leads to is told, with the nearest such number", () => {
  const policy = soundPolicy(
    "if tokens < 20 then claude else if tokens in [25, 30..35] then gpt else if tokens <= 60 then qwen else gpt-4.1",
  );
  for (let tokens = 0; tokens <= 80; tokens += 1) {
    const at = (value: number): number => interpret(policy, () => value);
    const misses = nearMisses(
      policy,
      seeing(() => tokens),
      at(tokens),
    );
    const others = [0, 1, 2, 3].filter((branch) => branch !== at(tokens));
    expect(misses.map(({ branch }) => branch).toSorted()).toEqual(others);
    for (const { branch, distance } of misses) {
      const near = Array.from({ length: 200 }, (_, value) => value)
        .filter((value) => at(value) === branch)
        .map((value) => Math.abs(value - tokens));
      expect(distance).toBe(Math.min(...near));
    }
  }
});

/** What is known of the operands of a policy, by key; what is left out was never asked for. */
function known(policy: CheckedPolicy, sights: Readonly<Record<string, Sight>>): See {
  return (at) => sights[policy.operands[at]?.key ?? ""] ?? { kind: "unasked" };
}

const value = (of: FactValue): Sight => ({ kind: "known", value: of });
const shown = (policy: CheckedPolicy, { operand, needed, distance, branch, open }: NearMiss) => ({
  fact: policy.operands[operand]?.key,
  needed,
  distance,
  branch,
  open: open.map((at) => policy.operands[at]?.key),
});

describe("a near miss", () => {
  const labels = soundPolicy(
    "if tokens < 200 and intent is classify then local-gpu else claude fallback qwen",
  );

  test("rests on what nobody asked for, where it does", () => {
    const see = known(labels, { tokens: value(205) });
    expect(nearMisses(labels, see, 1).map((miss) => shown(labels, miss))).toEqual([
      { fact: "tokens", needed: 199, distance: 6, branch: 0, open: ["intent"] },
    ]);
  });

  test("is told from the nearer end of bounds", () => {
    const see = known(labels, {
      tokens: { kind: "bounds", low: 120, high: 180 },
      intent: value("classify"),
    });
    expect(shown(labels, nearMisses(labels, see, 0)[0]!)).toEqual({
      fact: "tokens",
      needed: 200,
      distance: 20,
      branch: 1,
      open: [],
    });
  });

  test("moves sums along with the fact they are worked out from", () => {
    const policy = soundPolicy(
      "if tokens < 100 then claude else if tokens + max_tokens < 150 then gpt else qwen",
    );
    const see = known(policy, { tokens: value(110), "tokens + max_tokens": value(160) });
    // At 99 tokens the sum is 149, but the first rule decides; at 149 for the sum there are 99 tokens.
    expect(nearMisses(policy, see, 2).map((miss) => shown(policy, miss).branch)).toEqual([0, 0]);
    const larger = known(policy, { tokens: value(140), "tokens + max_tokens": value(160) });
    expect(nearMisses(policy, larger, 2).map((miss) => shown(policy, miss))).toMatchObject([
      { fact: "tokens + max_tokens", needed: 149, distance: 11, branch: 1 },
      { fact: "tokens", needed: 99, distance: 41, branch: 0 },
    ]);
  });

  test("names a value of those that are declared, where the others are all named", () => {
    const policy = soundPolicy(
      "if grade is free then claude else if grade is pro then gpt else qwen",
    );
    const see = known(policy, { grade: value("free") });
    expect(nearMisses(policy, see, 0).map((miss) => shown(policy, miss))).toEqual([
      { fact: "grade", needed: "pro", distance: null, branch: 1, open: [] },
    ]);
  });

  test("of a policy of thousands of rules is found in a moment", () => {
    const rules = Array.from(
      { length: 2_000 },
      (_, at) => `rule "r${at}": if team is t${at} and tokens < ${1_000 + at} then claude`,
    );
    const policy = soundPolicy(`${rules.join("\n")}\notherwise gpt`);
    const see = known(policy, { tokens: value(5_000), team: value("t1500") });
    const startedAtMs = performance.now();
    expect(nearMisses(policy, see, 2_000)).toMatchObject([{ branch: 1_500, needed: 2_499 }]);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });
});
