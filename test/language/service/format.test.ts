import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatSource } from "../../../src/language/service/format.ts";
import { longestFile } from "../../../src/language/syntax/bounds.ts";
import { parse } from "../../../src/language/syntax/parse.ts";

function formatted(text: string): string {
  const result = formatSource({ file: "test.policy", text });
  if (!result.ok) throw new Error(result.diagnostics[0]?.message);
  return result.text;
}

type Golden = readonly (readonly [what: string, before: string, after: string])[];

const spellings: Golden = [
  [
    "`is` between names",
    "let a = team=search or team == ads",
    "let a = team is search or team is ads",
  ],
  ["`is not` between names", "let a = team!=search", "let a = team is not search"],
  [
    "`is` before texts and booleans",
    'let a = team="x y" or pii!=false',
    'let a = team is "x y" or pii is not false',
  ],
  [
    "symbols before numbers",
    "let a = tools is 0 or tools is not 8k",
    "let a = tools = 0 or tools != 8k",
  ],
  [
    "symbols before every unit",
    "let a = spend is $5 or rate is $3/M or due is 2s or risk is 10% or date is not 2026-11-23",
    "let a = spend = $5 or rate = $3/M or due = 2s or risk = 10% or date != 2026-11-23",
  ],
  ["symbols where the number stands first", "let a = 5 is tools", "let a = 5 = tools"],
  [
    "symbols beside arithmetic",
    "let a = tokens + images is limit",
    "let a = tokens + images = limit",
  ],
  [
    "symbols before a let that is a number",
    "let n = (8k) let a = tokens is n",
    "let n = (8k)\nlet a = tokens = n",
  ],
  ["`is unknown` always", "let a = tokens is unknown", "let a = tokens is unknown"],
  ["a quotation, as it stands", 'let a = team = "search"', 'let a = team is "search"'],
  [
    "numbers, as they stand",
    "let a = tokens in [1000, 8k, 0.50, 128Ki]",
    "let a = tokens in [1000, 8k, 0.50, 128Ki]",
  ],
  ["parentheses that say nothing, as they stand", "let a = ((b))and(c)", "let a = ((b)) and (c)"],
  [
    "options with hyphens, `max_tokens` as the fact is",
    "otherwise a with first_token 2s, max-tokens 1k, set top-p 1, tag first_token, odd_one 5",
    "otherwise a with first-token 2s, max_tokens 1k, set top_p 1, tag first_token, odd_one 5",
  ],
  [
    "causes with underscores",
    "otherwise a fallback b on rate-limited or first-token-timeout or odd-one",
    "otherwise a fallback b on rate_limited or first_token_timeout or odd-one",
  ],
  [
    "strategies with hyphens, abilities with underscores",
    "otherwise least_busy of p where supports(json-schema)",
    "otherwise least-busy of p where supports(json_schema)",
  ],
  [
    "what guards and tests speak of",
    'ensure every plan has first_token test "t" expect first_token 2s',
    'ensure every plan has first-token\ntest "t"\n  expect first-token 2s',
  ],
  [
    "space where it belongs",
    'let a=header . "3x" is b and f ( tools )  or c in 5 .. 9 or time in 09:00 .. 17:00   Europe/Berlin',
    'let a = header."3x" is b and f(tools) or c in 5..9 or time in 09:00..17:00 Europe/Berlin',
  ],
];

const long =
  "tokens < 200 and team in [search, ads] and intent is classify and not stream and json is none and tools = 0";

const layouts: Golden = [
  ["an unnamed rule on one line", "if a\tthen b else c", "if a then b else c"],
  [
    "an unnamed rule that is too long",
    `if ${long} then b else if c then d else e`,
    `if tokens < 200
    and team in [search, ads]
    and intent is classify
    and not stream
    and json is none
    and tools = 0
  then b
  else if c then d
  else e`,
  ],
  ["an unnamed rule that its author broke", "if a then b\nelse c", "if a then b\n  else c"],
  [
    "a named rule below its head",
    'rule "x":if a then b else if c then d else e',
    'rule "x":\n  if a then b\n  else if c then d\n  else e',
  ],
  [
    "an arm that its author broke",
    'rule "x": if a\nthen b fallback c with retry 1',
    'rule "x":\n  if a\n  then b fallback c\n  with retry 1',
  ],
  [
    "an arm that its author broke before a fallback or options",
    'rule "x": if a then b\nfallback c else if d then e\nwith retry 1',
    'rule "x":\n  if a\n  then b fallback c\n  else if d\n  then e\n  with retry 1',
  ],
  [
    "a sum that has room only without what follows",
    `let a = ${"b".repeat(44)} + ${"c".repeat(44)} < 500`,
    `let a = ${"b".repeat(44)}\n  + ${"c".repeat(44)} < 500`,
  ],
  [
    "an arm that is long",
    'rule "x": if tokens >= 120k then cheapest of p where context >= tokens + max_tokens fallback q',
    'rule "x":\n  if tokens >= 120k\n  then cheapest of p where context >= tokens + max_tokens fallback q',
  ],
  [
    "fallbacks below each other where one names its causes",
    'rule "x": if a\nthen b fallback c on timeout fallback d',
    'rule "x":\n  if a\n  then b\n  fallback c on timeout\n  fallback d',
  ],
  [
    "options and lists broken after commas",
    "also if tier is free with limit 20 per minute by user, max_tokens 1k, tokens at most 4k, cache semantic above 0.95 for 1h",
    `also if tier is free
  with limit 20 per minute by user, max_tokens 1k, tokens at most 4k,
    cache semantic above 0.95 for 1h`,
  ],
  [
    "a long pool",
    `pool p = ${Array.from({ length: 12 }, (_, at) => `target-${at}`).join(",")}`,
    `pool p = target-0, target-1, target-2, target-3, target-4, target-5, target-6, target-7, target-8,
  target-9, target-10, target-11`,
  ],
  [
    "alternatives inside a long conjunction",
    `let a = ${long} and (tokens > 5 or ${long})`,
    `let a = tokens < 200
  and team in [search, ads]
  and intent is classify
  and not stream
  and json is none
  and tools = 0
  and (tokens > 5
    or tokens < 200
      and team in [search, ads]
      and intent is classify
      and not stream
      and json is none
      and tools = 0)`,
  ],
  [
    "guards",
    `never target.region!=eu when pii ensure plan.cost<=$0.05 when ${long}`,
    `never target.region is not eu when pii
ensure plan.cost <= $0.05
  when tokens < 200
    and team in [search, ads]
    and intent is classify
    and not stream
    and json is none
    and tools = 0`,
  ],
  [
    "a test of one row",
    'test "t" given tokens 40,intent classify expect a fallback b,rule "x",cost<$0.01',
    'test "t"\n  given tokens 40, intent classify\n  expect a fallback b, rule "x", cost < $0.01',
  ],
  [
    "a test of several rows as a table",
    'test "t" given tokens 40 expect a given tokens 8k, stream true expect b expect c',
    'test "t"\n  given tokens 40              expect a\n  given tokens 8k, stream true expect b\n  expect c',
  ],
  [
    "an intent",
    'intent refund contains "money back","refund" ,matches /charge\\s?back/',
    'intent refund contains "money back", "refund", matches /charge\\s?back/',
  ],
  ["statements on lines of their own", 'policy 1 use "./a.policy"', 'policy 1\nuse "./a.policy"'],
  [
    "at most one empty line, none first or last",
    "\n\nlet a = b\n\n\n\nlet c = d\nlet e = f\n\n",
    "let a = b\n\nlet c = d\nlet e = f",
  ],
];

const comments: Golden = [
  ["at the head of a file", "# one\n\n\n# two\nlet a = b", "# one\n\n# two\nlet a = b"],
  ["at its end", "let a = b\n\n  # end  ", "let a = b\n\n# end"],
  ["behind a statement", "let a = b# why", "let a = b # why"],
  [
    "behind neighbours, in one column",
    "let a = b # 1\nlet abc = d # 2",
    "let a = b   # 1\nlet abc = d # 2",
  ],
  [
    "between the parts of a rule",
    'rule "x": # head\n# before if\nif a # cond\n# before then\nthen b # b\n# before with\nwith retry 1, # retry\n# before tag\ntag "x"',
    `rule "x": # head
  # before if
  if a # cond
  # before then
  then b # b
  # before with
  with
    retry 1, # retry
    # before tag
    tag "x"`,
  ],
  [
    "in a list",
    "let a = team in [search, # big\nads # small\n] and b",
    `let a = team in [
  search, # big
  ads     # small
]
  and b`,
  ],
  [
    "before a comma",
    "pool p = a # one\n  , b # two\n  , c",
    "pool p =\n  a, # one\n  b, # two\n  c",
  ],
  ["in parentheses", "let a = (b # why\n or c)", "let a = (\n  b # why\n    or c\n)"],
  ["where no line ends", "let a # odd\n = b", "let a # odd\n  = b"],
  ["inside `is not`", "let a = tools is # odd\n not 5", "let a = tools # odd\n  != 5"],
  [
    "before rows of a test",
    'test "t" # why\n# row\ngiven a 1 expect b',
    'test "t" # why\n  # row\n  given a 1\n  expect b',
  ],
  ["only", "\n # only  \n", "# only"],
];

describe.each([
  ["spells", spellings],
  ["lays out", layouts],
  ["keeps comments", comments],
])("fmt %s", (_, table) => {
  test.each(table)("%s", (_what, before, after) => {
    expect(formatted(before)).toBe(`${after}\n`);
    expect(formatted(formatted(before))).toBe(`${after}\n`);
  });
});

test.each(globSync("policies/*.policy"))("%s is formatted", (file) => {
  const text = readFileSync(file, "utf8");
  expect(formatted(text)).toBe(text);
});

/** A tree without its places, and with one spelling for `_` and `-`. */
function treeOf(text: string): unknown {
  const { ast } = parse({ file: "test.policy", text });
  const bare = JSON.stringify(ast?.statements, (key, value: unknown) => {
    return key === "span" || key === "opSpan" ? undefined : value;
  });
  return JSON.parse(bare.replaceAll("_", "-"));
}

const snippets = ["README.md", "grammar/README.md"].flatMap((file) => [
  ...readFileSync(file, "utf8").matchAll(/```policy\n([\s\S]*?)```/g),
]);

test.each(snippets.map(([, text = ""]) => text))(
  "a documented policy keeps its tree\n%s",
  (text) => {
    const once = formatted(text);
    expect(treeOf(once)).toEqual(treeOf(text));
    expect(formatted(once)).toBe(once);
  },
);

describe("fmt takes any text", () => {
  test.each([
    ["an empty file", "", ""],
    ["space alone", " \n\t\n", ""],
    ["a byte order mark, which goes", "\ufefflet a = b", "let a = b\n"],
    [
      "Windows line ends, where most are",
      "let a = b\r\n# c\r\nlet d = e\n",
      "let a = b\r\n# c\r\nlet d = e\r\n",
    ],
    [
      "Unix line ends, where most are",
      "let a = b\n# c\nlet d = e\r\n",
      "let a = b\n# c\nlet d = e\n",
    ],
    [
      "letters beyond ASCII",
      '# café\nlet a = team = "東京" # 😀',
      '# café\nlet a = team is "東京" # 😀\n',
    ],
  ])("%s", (_, before, after) => {
    expect(formatted(before)).toBe(after);
  });

  test("wide letters count as the two columns they take", () => {
    const wide = `"${"東".repeat(36)}"`;
    expect(formatted(`if team is ${wide} then a else b`)).toBe(
      `if team is ${wide} then a else b\n`,
    );
    expect(formatted(`if team is ${wide} then a fallback b else c`)).toBe(
      `if team is ${wide}\n  then a fallback b\n  else c\n`,
    );
  });

  test("a text with syntax errors is not formatted: it has the diagnostics of `check`", () => {
    const source = { file: "test.policy", text: "if a thn b\nlet = 5" };
    expect(formatSource(source)).toEqual({ ok: false, diagnostics: parse(source).diagnostics });
  });

  test("a number and its unit apart are an error on one line and on two", () => {
    for (const space of [" ", "\n"]) {
      expect(formatSource({ file: "t", text: `otherwise a with timeout 5${space}ms` }).ok).toBe(
        false,
      );
    }
  });

  test.each<[string, string]>([
    ["nested parentheses", `let a = ${"(".repeat(64)}b${")".repeat(64)}`],
    [
      "conditions",
      `let a = ${Array.from({ length: 60_000 }, (_, at) => `tokens<${at}`).join(" and ")}`,
    ],
    ["members", `pool p = ${Array.from({ length: 150_000 }, (_, at) => `t-${at}`).join(",")}`],
    ["commented members", `pool p = ${Array.from({ length: 80_000 }, () => "t").join(", # c\n")}`],
    ["comments", "# c\n".repeat(200_000)],
    ["arms", `if a then b ${"else if a then b ".repeat(60_000)}`],
    ["arguments", `otherwise a with x ${"y z ".repeat(150_000)}`],
    ["rows", `test "t" ${"given a 1 expect b ".repeat(60_000)}`],
    ["targets in a row", `test "t" expect a ${"fallback a ".repeat(120_000)}`],
    ["lines", `let a = b${"\n".repeat(1_000_000)}let c = d`],
  ])("%s up to the bounds of a file, neither slowly nor too deep", (_, text) => {
    expect(text.length).toBeLessThanOrEqual(longestFile);
    const before = performance.now();
    const once = formatted(text);
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(once.length).toBeGreaterThan(0);
  });
});
