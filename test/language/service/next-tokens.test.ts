import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lex } from "../../../grammar/lexer.ts";
import { nextTokens } from "../../../src/language/service/next-tokens.ts";
import { cutIntoStatements } from "../../../src/language/syntax/statements.ts";

const readme = readFileSync("grammar/README.md", "utf8");
const texts = [
  ...globSync("policies/*.policy").map((path) => readFileSync(path, "utf8")),
  ...[...readme.matchAll(/```policy\n([\s\S]*?)```/g)].map(([, text = ""]) => text),
];

test.each(texts)(
  "every token of a sound text is among those that may follow the ones before it: %#",
  (text) => {
    for (const statement of cutIntoStatements(text, lex(text).tokens)) {
      for (const [index, token] of statement.entries()) {
        const next = nextTokens(statement.slice(0, index)).map(({ type }) => type);
        expect(next, `${token.image} at ${token.startOffset}`).toContain(token.tokenType);
      }
    }
  },
);

const following: readonly (readonly [text: string, names: readonly string[]])[] = [
  [
    "",
    [
      "Rule",
      "If",
      "Otherwise",
      "Also",
      "Never",
      "Ensure",
      "Test",
      "Let",
      "Pool",
      "Intent",
      "Use",
      "Policy",
    ],
  ],
  ["use", ["Text"]],
  ["if stream then claude fallback", ["Split", "Name", "Text"]],
  ["let a", ["Equal"]],
  ["let )) a", ["Equal"]],
];

test.each(following)("behind %j may stand %j", (text, names) => {
  const types = nextTokens(lex(text).tokens).map(({ type }) => type.name);
  expect([...new Set(types)].toSorted()).toEqual(names.toSorted());
});

test("a token knows the rules of the grammar it would stand in, and where they began", () => {
  const [unknown] = nextTokens(lex("if intent is").tokens).filter(
    ({ type }) => type.name === "Unknown",
  );
  expect(unknown?.path.map(({ name, from }) => `${name}@${from}`)).toEqual([
    "test@2",
    "condition@1",
    "conjunction@1",
    "expression@1",
    "arm@0",
    "rule@0",
    "statement@0",
    "file@0",
  ]);
});

test("deep nesting and long statements take no more ways than short ones", () => {
  const text = `if ${"(".repeat(60)}tokens < 5${" + tokens".repeat(300)}`;
  expect(nextTokens(lex(text).tokens).map(({ type }) => type.name)).toContain("Plus");
});
