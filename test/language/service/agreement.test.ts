import fc from "fast-check";
import { expect, test } from "vitest";
import { findUncovered } from "../../../src/language/checker/uncovered.ts";
import { lower } from "../../../src/language/graph/lower.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { checkText, soundPolicy } from "../../support/checking.ts";
import { decideByTable } from "../../support/decide.ts";
import { randomFacts } from "../../support/random-policy.ts";

const atoms = [
  "tokens < 200",
  "tokens in [5, 200..500]",
  "200 <= tokens",
  "tokens + max_tokens > 8k",
  "max_tokens is unknown",
  "intent is classify",
  "intent not in [chat, code]",
  "team is search",
  "team is not ads",
  "pii",
  "pii is not false",
  "pii is false",
  "stream",
  "grade is free",
  "risk < 10%",
  "spend > $0.02",
  "due < 2s",
  "time in 22:00..06:00 Europe/Berlin",
  "weekday in [sat, sun]",
  "date >= 2026-11-23",
  'prompt contains "x"',
  "prompt matches /x+/",
  "claude.queue > 3",
  "claude.supports(tools)",
  "header.x-team is a",
  "short",
];

const condition = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...atoms),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a} and ${b})`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a} or ${b})`),
    tie("any").map((a) => `not (${a})`),
  ),
})).any;

const policyText = fc
  .array(fc.tuple(condition, condition, fc.boolean()), { minLength: 1, maxLength: 6 })
  .map((rules) => {
    const lines = rules.map(([first, second, nested]) =>
      nested
        ? `if ${first} then claude else if ${second} then gpt`
        : `if ${first} then qwen fallback gpt`,
    );
    return `let short = tokens < 1k and stream\n${lines.join("\n")}\notherwise reject 429`;
  });

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

test("the request that a file without its last word is told of reaches no outcome", () => {
  let found = 0;
  fc.assert(
    fc.property(policyText, (text) => {
      const { operands, branches } = soundPolicy(text);
      const open = { branches: branches.slice(0, -1) };
      const uncovered = findUncovered(operands, open.branches);
      if (uncovered === null) return;
      found += 1;
      expect(interpret(open, (index) => uncovered.values[index])).toBe(-1);
      const written = text.replace("\notherwise reject 429", "");
      const messages = checkText(written).diagnostics.map(({ message }) => message);
      expect(messages).toContain(`a request with \`${uncovered.text}\` has no outcome`);
    }),
    { numRuns: 300 },
  );
  // Some sets of rules do cover everything; most do not.
  expect(found).toBeGreaterThan(150);
});
