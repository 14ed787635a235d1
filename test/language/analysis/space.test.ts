import fc from "fast-check";
import { expect, test } from "vitest";
import type { FactValue } from "../../../src/facts/fact.ts";
import type { Demand } from "../../../src/language/analysis/questions.ts";
import { createSpace, type Found } from "../../../src/language/analysis/space.ts";
import type { CheckedPolicy, Condition } from "../../../src/language/checker/checked-policy.ts";
import { lower } from "../../../src/language/graph/lower.ts";
import { evaluateCondition, interpret } from "../../../src/language/interpreter/interpret.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { soundPolicy, vocabulary } from "../../support/checking.ts";
import { decideByTable } from "../../support/decide.ts";
import { type Facts, policyAndFacts } from "../../support/random-policy.ts";
import {
  policyTextOf,
  randomRecord,
  randomRules,
  valueReader,
} from "../../support/random-requests.ts";

const long = process.env["SIGNALBOX_LONG"] !== undefined;

/** Whether a gateway could meet such a request at all. */
function isPossible({ operands }: CheckedPolicy, facts: Facts): boolean {
  return operands.every(({ key, type }, operand) => {
    const value = facts[operand];
    if (Number.isNaN(value)) return false;
    if (key === "date") return value !== undefined;
    if (type.kind === "text" && type.values !== undefined) {
      return value === undefined || type.values.includes(String(value));
    }
    return (
      (type.kind !== "whole" && type.kind !== "money") || value === undefined || Number(value) >= 0
    );
  });
}

function meets(values: Facts, { condition, is }: Demand): boolean {
  const verdict = evaluateCondition(condition, (operand) => values[operand]);
  return {
    true: verdict === "true",
    "not-true": verdict !== "true",
    false: verdict === "false",
    "not-false": verdict !== "false",
  }[is];
}

/** Checks answers against the executors, and against requests that may refute them. */
function expectTrue(
  policy: CheckedPolicy,
  {
    answers,
    demands,
    requests,
  }: {
    readonly answers: readonly Found[];
    readonly demands: readonly Demand[];
    readonly requests: readonly (readonly (FactValue | undefined)[])[];
  },
): void {
  const program = compile(policy, lower(policy));
  for (const [branch, answer] of answers.entries()) {
    if (answer.kind === "found") {
      const { values } = answer.witness;
      expect(answer.witness.branch).toBe(branch);
      expect(interpret(policy, (operand) => values[operand])).toBe(branch);
      expect(decideByTable(program, values)).toBe(branch);
      for (const demand of demands) expect(meets(values, demand)).toBe(true);
    }
  }
  for (const values of requests) {
    if (!demands.every((demand) => meets(values, demand))) continue;
    const branch = interpret(policy, (operand) => values[operand]);
    expect(answers[branch]?.kind, JSON.stringify(values)).not.toBe("none");
  }
}

const demandsOf = (policy: CheckedPolicy): fc.Arbitrary<Demand[]> =>
  fc.array(
    fc.record({
      condition: fc.constantFrom<Condition>(
        ...policy.branches.flatMap(({ condition }) => (condition === null ? [] : [condition])),
        { kind: "constant", value: true },
      ),
      is: fc.constantFrom<Demand["is"]>("true", "not-true", "false", "not-false"),
    }),
    { maxLength: 2 },
  );

test("on random policies whatever is found reproduces, and what is none is never met", () => {
  const cases = policyAndFacts({ maxBranches: 10 }, 40).chain((each) =>
    demandsOf(each.policy).map((demands) => ({ ...each, demands })),
  );
  let undecided = 0;
  let none = 0;
  fc.assert(
    fc.property(cases, ({ policy, requests, demands }) => {
      const answers = createSpace(policy, vocabulary).perBranch(demands);
      undecided += answers.filter(({ kind }) => kind === "undecided").length;
      none += answers.filter(({ kind }) => kind === "none").length;
      expectTrue(policy, {
        answers,
        demands,
        requests: requests.filter((facts) => isPossible(policy, facts)),
      });
    }),
    { numRuns: long ? 5_000 : 300 },
  );
  // Independent operands, few branches: everything is decided.
  expect(undecided).toBe(0);
  expect(none).toBeGreaterThan(50);
});

test("on policies of text a witness reads back from its facts, and what is none is never met", () => {
  const cases = randomRules().chain((rules) => {
    const policy = soundPolicy(policyTextOf(rules));
    return fc.record({
      policy: fc.constant(policy),
      demands: demandsOf(policy),
      records: fc.array(randomRecord, { minLength: 20, maxLength: 40 }),
    });
  });
  let decided = 0;
  let undecided = 0;
  fc.assert(
    fc.property(cases, ({ policy, demands, records }) => {
      const answers = createSpace(policy, vocabulary).perBranch(demands);
      for (const answer of answers) {
        if (answer.kind === "undecided") undecided += 1;
        else decided += 1;
        if (answer.kind !== "found") continue;
        const { facts, values } = answer.witness;
        expect(valueReader(policy, vocabulary)(JSON.parse(JSON.stringify(facts)))).toEqual(values);
      }
      const requests = records.map(valueReader(policy, vocabulary));
      expectTrue(policy, { answers, demands, requests });
    }),
    { numRuns: long ? 5_000 : 300 },
  );
  expect(undecided).toBeLessThan(decided / 100);
});

test("a moment is found that every zone's clock agrees to, and none is claimed not to exist without proof", () => {
  const at = (from: string, zone: string): string => `time in ${from} ${zone}`;
  const cases: readonly (readonly [string, Found["kind"]])[] = [
    [
      `${at("09:00..17:00", "Europe/Berlin")} and ${at("08:00..09:00", "America/New_York")}`,
      "found",
    ],
    [`${at("09:00..17:00", "Europe/Berlin")} and weekday is sun and date >= 2030-01-01`, "found"],
    [`${at("23:59..24:00", "Asia/Kolkata")} and date = 2027-07-06`, "found"],
    [`${at("09:00..17:00", "Europe/Berlin")} and ${at("18:00..19:00", "Europe/Berlin")}`, "none"],
    ["weekday is sun and date in 2026-11-23..2026-11-28", "none"],
    // It happens on no day that was tried; that it never does would have to be proven for every day.
    [
      `${at("09:00..10:00", "Asia/Tokyo")} and ${at("09:00..10:00", "America/New_York")}`,
      "undecided",
    ],
  ];
  for (const [condition, kind] of cases) {
    const policy = soundPolicy(`if ${condition} then claude otherwise gpt`);
    const [answer] = createSpace(policy, vocabulary).perBranch([]);
    expect(answer?.kind, condition).toBe(kind);
    if (answer?.kind !== "found") continue;
    const { facts, values } = answer.witness;
    expect(valueReader(policy, vocabulary)(facts)).toEqual(values);
  }
});
