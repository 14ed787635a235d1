import fc from "fast-check";
import { expect, test } from "vitest";
import { lower } from "../../../src/language/graph/lower.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { decideByTable } from "../../support/decide.ts";
import { policyAndFacts } from "../../support/random-policy.ts";

test("the table takes the interpreter's branch, at every cut and with unknowns", () => {
  fc.assert(
    fc.property(policyAndFacts(), ({ policy, requests }) => {
      const program = compile(policy, lower(policy));
      for (const facts of requests) {
        expect(decideByTable(program, facts)).toBe(interpret(policy, (at) => facts[at]));
      }
    }),
    { numRuns: 1_000 },
  );
});
