import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Expression, Statement } from "../../../src/language/syntax/ast.ts";
import { parse } from "../../../src/language/syntax/parse.ts";

function statementsOf(text: string): readonly Statement[] {
  const { ast, diagnostics } = parse({ file: "t.policy", text });
  expect(diagnostics).toEqual([]);
  return ast!.statements;
}

/** A tree in short: operators and names, with parentheses that show how it is bound. */
function show(expression: Expression): string {
  switch (expression.kind) {
    case "number":
    case "date":
      return expression.raw;
    case "string":
      return JSON.stringify(expression.text);
    case "boolean":
      return String(expression.value);
    case "time-span":
      return `${expression.from}..${expression.to} ${expression.zone}`;
    case "regex":
      return `/${expression.pattern}/`;
    case "name":
      return expression.name.text;
    case "call":
      return `${expression.callee.text}(${expression.argument.text})`;
    case "list":
      return `[${expression.items.map(show).join(", ")}]`;
    case "range":
      return `${show(expression.from)}..${show(expression.to)}`;
    case "arithmetic":
    case "comparison":
      return `(${show(expression.left)} ${expression.op} ${show(expression.right)})`;
    case "unknown-test":
      return `(${show(expression.of)} is${expression.negated ? " not" : ""} unknown)`;
    case "not":
      return `(not ${show(expression.of)})`;
    default:
      return `(${expression.of.map(show).join(` ${expression.kind} `)})`;
  }
}

test.each([
  ["a and b or c and not d", "((a and b) or (c and (not d)))"],
  ["a and (b or c)", "(a and (b or c))"],
  ["not a = 1", "(not (a = 1))"],
  ["not not a", "(not (not a))"],
  ["a == 1", "(a = 1)"],
  ["a is 1", "(a = 1)"],
  ["a is not 1", "(a != 1)"],
  ["a != 1", "(a != 1)"],
  ["a is unknown", "(a is unknown)"],
  ["a is not unknown", "(a is not unknown)"],
  ["a + b * 2 - c < 8k", "(((a + (b * 2)) - c) < 8k)"],
  ["(a + b) * 2 >= 1.5M", "(((a + b) * 2) >= 1.5M)"],
  ['a in [x, "y", 1..5]', '(a in [x, "y", 1..5])'],
  ["a in 200..500", "(a in 200..500)"],
  ["a in low..high", "(a in low..high)"],
  ["a not in b", "(a not in b)"],
  ["time in 09:00..17:00 Europe/Berlin", "(time in 09:00..17:00 Europe/Berlin)"],
  ["time in 22:00..06:00", "(time in 22:00..06:00 null)"],
  ["time in 22:00..06:00 UTC and a", "((time in 22:00..06:00 UTC) and a)"],
  ["prompt matches /a\\/b c/", "(prompt matches /a\\/b c/)"],
  ['prompt contains "a\\"b"', '(prompt contains "a\\"b")'],
  ["target.supports(tools)", "target.supports(tools)"],
  ['header.x-team is a and header."3x" is b', "((header.x-team = a) and (header.3x = b))"],
  ["header.if is then-x", "(header.if = then-x)"],
  ["intent=classify", "(intent = classify)"],
  ["date >= 2026-11-23", "(date >= 2026-11-23)"],
  [
    "a < 128Ki and b < 10% and c < $0.02 and d < $3/M and e < 7d",
    "((a < 128Ki) and (b < 10%) and (c < $0.02) and (d < $3/M) and (e < 7d))",
  ],
  ["stream is true", "(stream = true)"],
  ["gpt-4.1.healthy", "gpt-4.1.healthy"],
])("%s is read as %s", (text, tree) => {
  const [statement] = statementsOf(`let x = ${text}`);
  expect(statement?.kind === "let" && show(statement.value)).toBe(tree);
});

test("the user's sentence is a whole file: one rule with two arms, and the fallback belongs to the second", () => {
  const [rule, ...rest] = statementsOf(
    "if tokens < 200 and intent=classify then local-gpu else claude fallback qwen",
  );
  expect(rest).toEqual([]);
  expect(
    rule?.kind === "rule" &&
      rule.arms.map(({ action }) => action.kind === "plan" && action.steps.length),
  ).toEqual([1, 2]);
});

test("`with` and `fallback` bind to the nearest plan", () => {
  const [rule] = statementsOf(
    'if a then x with retry 1 else y fallback z on timeout or network with retry 2, tag "t"',
  );
  const plans = rule?.kind === "rule" ? rule.arms.map(({ action }) => action) : [];
  expect(plans.map((plan) => plan.kind === "plan" && plan.options.length)).toEqual([1, 2]);
  expect(
    plans.map(
      (plan) => plan.kind === "plan" && plan.steps.map(({ on }) => on?.map(({ text }) => text)),
    ),
  ).toEqual([[undefined], [undefined, ["timeout", "network"]]]);
});

test("every kind of statement, action and option is read with the text that it covers", () => {
  const text = [
    "policy 1",
    'use "./shared.policy"',
    "let short = tokens < 200",
    'pool frontier = claude, "vendor/model", gpt-4.1',
    'intent refund contains "money back", "refund", matches /chargeback/',
    'rule "named": if a then cheapest of frontier where context >= tokens fallback requested else if b then split by user: 90% a, 10% "b" else reject 429 "no"',
    "rule: if a then any of [b, c] with first-token 800ms, set temperature 0, limit 20 per minute by user or wait 2s",
    "if a then reject",
    "otherwise claude",
  ];
  const statements = statementsOf(text.join("\n"));
  expect(statements.map(({ span }) => text.join("\n").slice(span.start, span.end))).toEqual(text);
  expect(statements.map(({ kind }) => kind)).toEqual([
    "policy",
    "use",
    "let",
    "pool",
    "intent",
    "rule",
    "rule",
    "rule",
    "otherwise",
  ]);
});

test("newlines, tabs, CRLF and a byte order mark mean nothing", () => {
  const words = "if tokens < 200 then a else b fallback c".split(" ");
  for (const space of ["\n", "\t", "\r\n", "  ", "\u00a0", " # comment\n"]) {
    expect(statementsOf(`\ufeff${words.join(space)}`)).toHaveLength(1);
  }
});

test("comments are kept with their places", () => {
  const text = "# first\nif a then b # second\n";
  const { ast } = parse({ file: "t.policy", text });
  expect(
    ast!.comments.map(({ text: comment, span }) => [comment, text.slice(span.start, span.end)]),
  ).toEqual([
    ["# first", "# first"],
    ["# second", "# second"],
  ]);
});

test("a file without statements is an empty tree", () => {
  expect(parse({ file: "t.policy", text: "  # nothing\n" }).ast?.statements).toEqual([]);
});

test("reserved words can stand after a dot and inside names, option and strategy words anywhere", () => {
  expect(
    statementsOf(
      "let timeout = metadata.with is x and if-then and retry\npool any = cheapest, best",
    ),
  ).toHaveLength(2);
});

test.each(globSync("policies/*.policy"))("%s parses", (file) => {
  expect(parse({ file, text: readFileSync(file, "utf8") }).diagnostics).toEqual([]);
});
