import { expect, test } from "vitest";
import { applyFix } from "../../../src/diagnostics/apply-fix.ts";
import { parse } from "../../../src/language/syntax/parse.ts";

const rule = (condition: string): string => `if ${condition} then claude else gpt`;

/** What slipped, the code it gets, the text under the carets, and the text after the fix. */
const table: readonly (readonly [string, string, string, string])[] = [
  // Words run together, torn apart, doubled, or of another language.
  ["if stream thenclaude else gpt", "P0130", "thenclaude", "if stream then claude else gpt"],
  ["otherwise claudefallback gpt", "P0130", "claudefallback", "otherwise claude fallback gpt"],
  ['otherwise reject413 "long"', "P0130", "reject413", 'otherwise reject 413 "long"'],
  ["otherwise claude fall back gpt", "P0131", "fall back", "otherwise claude fallback gpt"],
  ["other wise claude", "P0131", "other wise", "otherwise claude"],
  [
    "pool a = qwen, gpt otherwise any of [qw en, gpt]",
    "P0131",
    "qw en",
    "pool a = qwen, gpt otherwise any of [qwen, gpt]",
  ],
  ["let short prompt = tokens < 9", "P0131", "short prompt", "let short-prompt = tokens < 9"],
  ["let shor t = tokens < 9", "P0131", "shor t", "let short = tokens < 9"],
  ["otherwise claude with retry 1 1", "P0105", "1", "otherwise claude with retry 1"],
  [
    "otherwise claude with max_tokens 1k tokens",
    "P0105",
    "tokens",
    "otherwise claude with max_tokens 1k",
  ],
  [rule("team in [[a, b]"), "P0105", "[", rule("team in [a, b]")],
  [rule("team in [a, b)"), "P0101", ")", rule("team in [a, b]")],
  [
    "if stream then claude failover gpt else gpt",
    "P0103",
    "failover",
    "if stream then claude fallback gpt else gpt",
  ],
  ["otherwise deny 413", "P0103", "deny", "otherwise reject 413"],
  ["otherwise cheapest from [a, b]", "P0103", "from", "otherwise cheapest of [a, b]"],
  [
    "otherwise any of [a, b] if local fallback c",
    "P0103",
    "if",
    "otherwise any of [a, b] where local fallback c",
  ],
  ["const a = tokens < 9", "P0103", "const", "let a = tokens < 9"],
  [rule("tokens lt 5"), "P0117", "lt", rule("tokens < 5")],
  [rule("pii o stream"), "P0103", "o", rule("pii or stream")],
  [
    "if a then b otherwise if c then d else e",
    "P0103",
    "otherwise",
    "if a then b else if c then d else e",
  ],
  [
    "if a then b else c > 5 then d else e",
    "P0104",
    "else",
    "if a then b else if c > 5 then d else e",
  ],
  [rule("team not search"), "P0104", "not", rule("team is not search")],
  [rule("tokens in 100k-900k"), "P0115", "100k-900k", rule("tokens in 100k..900k")],
  [rule("time in 18.00..23:00"), "P0116", "18.00", rule("time in 18:00..23:00")],
  ["otherwise reject $413", "P0115", "$413", "otherwise reject 413"],
  ["otherwise split: %90 a, 10% b", "P0115", "%90", "otherwise split: 90% a, 10% b"],
  ["otherwise claude with timeout 60S", "P0115", "60S", "otherwise claude with timeout 60s"],
  // Quotes.
  ["rule \"short': if a then b", "P0111", "\"short': if a then b", 'rule "short": if a then b'],
  ['rule ""short"": if a then b', "P0113", '""short""', 'rule "short": if a then b'],
  ['rule short ones": if a then b', "P0111", 'short ones"', 'rule "short ones": if a then b'],
  [
    "otherwise reject 413 far too long",
    "P0113",
    "far too long",
    'otherwise reject 413 "far too long"',
  ],
  // Guards and tests.
  ["forbid claude when pii", "P0103", "forbid", "never claude when pii"],
  ["nevr claude when pii", "P0103", "nevr", "never claude when pii"],
  ["never claude pii", "P0104", "pii", "never claude when pii"],
  ["ensure plans have fallback", "P0101", "plans have fallback", "ensure every plan has fallback"],
  ["ensure fallback", "P0101", "fallback", "ensure every plan has fallback"],
  ["alo if stream with retry 1", "P0103", "alo", "also if stream with retry 1"],
  [
    'test "t" givn stream true expect claude',
    "P0103",
    "givn",
    'test "t" given stream true expect claude',
  ],
  [
    'test "t" expect claude fallbakc gpt',
    "P0103",
    "fallbakc",
    'test "t" expect claude fallback gpt',
  ],
  ['test "t" expect claude, ruel "a"', "P0103", "ruel", 'test "t" expect claude, rule "a"'],
  ['test "t" expect claude rule "a"', "P0104", "rule", 'test "t" expect claude, rule "a"'],
  [
    "test a one line label\nexpect claude",
    "P0113",
    "a one line label",
    'test "a one line label"\nexpect claude',
  ],
  [
    '"a title" given stream true expect gpt',
    "P0104",
    '"a title"',
    'test "a title" given stream true expect gpt',
  ],
];

test.each(table)("%j is reported as %s at %j", (text, code, marked, fixed) => {
  const [first] = parse({ file: "t.policy", text }).diagnostics;
  expect(first?.code, JSON.stringify(first)).toBe(code);
  expect(text.slice(first?.span.start, first?.span.end)).toBe(marked);
  expect(first?.fix === undefined ? null : applyFix(text, first.fix)).toBe(fixed);
});

test.each(table)("the fix of %j parses", (_text, _code, _marked, fixed) => {
  expect(parse({ file: "t.policy", text: fixed }).diagnostics).toEqual([]);
});

/** Texts that look like slips and are none. */
const sound: readonly string[] = [
  "otherwise claude with shadow 5% to rules, tag fallbacks",
  'test "t" expect claude fallback rules, target.region is rules, rules fallback gpt',
  "otherwise claude with cache exact for 1h, no cache",
  'test "t" given header.x-team search, stream true expect cache exact for 1h, claude fallback gpt',
  'test "t" expect claude given team none expect rule\notherwise, never claude.region is eu',
  "pool a = gpt,\nqwen let b = stream",
  "if\nnot stream then a else b",
  'intent a contains "" , "x"',
  "let a = ((b)) and not not c",
  "also if b\nand c with retry 1",
];

test.each(sound)("%j is what it looks like", (text) => {
  expect(parse({ file: "t.policy", text }).diagnostics).toEqual([]);
});

test("a word of the vocabulary is whole, and its pieces are torn", () => {
  const words = new Set(["gpt-mini", "first-token"]);
  const text = "otherwise gpt - mini with first -token 2s";
  const torn = parse({ file: "t.policy", text }, words).diagnostics;
  expect(torn.map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`)).toEqual([
    "P0131 gpt - mini",
    "P0131 first -token",
  ]);
});

test("what is missing at the end of a line is marked there, and what begins the next line on that", () => {
  const places = (text: string) => {
    const [first] = parse({ file: "t.policy", text }).diagnostics;
    return text.slice(first?.span.start, first?.span.end);
  };
  expect(places('rule "a"\n  if stream then b')).toBe('"a"');
  expect(places("if stream\n  claude\n  fallback gpt")).toBe("claude");
  expect(places("if tokens <\n  then claude")).toBe("<");
  expect(places("let a = stream\n\npool b = gpt\n\nclaude fallback gpt")).toBe("claude");
});
