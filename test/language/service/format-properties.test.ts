import fc from "fast-check";
import { expect, test } from "vitest";
import { lex } from "../../../grammar/lexer.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { formatSource } from "../../../src/language/service/format.ts";
import { checkText } from "../../support/checking.ts";
import { randomFacts } from "../../support/random-policy.ts";
import { randomSource } from "../../support/random-source.ts";

const runs = { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 10_000 : 500 };

function formatted(text: string): string {
  const result = formatSource({ file: "test.policy", text });
  if (!result.ok) throw new Error(result.diagnostics[0]?.message);
  return result.text;
}

/**
 * Tokens and comments as they follow each other, in one spelling: of operators and of `-` and `_` in names; comments before
 * a comma or colon behind it.
 */
function streamOf(text: string): string[] {
  const { tokens, comments } = lex(text);
  const all = [...tokens, ...comments].sort((a, b) => a.startOffset - b.startOffset);
  const stream: string[] = [];
  const behindComments = (): number => {
    const last = stream.findLastIndex((each) => !each.startsWith("#"));
    return last + 1;
  };
  for (const { image, tokenType } of all) {
    const at = behindComments();
    if (image === "," || image === ":") stream.splice(at, 0, image);
    else if (image === "not" && stream[at - 1] === "=") {
      stream.splice(at - 1, 1);
      stream.push("!=");
    } else if (image === "is" || image === "==") stream.push("=");
    else stream.push(tokenType.name === "Name" ? image.replaceAll("_", "-") : image.trimEnd());
  }
  return stream;
}

/** Checked data without what only says where and how it was written. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Set || value instanceof Map) return [...value].map(bare);
  const isGuardOrExpectation = "text" in value && "span" in value;
  const fields = Object.entries(value).filter(
    ([key]) => key !== "span" && key !== "line" && !(isGuardOrExpectation && key === "text"),
  );
  return Object.fromEntries(fields.map(([key, field]) => [key, bare(field)]));
}

test("the random policies of the tests below all check", () => {
  for (const { text } of fc.sample(randomSource(), 100)) {
    const { policy, diagnostics } = checkText(text);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(policy).not.toBeNull();
  }
});

test("fmt(fmt(x)) = fmt(x)", () => {
  fc.assert(
    fc.property(randomSource(), ({ text }) => {
      const once = formatted(text);
      expect(formatted(once)).toBe(once);
    }),
    runs,
  );
});

test("every comment is kept, in order, between the tokens where it stood; no token is lost, added or moved", () => {
  fc.assert(
    fc.property(randomSource(), ({ text, comments }) => {
      const once = formatted(text);
      expect(lex(once).comments.map(({ image }) => image)).toEqual(comments);
      expect(streamOf(once)).toEqual(streamOf(text));
    }),
    runs,
  );
});

test("the checked policy, its hash, its tests and what it decides stay the same", () => {
  const policies = randomSource().chain((source) => {
    const { policy, tests } = checkText(source.text);
    if (policy === null) throw new Error("the policy does not check");
    const requests = fc.array(randomFacts(policy), { minLength: 1, maxLength: 8 });
    return requests.map((some) => ({ ...source, policy, tests, requests: some }));
  });
  fc.assert(
    fc.property(policies, ({ text, policy, tests, requests }) => {
      const after = checkText(formatted(text));
      if (after.policy === null) throw new Error("the formatted policy does not check");
      expect(after.policy.hash).toBe(policy.hash);
      expect(bare(after.policy)).toEqual(bare(policy));
      expect(bare(after.tests)).toEqual(bare(tests));
      for (const facts of requests) {
        const decided = interpret(policy, (operand) => facts[operand]);
        expect(interpret(after.policy, (operand) => facts[operand])).toBe(decided);
      }
    }),
    runs,
  );
});

test("lines end without space, no two empty ones follow each other, and the last one is ended", () => {
  fc.assert(
    fc.property(randomSource(), ({ text }) => {
      const once = formatted(text).replaceAll("\r\n", "\n");
      expect(once).not.toMatch(/[ \t]\n|\n\n\n|^\n|\n\n$/);
      expect(once.endsWith("\n")).toBe(true);
    }),
    runs,
  );
});
