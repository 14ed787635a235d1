import { expect, test } from "vitest";
import { applyFix } from "../../../src/diagnostics/apply-fix.ts";
import { hoverAt } from "../../../src/language/service/hover.ts";
import { nameAt } from "../../../src/language/service/name-index.ts";
import { foldsOf, outlineOf } from "../../../src/language/service/outline.ts";
import {
  mentionsOf,
  nameProblem,
  renameable,
  renameEdits,
} from "../../../src/language/service/rename.ts";
import { classify } from "../../../src/language/service/token-classes.ts";
import { cursorIn, editText } from "../../support/editing.ts";

const meanings: readonly (readonly [marked: string, meaning: string])[] = [
  ["if tok|ens < 5 then gpt", "fact"],
  ["if claude.reg|ion is eu then gpt", "target-fact"],
  ["if gpt-4.1.que|ue > 5 then gpt", "target-fact"],
  ["if header.x-te|am is a then gpt", "fact"],
  ["if intent is cl|assify then gpt", "intent"],
  ["if grade is pr|o then gpt", "value"],
  ["if grade is platin|um then gpt", "null"],
  ["if team is any|thing then gpt", "value"],
  ["otherwise any of p| pool p = claude", "pool"],
  ["otherwise any of [gpt] where reg|ion is eu", "target-fact"],
  ["otherwise any of [gpt] where target is gp|t", "target"],
  ["otherwise any of [gpt] where targ|et is gpt", "candidate"],
  ["otherwise requ|ested", "requested"],
  ["otherwise gp|t", "target"],
  ["otherwise ches|t", "null"],
  ["otherwise chea|pest of [gpt]", "strategy"],
  ["otherwise gpt fallback qwen on time|out", "cause"],
  ["otherwise gpt with time|out 5s", "option"],
  ["otherwise gpt with limit 5 per day by us|er", "fact"],
  ["otherwise gpt with shadow 5% to qw|en", "target"],
  ["otherwise gpt with accept when response.comp|lete", "measured"],
  ["ensure plan.co|st < $1", "measured"],
  ["ensure ev|ery plan has fallback", "plan-word"],
  ["never clau|de", "target"],
  ["never fro|nt when pii pool front = gpt", "pool"],
  ["never target.reg|ion is not eu", "target-fact"],
  ["let a = b| let b = stream", "let"],
  ["let a = reg|ion is eu", "target-fact"],
  ["if a| then gpt let a = stream", "let"],
  ['test "x" given gra|de pro expect gpt', "fact"],
  ['test "x" given grade pr|o expect gpt', "value"],
  ['test "x" expect rule "on|e" rule "one": if stream then gpt', "rule"],
  ['test "x" expect rule on|e rule "one": if stream then gpt', "rule"],
  ['test "x" expect co|st < $1', "measured"],
  ['use "a.po|licy"', "path"],
];

test.each(meanings)("in %s the name is a %s", (marked, meaning) => {
  const { text, offset } = cursorIn(marked);
  const found = nameAt(editText(text).index, offset);
  expect(String(found?.meaning?.kind ?? null)).toBe(meaning);
});

const hovers: readonly (readonly [marked: string, says: readonly string[]])[] = [
  [
    "if gra|de is pro then gpt",
    [
      "**fact** `grade`",
      "text: free, pro",
      "`key.grade`",
      "cost class 0",
      "used by a rule (line 1)",
    ],
  ],
  ["if tok|ens < 5 then gpt", ["a whole number", "never unknown", "measured by the gateway"]],
  [
    "otherwise local-g|pu",
    [
      "**target** `local-gpu`",
      "cloud `local-gpu-model`",
      "region: eu, at home",
      "200,000 tokens",
      "supports: tools, json",
    ],
  ],
  [
    "let a = tokens < 5 let b = a and stream if b| then gpt",
    ["let b = a and stream", "in full: (tokens < 5) and stream"],
  ],
  ["let a = (tokens < 5 or stream) if a| then gpt", ["let a = (tokens < 5 or stream)"]],
  ["pool a = gpt, qwen pool b = a, claude otherwise any of b|", ["- `gpt`\n- `qwen`\n- `claude`"]],
  [
    'intent refund contains "back", matches /mon.y/ if intent is ref|und then gpt',
    ['contains `"back"`', "matches `/mon.y/`"],
  ],
  ["otherwise gpt fallback qwen on cut_|stream", ["**cause** `cut_stream` — retryable"]],
  ["otherwise gpt with max_tok|ens 1k", ["**option** `max_tokens`"]],
  ["otherwise che|apest of [gpt]", ["**selection** `cheapest of`"]],
  ["otherw|ise gpt", ["**keyword** `otherwise`"]],
  ["if tokens < then gpt\nif gra|de is pro then gpt", ["**fact** `grade`"]],
];

test.each(hovers)("hovering in %s says %j", (marked, says) => {
  const { text, offset } = cursorIn(marked);
  const { checked, index } = editText(text);
  const markdown = hoverAt(checked.parsed, index, checked.sources, offset)?.markdown ?? "";
  for (const each of says) expect(markdown).toContain(each);
});

test("nothing is said of space, comments and what nobody knows", () => {
  for (const marked of ["if tokens <| 5 then gpt", "# tok|ens", "otherwise ches|t"]) {
    const { text, offset } = cursorIn(marked);
    const { checked, index } = editText(text);
    expect(hoverAt(checked.parsed, index, checked.sources, offset)).toBeNull();
  }
});

test("lets that double with each step are shown up to a bound", () => {
  const lets = Array.from(
    { length: 40 },
    (_, at) => `let a${at + 1} = a${at} and a${at} and a${at} and a${at}`,
  );
  const { text, offset } = cursorIn(`let a0 = stream\n${lets.join("\n")}\nif a40| then gpt`);
  const { checked, index } = editText(text);
  const markdown = hoverAt(checked.parsed, index, checked.sources, offset)?.markdown ?? "";
  expect(markdown.length).toBeGreaterThan(1_000);
  expect(markdown.length).toBeLessThan(6_000);
});

const renames: readonly (readonly [marked: string, to: string, after: string])[] = [
  ["let sh|ort = stream if short then gpt", "brief", "let brief = stream if brief then gpt"],
  ['pool a| = gpt otherwise any of "a"', "b", 'pool b = gpt otherwise any of "b"'],
  [
    'intent pay| contains "x" if intent in [pay, "pay"] then gpt',
    "bill",
    'intent bill contains "x" if intent in [bill, "bill"] then gpt',
  ],
  [
    'rule "the fi|rst": if stream then gpt test "x" expect rule "the first", rule the-first',
    'a "b"',
    'rule "a \\"b\\"": if stream then gpt test "x" expect rule "a \\"b\\"", rule a-b',
  ],
];

test.each(renames)("renaming in %s to %s gives %s", (marked, to, after) => {
  const { text, offset } = cursorIn(marked);
  const { index } = editText(text);
  const found = renameable(nameAt(index, offset));
  if (!found.ok) throw new Error(found.why);
  expect(nameProblem(found.of, to, [index])).toBeNull();
  const edits = renameEdits(found.of, to, [index]);
  expect(applyFix(text, { title: "", edits })).toBe(after);
});

const refusals: readonly (readonly [marked: string, to: string, why: RegExp])[] = [
  ["let a| = stream", "if", /reserved word/],
  ["let a| = stream", "two words", /is no name/],
  ["let a| = stream", "", /is no name/],
  ["let a| = stream", "tokens", /is a fact/],
  ["let a| = stream", "claude", /is a target|there is a target/],
  ["let a| = stream let b = stream", "b", /there is a let `b` already/],
  ["let a| = stream pool b = gpt", "b", /there is a pool `b` already/],
  ['intent pay| contains "x"', "classify", /there is an intent/],
  ['rule "a|": if stream then gpt rule "b c": if stream then gpt', "B-C", /same id, `b-c`/],
  ['rule "a|": if stream then gpt', " ", /cannot be empty/],
];

test.each(refusals)("in %s the name cannot become %j", (marked, to, why) => {
  const { text, offset } = cursorIn(marked);
  const { index } = editText(text);
  const found = renameable(nameAt(index, offset));
  if (!found.ok) throw new Error(found.why);
  expect(nameProblem(found.of, to, [index])).toMatch(why);
});

const fixedNames: readonly (readonly [marked: string, why: RegExp])[] = [
  ["if tok|ens < 5 then gpt", /is a fact of the language/],
  ["if gra|de is pro then gpt", /signalbox\.yaml/],
  ["otherwise gp|t", /signalbox\.yaml/],
  ["if intent is cl|assify then gpt", /shipped intent/],
  ["otherwise gpt with time|out 5s", /word of the language/],
  ["other|wise gpt", /no name here/],
];

test.each(fixedNames)("the name in %s cannot be changed", (marked, why) => {
  const { text, offset } = cursorIn(marked);
  const found = renameable(nameAt(editText(text).index, offset));
  expect(found.ok ? "" : found.why).toMatch(why);
});

test("a library's name is found in all files that use it, and a namesake elsewhere is not", () => {
  const library = "let short = stream";
  const files = { "lib.policy": library };
  const user = editText('use "lib.policy" if short then gpt', files);
  const other = editText("let short = tokens < 5 if short then gpt");
  const own = nameAt(user.index, 'use "lib.policy" if sh'.length)?.meaning ?? null;
  if (own === null) throw new Error("the let is found");
  expect(mentionsOf(own, [user.index, other.index], true)).toHaveLength(1);
});

test("an outline lists statements by what they name", () => {
  const { checked } = editText(
    'use "a.policy" let a = stream rule "b": if a then gpt otherwise gpt',
  );
  expect(outlineOf(checked.parsed).map(({ title }) => title)).toEqual([
    "use",
    "let a",
    'rule "b"',
    "otherwise",
  ]);
});

test("statements and blocks of comments fold", () => {
  const text = "# a\r\n# b\r\n\r\n# c\r\nif stream\r\nthen gpt";
  const { checked } = editText(text);
  expect(foldsOf(checked.parsed.ast).map(({ start, end }) => text.slice(start, end))).toEqual([
    "if stream\r\nthen gpt",
    "# a\r\n# b",
    "# c",
  ]);
});

test("every piece of a text has the class of what it means", () => {
  const text =
    'let a = claude.queue < 5 # c\nif a and grade is pro and prompt matches /x/ then "gpt" fallback any of p on timeout with retry 1\npool p = gpt';
  const { checked, index } = editText(text);
  const pieces = classify(checked.parsed, index).map(
    (each) => `${text.slice(each.start, each.end)}:${each.class}`,
  );
  expect(pieces).toEqual([
    ..."let:keyword a:let =:operator claude:target queue:fact <:operator 5:number".split(" "),
    "# c:comment",
    ..."if:keyword a:let and:keyword grade:fact is:keyword pro:value and:keyword prompt:fact".split(
      " ",
    ),
    ...'matches:keyword /x/:pattern then:keyword "gpt":target fallback:keyword any:strategy'.split(
      " ",
    ),
    ..."of:keyword p:pool on:keyword timeout:cause with:keyword retry:option 1:number".split(" "),
    ..."pool:keyword p:pool =:operator gpt:target".split(" "),
  ]);
});
