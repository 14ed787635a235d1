import { expect, test } from "vitest";
import { reservedWords } from "../../../grammar/tokens.ts";
import { optionTable } from "../../../src/language/checker/option-table.ts";
import { strategies } from "../../../src/language/checker/routes.ts";
import { type Completion, completionAt } from "../../../src/language/service/completion.ts";
import { keywordDocs } from "../../../src/language/service/word-docs.ts";
import { causes } from "../../../src/protocol/cause.ts";
import { checkText } from "../../support/checking.ts";
import { cursorIn, editText } from "../../support/editing.ts";

const declared = [
  "let short = tokens < 200",
  "let many = 5k",
  "let teams = [search, ads]",
  "pool front = claude, gpt",
  'intent refund contains "money back"',
  'rule "one": if short then gpt',
  "",
].join("\n");

function complete(marked: string): Completion {
  const { text, offset } = cursorIn(declared + marked);
  const { checked, index } = editText(text);
  const libraries = (): readonly string[] => ["./shared.policy"];
  return completionAt({ parsed: checked.parsed, names: index, libraries }, offset);
}

const labels = (marked: string): readonly string[] =>
  complete(marked).items.map(({ label }) => label);

const targets = ["local-gpu", "claude", "gpt", "gpt-4.1", "qwen", "mistral-eu"];

const exactly: readonly (readonly [marked: string, labels: readonly string[]])[] = [
  ["if tokens < |", ["100", "8k", "many"]],
  ["if tokens < 20|", ["20k", "20M", "20G", "20Ki", "20Mi", "20Gi", "many"]],
  ["if due < 2|", ["2ms", "2s", "2m", "2h", "2d"]],
  ["if due < |", ["10s", "500ms"]],
  ["if spend < $|", ["$0.05"]],
  ["if spend < $2|", ["$2"]],
  ["if rate < $2|", ["$2/M"]],
  ["if risk > 9|", ["9%", "many"]],
  ["if grade is |", ["free", "pro", "not", "unknown"]],
  ["if grade is not |", ["free", "pro", "unknown"]],
  ["if grade in [free, |", ["free", "pro", "teams"]],
  ["if grade in |", ["free", "pro", "teams", "[…]"]],
  ["if stream is |", ["true", "false", "not", "unknown"]],
  ["if tokens |", ["<", "<=", ">", ">=", "=", "!=", "is", "not", "in", "and", "or", "then"]],
  ["if stream |", ["is", "not", "in", "and", "or", "then"]],
  ["if prompt |", ["is", "not", "in", "matches", "contains", "and", "or", "then"]],
  ["if time in |", ["09:00..17:00 Europe/Berlin"]],
  ["if model in [|", [...targets, "teams", "front"]],
  [
    "if claude.supports(|",
    ["tools", "images", "audio", "files", "json", "json_schema", "reasoning", "streaming"],
  ],
  ["if stream then |", [...targets, "requested", ...strategies, "reject", "split"]],
  ["if stream then claude fallback |", [...targets, "requested", ...strategies, "split"]],
  ["if stream then claude |", ["fallback", "with", "else"]],
  ["if stream then any |", ["of", "fallback", "with", "else"]],
  ["otherwise any of |", [...targets, "front"]],
  ["otherwise any of [claude, |", [...targets, "front"]],
  ["otherwise split: 20% |", targets],
  ["pool other = |", [...targets, "front"]],
  ["pool front = |", targets],
  ["otherwise claude fallback gpt on |", ["retryable", ...causes]],
  ["otherwise claude fallback gpt on timeout or |", ["retryable", ...causes]],
  ["otherwise claude with cache |", ["exact", "semantic"]],
  ["otherwise claude with limit |", ["100", "8k"]],
  ["otherwise claude with limit 20 |", ["requests", "tokens", "per"]],
  ["otherwise claude with limit 20 per |", ["second", "minute", "hour", "day"]],
  ["otherwise claude with limit 20 per minute |", ["by", "or"]],
  ["otherwise claude with shadow 5% to |", targets],
  ["otherwise claude with priority |", ["high", "normal", "low"]],
  ["otherwise claude with set verbosity |", ["low", "medium", "high"]],
  ["otherwise claude with timeout 5|", ["5ms", "5s", "5m", "5h", "5d"]],
  ["otherwise reject |", ["403", "400", "413", "429", "503"]],
  ["ensure every |", ["plan", "is", "not", "in", "matches", "contains", "when"]],
  ["ensure plan.cost <= |", ["$0.05"]],
  ['test "x" given grade |', ["free", "pro", "unknown"]],
  ['test "x" given stream |', ["true", "false", "unknown"]],
  ['test "x" expect rule |', ['"one"', "otherwise"]],
  ['use "|"', ['"./shared.policy"']],
  ["let |", []],
  ["# if |", []],
  ["if prompt matches /a|b/", []],
  ['rule "|"', []],
];

test.each(exactly)("at %s stands one of %j", (marked, expected) => {
  const found = labels(marked);
  expect(found.toSorted()).toEqual(expected.toSorted());
});

const among: readonly (readonly [
  marked: string,
  some: readonly string[],
  none: readonly string[],
])[] = [
  [
    "if |",
    ["short", "tokens", "claude.region", "header.", "not"],
    ["region", "target", "then", "otherwise"],
  ],
  ["if short and |", ["many", "stream", "intent"], ["and"]],
  ["if claude.|", ["claude.region", "claude.supports(…)"], ["."]],
  [
    "otherwise any of front where |",
    ["region", "supports(…)", "target", "tokens"],
    ["claude.region"],
  ],
  ["never |", ["target", "region", "claude", "front", "short"], ["plan.cost"]],
  ["never claude when |", ["tokens", "claude.region"], ["region"]],
  ["otherwise claude with accept when |", ["response.complete", "region"], ["plan.cost"]],
  ["ensure |", ["plan.cost", "every"], ["tokens"]],
  ["ensure every plan has |", ["fallback", "timeout", "cache"], ["when"]],
  ["otherwise split by |", ["user", "team"], ["claude"]],
  ["otherwise claude with limit 5 per day by |", ["user", "team"], ["per"]],
  ["if intent is |", ["refund", "classify"], ["claude"]],
  ["if weekday in [|", ["mon", "sun"], []],
  [
    "|",
    ["rule", "if", "otherwise", "also", "never", "ensure", "test", "let", "pool", "intent"],
    [],
  ],
  ["otherwise claude with set |", ["temperature", "reasoning_effort"], ["model"]],
  [
    'test "x" expect |',
    ["claude", "reject", "rule", "never", "timeout", "plan.cost", "target.region"],
    ["front"],
  ],
  ["if time in 09:00..17:00 |", ["UTC", "Europe/Berlin"], []],
];

test.each(among)("at %s stand %j, and not %j", (marked, some, none) => {
  const found = labels(marked);
  expect(found).toEqual(expect.arrayContaining([...some]));
  expect(found.filter((label) => none.includes(label))).toEqual([]);
});

test("no label stands twice, and what is typed is replaced as a whole", () => {
  const { items, replace } = complete("if tok|ens < 5 then gpt");
  expect(new Set(items.map(({ label }) => label)).size).toBe(items.length);
  const at = declared.length + "if ".length;
  expect(replace).toEqual({ file: "test.policy", start: at, end: at + "tokens".length });
});

test("the words of a half-typed name do not hide what stands before it", () => {
  expect(labels("if tokens < 5 and stre|")).toContain("stream");
  expect(labels("if tokens < 5 the|")).toEqual(expect.arrayContaining(["then", "and", "or"]));
});

test("a broken statement above changes nothing", () => {
  expect(labels("if tokens < then\nif grade is |\notherwise gpt")).toEqual([
    "free",
    "pro",
    "not",
    "unknown",
  ]);
});

test("every option with its example filled in is one that the checker takes", () => {
  const { items } = complete("otherwise claude with |");
  expect(items.map(({ label }) => label.replace("_", "-"))).toEqual(
    optionTable.map(({ word }) => word),
  );
  for (const { insert } of items) {
    const filled = insert.replaceAll(/\$\{\d+:((?:[^\\}]|\\.)*)\}/g, "$1").replaceAll("\\$", "$");
    const { diagnostics } = checkText(`otherwise claude fallback gpt with ${filled}`);
    expect(
      diagnostics.filter(({ severity }) => severity === "error"),
      filled,
    ).toEqual([]);
  }
});

test("every reserved word has a sentence, and nothing else has", () => {
  expect([...keywordDocs.keys()].toSorted()).toEqual([...reservedWords].toSorted());
});
