import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import oniguruma from "vscode-oniguruma";
import textmate, { type IGrammar } from "vscode-textmate";
import { lex } from "../../grammar/lexer.ts";
import * as t from "../../grammar/tokens.ts";

const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");

/** The committed grammar, run by the engine that editors run. */
async function loadGrammar(): Promise<IGrammar> {
  await oniguruma.loadWASM(readFileSync(wasm));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns: string[]) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text: string) => new oniguruma.OnigString(text),
    }),
    loadGrammar: () =>
      Promise.resolve(
        textmate.parseRawGrammar(
          readFileSync("grammar/policy.tmLanguage.json", "utf8"),
          "policy.json",
        ),
      ),
  });
  const grammar = await registry.loadGrammar("source.policy");
  if (grammar === null) throw new Error("the grammar loads");
  return grammar;
}

const grammar = await loadGrammar();

/** The innermost scope of each character, line by line. */
function scopesOf(text: string): string[] {
  let state = textmate.INITIAL;
  return text.split("\n").flatMap((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    const scopes = tokens.flatMap(({ startIndex, endIndex, scopes: all }) =>
      Array<string>(Math.min(endIndex, line.length) - startIndex).fill(all.at(-1) ?? ""),
    );
    return [...scopes, ""];
  });
}

const symbols = /^(?:keyword\.operator|punctuation)\.policy$/;
const words = /^(?:keyword\.control|keyword\.operator\.word|constant\.language)\.policy$/;

function scopeOfToken(type: (typeof t.grammarTokens)[number]): RegExp {
  if (type === t.Text) return /^(?:string\.quoted\.double|constant\.character\.escape)\.policy$/;
  if (type === t.Pattern) return /^string\.regexp\.policy$/;
  if (type === t.Name) return /^(?:variable\.other(?:\.definition)?|entity\.name\.type)\.policy$/;
  if (type === t.Zone) return /^(?:constant\.other\.zone|variable\.other)\.policy$/;
  if (t.keywordOf.has(String(type.PATTERN))) return words;
  return type.PATTERN instanceof RegExp ? /^constant\.numeric\.policy$/ : symbols;
}

const readme = readFileSync("grammar/README.md", "utf8");
const texts = [
  ...globSync("policies/*.policy").map((path) => readFileSync(path, "utf8")),
  ...[...readme.matchAll(/```policy\n([\s\S]*?)```/g)].map(([, text = ""]) => text),
  'let a.if-then = matches-x use "a\\"b" if prompt matches /a\\/b/ then "x" else local-gpu # if',
];

test.each(texts)("every token has the colour of its kind: %#", (text) => {
  const scopes = scopesOf(text);
  const { tokens, comments } = lex(text);
  for (const { startOffset, image, tokenType } of tokens) {
    const own = scopes.slice(startOffset, startOffset + image.length);
    for (const scope of own)
      expect(scope, `${image} at ${startOffset}`).toMatch(scopeOfToken(tokenType));
  }
  for (const { startOffset } of comments)
    expect(scopes[startOffset]).toBe("comment.line.number-sign.policy");
});

test("a text that is not closed ends with its line", () => {
  expect(scopesOf('rule "open\nif').at(-2)).toBe("keyword.control.policy");
});
