import fc from "fast-check";
import { expect, test } from "vitest";
import { check } from "../../../src/language/checker/check.ts";
import type { Ast } from "../../../src/language/syntax/ast.ts";
import { parse } from "../../../src/language/syntax/parse.ts";
import { checkText, fixed, vocabulary } from "../../support/checking.ts";

const words = [
  ..."tokens intent claude gpt p short stream 5 8k $2 $3/M 2s 10% classify team search true false unknown time".split(
    " ",
  ),
  ..."09:00..17:00 2026-11-23 200..500 [a,b] + - * ( ) , : < = is in not and or if then else otherwise".split(
    " ",
  ),
  ..."rule pool let where any cheapest of split by reject fallback on timeout with retry set tag requested".split(
    " ",
  ),
  ...'target.region supports(tools) claude.region header.x "text" /x/ matches contains 50% 100%'.split(
    " ",
  ),
];
const seeds = [
  'let short = tokens < 200 and team is search pool p = claude, gpt if short then any of p where context > tokens fallback gpt on timeout with retry 1 else if intent in [chat, code] then split by user: 50% claude, 50% gpt otherwise reject 429 "no"',
  "if tokens + max_tokens in 5..9 or pii is not false and not stream then cheapest of [claude, gpt] where price.input < $3/M and supports(tools) else claude fallback gpt",
  'intent faq contains "x", matches /y/ if time in 09:00..17:00 and prompt matches /a/ then requested with timeout 5s, set temperature 1 otherwise gpt',
];

test("check never throws on a mutated policy, and hands out a policy exactly when nothing is an error", () => {
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    take: fc.integer({ min: 0, max: 2 }),
    put: fc.array(fc.constantFrom(...words), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 4 }), (seed, edits) => {
      const tokens = seed.split(" ");
      for (const { at, take, put } of edits) {
        tokens.splice(Math.floor(at * tokens.length), take, ...put);
      }
      const { policy, diagnostics, kind } = checkText(tokens.join(" "));
      const failed = diagnostics.some(({ severity }) => severity === "error");
      expect(policy !== null).toBe(!failed && kind === "router");
      for (const { span } of diagnostics) expect(span.start).toBeLessThanOrEqual(span.end);
    }),
    { numRuns: 1000 },
  );
});

test("words at the end of a text are no pieces of one before its first", () => {
  const { diagnostics } = checkText("tokens with in then");
  for (const { fix } of diagnostics) expect(fix?.title ?? "").not.toContain("within");
});

test("a fix takes its finding away and never breaks the syntax", () => {
  const mutation = fc.record({
    at: fc.nat(200),
    put: fc.array(fc.constantFrom(...words), { maxLength: 2 }),
    slip: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 3 }), (seed, edits) => {
      const tokens = seed.split(" ");
      for (const { at, put, slip } of edits) {
        const word = tokens[at % tokens.length] ?? "";
        const cut = slip % (word.length + 1);
        tokens.splice(at % tokens.length, 1, word.slice(0, cut) + word.slice(cut + 1), ...put);
      }
      const checked = checkText(tokens.join(" "));
      if (checked.diagnostics.some(({ code }) => code.startsWith("P01"))) return;
      for (const diagnostic of checked.diagnostics) {
        const repaired = /^P0[234]/.test(diagnostic.code) ? fixed(checked, diagnostic) : null;
        if (repaired === null) continue;
        const { code, message, span } = diagnostic;
        for (const left of checkText(repaired).diagnostics) {
          expect(left.code, repaired).not.toMatch(/^P01/);
          const isSame = left.code === code && left.message === message;
          expect(isSame && left.span.start === span.start, repaired).toBe(false);
        }
      }
    }),
    { numRuns: 300 },
  );
});

/** Replaces parts of a tree by other parts of it, so that kinds meet where the grammar never brings them. */
function scramble(ast: Ast, picks: readonly number[]): Ast {
  const nodes: Record<string, unknown>[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("kind" in value) nodes.push(value as Record<string, unknown>);
    for (const field of Object.values(value)) visit(field);
  };
  const copy: Ast = structuredClone(ast);
  visit(copy.statements);
  const expressions = nodes.filter(({ kind }) =>
    /^(number|string|boolean|date|name|list|comparison|not|and|or|arithmetic|range|regex|time-span|unknown-test|call)$/.test(
      String(kind),
    ),
  );
  for (let index = 0; index + 1 < picks.length; index += 2) {
    const into = expressions[(picks[index] ?? 0) % expressions.length];
    const from = structuredClone(expressions[(picks[index + 1] ?? 0) % expressions.length]);
    // A route is a name as well, and must stay one.
    if (into === undefined || from === undefined || into["kind"] === "name") continue;
    for (const key of Object.keys(into)) delete into[key];
    Object.assign(into, from);
  }
  return copy;
}

test("check never throws on an AST that no text has", () => {
  const asts = seeds.flatMap((text) => parse({ file: "test.policy", text }).ast ?? []);
  expect(asts).toHaveLength(seeds.length);
  fc.assert(
    fc.property(
      fc.constantFrom(...asts),
      fc.array(fc.nat(10_000), { minLength: 2, maxLength: 6 }),
      (ast, picks) => {
        const scrambled = scramble(ast, picks);
        expect(() =>
          check(scrambled, { vocabulary, libraries: [], incomplete: false }),
        ).not.toThrow();
      },
    ),
    { numRuns: 1000 },
  );
});
