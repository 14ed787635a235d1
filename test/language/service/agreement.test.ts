import fc from "fast-check";
import { expect, test } from "vitest";
import { lower } from "../../../src/language/graph/lower.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { checkText, soundPolicy, vocabulary } from "../../support/checking.ts";
import { decideByTable } from "../../support/decide.ts";
import { randomFacts } from "../../support/random-policy.ts";
import {
  policyTextOf,
  randomRecord,
  randomRules,
  valueReader,
} from "../../support/random-requests.ts";

const policyText = randomRules().map((rules) => policyTextOf(rules));

test("a policy read from text decides alike by the interpreter and by the table", () => {
  const texts = policyText.chain((text) => {
    const policy = soundPolicy(text);
    return fc.tuple(fc.constant(policy), fc.array(randomFacts(policy), { minLength: 1 }));
  });
  fc.assert(
    fc.property(texts, ([policy, requests]) => {
      const program = compile(policy, lower(policy));
      for (const facts of requests) {
        expect(decideByTable(program, facts)).toBe(interpret(policy, (index) => facts[index]));
      }
    }),
    { numRuns: 200 },
  );
});

test("a file without its last word is told of a request that reaches no outcome, or closed where there is none, but for a few left undecided", () => {
  const seen = { found: 0, none: 0, undecided: 0 };
  fc.assert(
    fc.property(randomRules(), fc.array(randomRecord, { minLength: 20 }), (rules, records) => {
      const open = soundPolicy(policyTextOf(rules));
      const last = open.branches.length - 1;
      const { policy, diagnostics } = checkText(policyTextOf(rules, ""));
      const reached = records
        .map(valueReader(open, vocabulary))
        .some((values) => interpret(open, (operand) => values[operand]) === last);
      // Said aloud where the search runs into its bounds.
      if (diagnostics.some(({ code }) => code === "P0421")) seen.undecided += 1;
      else if (policy === null) {
        seen.found += 1;
        expect(diagnostics.filter(({ severity }) => severity === "error")).toMatchObject([
          { code: "P0401", message: expect.stringContaining("has no outcome") },
        ]);
      } else {
        seen.none += 1;
        expect(reached).toBe(false);
        expect(policy.branches.at(-1)?.action).toMatchObject({ kind: "reject", status: 500 });
        expect(() => compile(policy, lower(policy))).not.toThrow();
      }
    }),
    { numRuns: 300 },
  );
  // Some sets of rules do cover everything; most do not.
  expect(seen.found).toBeGreaterThan(150);
  expect(seen.none).toBeGreaterThan(10);
  expect(seen.undecided).toBeLessThan(4);
});
