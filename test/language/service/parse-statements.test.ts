import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { StatementParser } from "../../../src/language/service/parse-statements.ts";
import { parse } from "../../../src/language/syntax/parse.ts";

const policies = globSync("policies/*.policy").map((path) => readFileSync(path, "utf8"));
const tests = [
  'test "rows"\n  given tokens 5\n  expect claude,\n    rule "one", never gpt\n  expect\n    never claude',
  'rule "one": if stream then claude\n\notherwise gpt\ntest "x" expect reject 403, rule otherwise',
  'rule "x":\n  if stream then\n  claude otherwise gpt',
  'if stream then claude fallback\ngpt let a = stream\notherwise claude with tag\n"x" let b = a',
  "also if stream with retry 1\nnever claude when stream\nensure every plan has fallback\notherwise gpt",
];

const source = (text: string): { file: string; text: string } => ({ file: "a.policy", text });

test.each([...policies, ...tests])(
  "a sound text has the tree that parsing it whole gives: %#",
  (text) => {
    const parsed = new StatementParser().parse(source(text));
    expect(parsed.ast).toEqual(parse(source(text)).ast);
    expect(parsed.broken).toEqual([]);
  },
);

/** An edit as a place (0 to 1), how much goes, and what comes. */
const edit = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(12),
  fc.constantFrom(
    "",
    " ",
    "\n",
    "x",
    '"',
    "(",
    "if ",
    "then ",
    "rule ",
    "# ",
    "5",
    ",",
    "otherwise gpt\n",
    "🙂",
  ),
);

test("after any edits the result is what a parser without a past gives", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...policies, ...tests),
      fc.array(edit, { maxLength: 6 }),
      (first, edits) => {
        const parser = new StatementParser();
        parser.parse(source(first));
        let text = first;
        for (const [place, gone, come] of edits) {
          const at = Math.floor(place * text.length);
          text = text.slice(0, at) + come + text.slice(at + gone);
          const { remembered: _, ...after } = parser.parse(source(text));
          const { remembered: __, ...fresh } = new StatementParser().parse(source(text));
          expect(after).toEqual(fresh);
          expect(parse(source(text)).ast === null).toBe(fresh.broken.length > 0);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("a broken statement is remembered as what it was, where it stands now", () => {
  const parser = new StatementParser();
  parser.parse(source("let short = tokens < 5\nlet long = tokens > 9\notherwise gpt"));
  const typing = "# new\nlet short = tokens < 5\nlet long = tokens >\notherwise gpt";
  for (const text of [typing, `${typing} `, typing.replace("# new", "# newer")]) {
    const { remembered, broken } = parser.parse(source(text));
    expect(broken.map(({ span }) => text.slice(span.start, span.end))).toEqual([
      "let long = tokens >",
    ]);
    expect(remembered.map((each) => (each.kind === "let" ? each.name.text : each.kind))).toEqual([
      "long",
    ]);
    expect(remembered[0]?.span).toEqual(broken[0]?.span);
  }
  expect(parser.parse(source("let long = tokens > 9\notherwise gpt")).remembered).toEqual([]);
});

test("of a text with many broken statements a hundred are explained", () => {
  const text = Array.from({ length: 300 }, (_, at) => `if tokens < then gpt${at}\n`).join("");
  const { broken, diagnostics } = new StatementParser().parse(source(text));
  expect(broken).toHaveLength(300);
  expect(diagnostics).toHaveLength(100);
});

test("a text beyond the size limit is not read", () => {
  const { tokens, ast, diagnostics } = new StatementParser().parse(source(" ".repeat(2_200_000)));
  expect({ tokens, statements: ast.statements }).toEqual({ tokens: [], statements: [] });
  expect(diagnostics.map(({ code }) => code)).toEqual(["P0109"]);
});
