import { readFileSync } from "node:fs";
import { Lexer } from "chevrotain";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lex } from "../../grammar/lexer.ts";
import { PolicyParser } from "../../grammar/policy-parser.ts";
import { allTokens, grammarTokens } from "../../grammar/tokens.ts";
import { generatedGrammar } from "../../scripts/generate-grammar.ts";

test("the grammar passes the parser's own analysis: no ambiguity within two tokens, no left recursion", () => {
  expect(() => new PolicyParser(false)).not.toThrow();
});

test("the lexer is valid and can choose each token by its first character", () => {
  expect(
    () => new Lexer([...allTokens], { ensureOptimizations: true, positionTracking: "onlyOffset" }),
  ).not.toThrow();
});

test("every character of any text is a token, a comment or space, in order and without overlap", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
  );
  fc.assert(
    fc.property(text, (each) => {
      const { tokens, comments } = lex(each);
      const all = [...tokens, ...comments].toSorted((a, b) => a.startOffset - b.startOffset);
      let at = 0;
      for (const { startOffset, image } of all) {
        expect(each.slice(at, startOffset)).toMatch(/^[ \t\r\n\f\v\u00a0\ufeff]*$/);
        expect(each.startsWith(image, startOffset)).toBe(true);
        at = startOffset + image.length;
      }
      expect(each.slice(at)).toMatch(/^[ \t\r\n\f\v\u00a0\ufeff]*$/);
    }),
  );
});

test.each([...generatedGrammar()])("grammar/%s is what the generator makes", (path, text) => {
  expect(readFileSync(`grammar/${path}`, "utf8")).toBe(text);
});

test("every token of the grammar is used in a rule", () => {
  const used = JSON.stringify(new PolicyParser().getSerializedGastProductions());
  const unused = grammarTokens.filter(({ name }) => !used.includes(`"name":"${name}"`));
  expect(unused.map(({ name }) => name)).toEqual([]);
});

/** Terminal names that may stand first in a production, and whether it may be empty. */
interface Production {
  readonly type: string;
  readonly name?: string;
  readonly definition?: readonly Production[];
  readonly separator?: Production;
}

test("no optional part begins with a token that may follow it, except where two tokens decide", () => {
  const rules = new Map(
    (new PolicyParser().getSerializedGastProductions() as unknown as Production[]).map((rule) => [
      rule.name ?? "",
      rule.definition ?? [],
    ]),
  );
  const optional = (part: Production): boolean =>
    part.type === "Option" ||
    part.type === "Repetition" ||
    (part.type === "NonTerminal" && empty(rules.get(part.name ?? "") ?? [])) ||
    (part.type === "Alternation" &&
      (part.definition ?? []).some((each) => empty(each.definition ?? [])));
  const empty = (parts: readonly Production[]): boolean => parts.every(optional);
  const first = (parts: readonly Production[]): Set<string> => {
    const result = new Set<string>();
    for (const part of parts) {
      for (const name of firstOf(part)) result.add(name);
      if (!optional(part)) break;
    }
    return result;
  };
  const firstOf = (part: Production): Set<string> => {
    if (part.type === "Terminal") return new Set([part.name ?? ""]);
    if (part.type === "NonTerminal") return first(rules.get(part.name ?? "") ?? []);
    if (part.type === "Alternation")
      return new Set((part.definition ?? []).flatMap((each) => [...first(each.definition ?? [])]));
    return first(part.definition ?? []);
  };
  const follow = new Map<string, Set<string>>([...rules.keys()].map((name) => [name, new Set()]));
  const conflicts = new Set<string>();
  /** Walks a sequence, handing each part what may stand after it; collects what follows rules until nothing changes. */
  const walk = (rule: string, parts: readonly Production[], after: ReadonlySet<string>): void => {
    for (const [index, part] of parts.entries()) {
      const rest = parts.slice(index + 1);
      const next = new Set([...first(rest), ...(empty(rest) ? after : [])]);
      const inner = part.definition ?? [];
      const own = firstOf(part);
      if (part.type === "NonTerminal")
        for (const name of next) follow.get(part.name ?? "")?.add(name);
      if (part.type === "Alternation")
        for (const each of inner) walk(rule, each.definition ?? [], next);
      if (/^(?:Option|Repetition)/.test(part.type)) {
        const isLoop = part.type !== "Option";
        const start = part.separator === undefined ? own : new Set([part.separator.name ?? ""]);
        if (!/Mandatory$/.test(part.type)) {
          for (const name of start) if (next.has(name)) conflicts.add(`${rule}: ${name}`);
        }
        walk(rule, inner, new Set([...next, ...(isLoop ? start : [])]));
      }
    }
  };
  let size = -1;
  const count = (): number => [...follow.values()].reduce((sum, each) => sum + each.size, 0);
  while (count() !== size) {
    size = count();
    conflicts.clear();
    for (const [rule, parts] of rules) walk(rule, parts, follow.get(rule) ?? new Set());
  }
  // `else if` against `else`, told apart by the second token.
  expect([...conflicts]).toEqual(["rule: Else"]);
});
