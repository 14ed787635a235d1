import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lex } from "../../../grammar/lexer.ts";
import { codes } from "../../../src/diagnostics/codes.ts";
import type { Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { render } from "../../../src/diagnostics/render.ts";
import { parse } from "../../../src/language/syntax/parse.ts";
import { mendSlips } from "../../../src/language/syntax/slips.ts";

const file = "t.policy";

/** Parses and holds the result to what every result promises. */
function sound(text: string): readonly Diagnostic[] {
  const { ast, diagnostics } = parse({ file, text });
  expect(ast === null).toBe(diagnostics.length > 0);
  for (const { code, span, related, fix, message } of diagnostics) {
    expect(Object.keys(codes)).toContain(code);
    expect(message).not.toBe("");
    for (const each of [span, ...(related ?? []).map((label) => label.span)]) {
      expect(each.start).toBeGreaterThanOrEqual(0);
      expect(each.end).toBeGreaterThan(each.start);
      expect(each.end).toBeLessThanOrEqual(text.length);
    }
    for (const edit of fix?.edits ?? []) {
      expect(edit.span.end).toBeGreaterThanOrEqual(edit.span.start);
      expect(edit.span.end).toBeLessThanOrEqual(text.length);
    }
  }
  return diagnostics;
}

test("one bad rule hides no other's errors, nor its own", () => {
  const text = [
    "if tokens < 200K then local-gpu",
    "if stream && json thne claude",
    'rule "x" if team is in [a, b] then claude with retry 1 fallback gpt',
    "let y = ",
    "otherwise a or b",
  ].join("\n");
  expect(sound(text).map(({ code, span }) => [code, text.slice(span.start, span.end)])).toEqual([
    ["P0115", "200K"],
    ["P0117", "&&"],
    ["P0103", "thne"],
    ["P0104", "if"],
    ["P0123", "is in"],
    ["P0120", "with retry 1"],
    ["P0102", "="],
    ["P0121", "or"],
  ]);
});

test.each([
  ["if tokens < 200", "`then`"],
  ["otherwise a fallback", "expected a target after this"],
  ["let x = a and", "expected a condition after this"],
])("%s says what is expected there", (text, part) => {
  expect(sound(text)[0]?.label).toContain(part);
});

test("a diagnostic is rendered with its line, carets, help and fix", () => {
  const text = "# a\nif tokens < 200 thne local-gpu\n";
  const [first] = sound(text);
  expect(render(first!, new Map([[file, text]]), { color: false })).toBe(
    [
      "error[P0103]: `thne` is not a keyword here",
      "  --> t.policy:2:17",
      "   |",
      " 2 | if tokens < 200 thne local-gpu",
      "   |                 ^^^^",
      "   |",
      "help: did you mean `then`?                                                (fix available)",
    ].join("\n"),
  );
});

const good = globSync("policies/*.policy").map((path) => readFileSync(path, "utf8"));
const pieces = [
  ..."policy use let pool intent rule otherwise if then else fallback with on of where split by reject and or not is in matches contains unknown true false also never ensure test when given expect like".split(
    " ",
  ),
  ...'name a-b 1 1.5M 10% $0.02 $3/M 2s 2026-11-23 09:00 UTC "text" /p/ .. . , : ( ) [ ] < <= > >= = == != + - *'.split(
    " ",
  ),
  ..."' \" / // /* && || ! === => 200K 1h30m 9:00 openai/x q:7b ü “ ” ; { } @ \\ \u0000 \ud800 $ % # \n".split(
    " ",
  ),
];

test("parse is sound on any text", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => void sound(text)),
  );
});

test("parse is sound on any sequence of words and symbols", () => {
  const soup = fc.array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(" ", "", "\n")), {
    maxLength: 60,
  });
  fc.assert(fc.property(soup, (parts) => void sound(parts.flat().join(""))));
});

test("parse is sound on policies with a piece taken out, put in or cut off", () => {
  const change = fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom("", ...pieces));
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (text, changes) => {
        let changed = text;
        for (const [at, length, piece] of changes) {
          const start = at % (changed.length + 1);
          changed = changed.slice(0, start) + piece + changed.slice(start + length);
        }
        sound(changed);
      },
    ),
  );
});

test.each([
  ["(", 10_000],
  ["[", 10_000],
  ["not ", 10_000],
  ["a + ", 10_000],
])("%j, 10,000 times, is too deep and no stack overflow", (piece, times) => {
  const text = `let x = ${piece.repeat(times)}a\nif thne`;
  const found = sound(text);
  expect(found.map(({ code }) => code)).toContain("P0108");
  expect(found.some(({ span }) => span.start > text.indexOf("\n"))).toBe(true);
});

const half = 100_000;
test.each([
  ...[
    "1-",
    "a..",
    "a.",
    "a-",
    "/*",
    "/ ",
    "//",
    "'",
    "„a",
    "\\",
    '"\\',
    "a:",
    "a/",
    "/\\/",
    "1s",
    "$",
    "0.",
  ],
  ...["if ", "else if a then b ", "a or ", ", ", "\u00fc", "@", "!", "( ) ", "x = "],
])("%j without end is read in one go", (piece) => {
  sound(piece.repeat(half / piece.length));
});

test("a chain of ten thousand `else if` is one rule", () => {
  const text = `if a then b${" else if a then b".repeat(10_000)}`;
  expect(sound(text)).toEqual([]);
});

test("a file beyond the bound is refused at once", () => {
  expect(sound("#".repeat(2_097_153)).map(({ code }) => code)).toEqual(["P0109"]);
  const words = (count: number): string => `let a = b${" or b".repeat((count - 4) / 2)}`;
  expect(sound(words(200_000))).toEqual([]);
  expect(sound(words(200_002)).map(({ code }) => code)).toEqual(["P0109"]);
  expect(sound(`otherwise reject "${"a".repeat(2_000_000)}`).length).toBe(1);
  expect(sound(`# ${"a".repeat(2_000_000)}`)).toEqual([]);
});

test("reporting stops after a hundred errors and says so", () => {
  const found = sound("let x = \n".repeat(500));
  expect(found).toHaveLength(101);
  expect(found.at(-1)?.code).toBe("P0129");
});

test("slips behind the hundredth are not even read", () => {
  const text = "'a' ".repeat(1_000);
  const { tokens } = lex(text);
  expect(mendSlips({ file: "t.policy", text }, tokens, 100).diagnostics).toHaveLength(101);
  expect(lex("$".repeat(1_000)).tokens).toHaveLength(1);
});
