import { expect, test } from "vitest";
import { meaningCodes } from "../../../src/diagnostics/codes-meaning.ts";
import { nameCodes } from "../../../src/diagnostics/codes-names.ts";
import { checkText, fixed, marked } from "../../support/checking.ts";

/** Policy text, what is reported and underlined, and the text after the fixes, where there is one. */
type Case = readonly [text: string, findings: readonly string[], fixed?: string];

const rest = "then claude else gpt";

const names: readonly Case[] = [
  [`if tokns < 200 ${rest}`, ["P0201 tokns"], `if tokens < 200 ${rest}`],
  [`if 200 > tokns ${rest}`, ["P0201 tokns"], `if 200 > tokens ${rest}`],
  [`if strem ${rest}`, ["P0201 strem"], `if stream ${rest}`],
  [`if claude.regoin is eu ${rest}`, ["P0201 claude.regoin"], `if claude.region is eu ${rest}`],
  [`if claud.region is eu ${rest}`, ["P0201 claud.region"], `if claude.region is eu ${rest}`],
  [`if claud.regoin is eu ${rest}`, ["P0201 claud.regoin"]],
  [`if team is search or ads ${rest}`, ["P0201 ads"], `if team in [search, ads] ${rest}`],
  [
    `if stream or team is not a or b or "c" or tools > 0 ${rest}`,
    ["P0201 b"],
    `if stream or team not in [a, b, "c"] or tools > 0 ${rest}`,
  ],
  [`if team is search or strem ${rest}`, ["P0201 strem"], `if team is search or stream ${rest}`],
  [
    `if intent is classify or code ${rest}`,
    ["P0415 code"],
    `if intent in [classify, code] ${rest}`,
  ],
  [
    `if intent is not chat and code and stream ${rest}`,
    ["P0415 code"],
    `if intent not in [chat, code] and stream ${rest}`,
  ],
  [
    `let write = tokens < 9 if intent in [chat, tool] or write or code ${rest}`,
    ["P0415 write"],
    `let write = tokens < 9 if intent in [chat, tool, write, code] ${rest}`,
  ],
  [`if intent is classify or code is true ${rest}`, []],
  [`if intent is classify or stream or pii ${rest}`, []],
  [`if team is null ${rest}`, ["P0412 null"]],
  [`if team is "null" ${rest}`, []],
  [`if weekday is monday ${rest}`, ["P0203 monday"], `if weekday is mon ${rest}`],
  [`if rate < $3 ${rest}`, ["P0301 $3"], `if rate < $3/M ${rest}`],
  ["otherwise split: 50% requested, 50% claude", ["P0202 requested"]],
  [`if request.nothing > 5 ${rest}`, ["P0201 request.nothing"]],
  ["otherwise cluade", ["P0202 cluade"], "otherwise claude"],
  ["otherwise claude fallback qwne", ["P0202 qwne"], "otherwise claude fallback qwen"],
  ["pool p = cluade otherwise any of p", ["P0202 cluade"], "pool p = claude otherwise any of p"],
  ["otherwise any of [claude, requested]", ["P0202 requested"]],
  [
    "otherwise cheapest of [claude, gpt] where target is cluade",
    ["P0202 cluade"],
    "otherwise cheapest of [claude, gpt] where target is claude",
  ],
  [`if intent is classfy ${rest}`, ["P0203 classfy"], `if intent is classify ${rest}`],
  [`if intent is "classfy" ${rest}`, ['P0203 "classfy"'], `if intent is "classify" ${rest}`],
  [`if grade in [free, por] ${rest}`, ["P0203 por"], `if grade in [free, pro] ${rest}`],
  [`if fre is grade ${rest}`, ["P0203 fre"], `if free is grade ${rest}`],
  [`let a = tokens < 5 let a = tokens < 9 if a ${rest}`, ["P0204 a"]],
  ["pool a = gpt pool a = claude otherwise any of a", ["P0204 a"]],
  ['intent faq contains "x" intent faq contains "y" otherwise gpt', ["P0204 faq"]],
  [`let tokens = 5 otherwise gpt`, ["P0205 tokens"]],
  [`let claude = 5 otherwise gpt`, ["P0205 claude"]],
  [`pool claude = gpt otherwise gpt`, ["P0205 claude"]],
  [
    `let classify = chat if intent is classify ${rest}`,
    ["P0205 classify"],
    `let classify = chat if intent is "classify" ${rest}`,
  ],
  [`let a = not b let b = a if a ${rest}`, ["P0206 a"]],
  ["pool a = b pool b = a, gpt otherwise any of b", ["P0207 a"]],
  ["otherwise claude with retrys 2", ["P0208 retrys"], "otherwise claude with retry 2"],
  [
    "otherwise claude with frist-token 2s",
    ["P0208 frist-token"],
    "otherwise claude with first-token 2s",
  ],
  [
    "otherwise claude fallback gpt on time_out",
    ["P0209 time_out"],
    "otherwise claude fallback gpt on timeout",
  ],
  ["otherwise quickest of [claude, gpt]", ["P0210 quickest"]],
  [`if stream is True ${rest}`, ["P0106 True"], `if stream is true ${rest}`],
  [`if FALSE ${rest}`, ["P0106 FALSE"], `if false ${rest}`],
  [
    "otherwise claude with temperature 0",
    ["P0208 temperature"],
    "otherwise claude with set temperature 0",
  ],
  ["otherwise claude with retries 2", ["P0208 retries"], "otherwise claude with retry 2"],
  ["pool p = claude, gpt otherwise p", ["P0211 p"], "pool p = claude, gpt otherwise any of p"],
  [`if claude.supports(tool) ${rest}`, ["P0215 tool"], `if claude.supports(tools) ${rest}`],
  [
    `if time in 09:00..17:00 Europe/Berln ${rest}`,
    ["P0216 Europe/Berln"],
    `if time in 09:00..17:00 Europe/Berlin ${rest}`,
  ],
  [
    "otherwise claude with set temprature 0",
    ["P0217 temprature"],
    "otherwise claude with set temperature 0",
  ],
  ["otherwise claude with set model gpt", ["P0217 model"]],
  ["otherwise claude with set max_tokens 5", ["P0217 max_tokens"]],
  ['rule "a": if stream then gpt rule "A!": if tools > 0 then gpt otherwise gpt', ['P0218 "A!"']],
  ['rule "otherwise": if stream then gpt otherwise gpt', ['P0218 "otherwise"']],
  ["policy 2 otherwise gpt", ["P0220 2"], "policy 1 otherwise gpt"],
  [`if region is eu ${rest}`, ["P0221 region"]],
  [`if target.region is eu ${rest}`, ["P0221 target.region"]],
  [`if supports(tools) ${rest}`, ["P0221 supports"]],
];

const types: readonly Case[] = [
  [`if tokens < $0.02 ${rest}`, ["P0301 $0.02"]],
  [`if tokens < 0.5 ${rest}`, ["P0301 0.5"]],
  [`if spend < 5 ${rest}`, ["P0301 5"], `if spend < $5 ${rest}`],
  [`if due < 200 ${rest}`, ["P0301 200"], `if due < 200ms ${rest}`],
  [`if rate < 3 ${rest}`, ["P0301 3"], `if rate < $3/M ${rest}`],
  [`if stream is yes ${rest}`, ["P0301 yes"], `if stream is true ${rest}`],
  [`if team is 5 ${rest}`, ["P0301 5"], `if team is "5" ${rest}`],
  [`if tokens in [1, $2] ${rest}`, ["P0301 $2"], `if tokens in [1, 2] ${rest}`],
  [`if tokens < "200" ${rest}`, ['P0301 "200"'], `if tokens < 200 ${rest}`],
  [`if tokens < 200% ${rest}`, ["P0301 200%"], `if tokens < 200 ${rest}`],
  [`if risk < $0.5 ${rest}`, ["P0301 $0.5"], `if risk < 0.5 ${rest}`],
  [`otherwise claude${" fallback gpt".repeat(100)}`, ["P0316 fallback gpt"]],
  ["otherwise claude with retry $2", ["P0308 $2"], "otherwise claude with retry 2"],
  ['otherwise claude with retry "2"', ['P0308 "2"'], "otherwise claude with retry 2"],
  [`if tokens in 1s..2s ${rest}`, ["P0301 1s", "P0301 2s"]],
  [`if tokens in 09:00..10:00 ${rest}`, ["P0301 09:00..10:00"]],
  [`if team < search ${rest}`, ["P0302 <"]],
  [`if team < "b" ${rest}`, ["P0302 <"]],
  [`if stream > true ${rest}`, ["P0302 >"]],
  [
    `if tokens < max_tokens ${rest}`,
    ["P0303 tokens < max_tokens"],
    `if tokens - max_tokens < 0 ${rest}`,
  ],
  [
    `if tokens < max_tokens + turns ${rest}`,
    ["P0303 tokens < max_tokens + turns"],
    `if tokens - (max_tokens + turns) < 0 ${rest}`,
  ],
  [`if team = header.x-team ${rest}`, ["P0303 team = header.x-team"]],
  [`if tokens ${rest}`, ["P0304 tokens"]],
  [`if tokens < [1, 2] ${rest}`, ["P0306 <"]],
  [`if (stream and tools > 0) is 5 ${rest}`, ["P0305 5"]],
  [`if team is [search, ads] ${rest}`, ["P0306 is"], `if team in [search, ads] ${rest}`],
  [
    `if team is not [search, ads] ${rest}`,
    ["P0306 is not"],
    `if team not in [search, ads] ${rest}`,
  ],
  [`if team in search ${rest}`, ["P0306 in"], `if team is search ${rest}`],
  [`if tokens contains "5" ${rest}`, ["P0306 tokens"]],
  [`if prompt contains 5 ${rest}`, ["P0306 5"]],
  [`if prompt contains "" ${rest}`, ['P0306 ""']],
  [`if team in a..b ${rest}`, ["P0306 a..b"]],
  [`if tokens < 99999999999999999999 ${rest}`, ["P0307 99999999999999999999"]],
  [`if spend < $0.0000000000001 ${rest}`, ["P0307 $0.0000000000001"]],
  ["otherwise claude with timeout 10", ["P0308 10"], "otherwise claude with timeout 10s"],
  ["otherwise claude with timeout 0s", ["P0308 0s"]],
  ["otherwise claude with retry 11", ["P0308 11"]],
  ["otherwise claude with retry 1.5", ["P0308 1.5"]],
  ["otherwise claude with max_tokens 0", ["P0308 0"]],
  ["otherwise claude with set temperature 3", ["P0308 3"]],
  ["otherwise claude with set seed 0.5", ["P0308 0.5"]],
  ["otherwise claude with set verbosity loud", ["P0308 loud"]],
  ["otherwise claude with tag 5", ["P0308 5"]],
  [`if tokens in 500..200 ${rest}`, ["P0309 500..200"], `if tokens in 200..500 ${rest}`],
  [`if tokens in 5..5 ${rest}`, ["P0309 5..5"]],
  [`if time in 09:00..09:00 ${rest}`, ["P0309 09:00..09:00"]],
  [`if team + 1 > 5 ${rest}`, ["P0310 team + 1"]],
  [`if spend * spend > $5 ${rest}`, ["P0310 spend * spend"]],
  [`if prompt matches /(?=a)/ ${rest}`, ["P0311 /(?=a)/"]],
  ["intent faq matches /[/ otherwise gpt", ["P0311 /[/"]],
  [
    "otherwise split: 90% claude, 9% gpt",
    ["P0312 90% claude, 9% gpt"],
    "otherwise split: 90% claude, 10% gpt",
  ],
  ["otherwise split: 90% claude, 10.001% gpt", ["P0312 10.001%"]],
  ["otherwise reject 200", ["P0313 200"]],
  [`if date = 2026-02-30 ${rest}`, ["P0314 2026-02-30"]],
  [`let s = stream and tools > 0 if s is not false ${rest}`, ["P0315 s is not false"]],
  [`let s = tools > 0 if s is unknown ${rest}`, ["P0315 s"]],
];

const meaning: readonly Case[] = [
  ["if tokens < 200 then claude", ["P0401 e"]],
  ["if stream then gpt else claude otherwise gpt", ["P0402 otherwise gpt"]],
  [
    'if true then gpt rule "late": if stream then gpt otherwise gpt',
    ['P0402 "late"', "P0402 otherwise gpt"],
  ],
  ["if true then gpt else claude", ["P0402 else claude"]],
  [
    `if stream or tools > 0 and json is none ${rest}`,
    ["P0403 stream or tools > 0 and json is none"],
    `if stream or (tools > 0 and json is none) ${rest}`,
  ],
  [`if 1 < 2 and stream ${rest}`, ["P0404 1 < 2"]],
  ["otherwise claude fallback claude", ["P0405 fallback claude"], "otherwise claude"],
  [
    "otherwise claude fallback gpt on timeout fallback gpt with retry 1",
    ["P0405 fallback gpt"],
    "otherwise claude fallback gpt on timeout with retry 1",
  ],
  [
    "if stream then gpt else claude fallback qwen",
    ["P0406 fallback qwen"],
    "if stream then gpt fallback qwen else claude fallback qwen",
  ],
  [
    "if stream then gpt else claude with retry 1",
    ["P0407 with retry 1"],
    "if stream then gpt with retry 1 else claude with retry 1",
  ],
  [`if tokens is unknown ${rest}`, ["P0408 tokens is unknown"]],
  [`if claude.region is eux ${rest}`, ["P0414 eux"], `if claude.region is eu ${rest}`],
  ["otherwise any of [claude, gpt] where quantization in [awq]", ["P0414 awq"]],
  ["otherwise claude with retry 1, retry 2", ["P0409 retry 2"]],
  ["otherwise claude with set seed 1, set seed 2", ["P0409 set seed 2"]],
  ["otherwise claude with timeout 30s, deadline 10s", ["P0410 timeout 30s"]],
  ["otherwise claude pool late = gpt", ["P0411 pool late = gpt"]],
  [`if team is user ${rest}`, ["P0412 user"], `if team is "user" ${rest}`],
];

for (const [family, cases] of Object.entries({ names, types, meaning })) {
  const rows = cases.map(([text, findings, repaired]) => ({ text, findings, repaired }));
  test.each(rows)(`${family}: $text`, ({ text, findings, repaired }) => {
    const checked = checkText(text);
    expect(checked.diagnostics.map((each) => marked(checked, each))).toEqual(findings);
    const fixes = checked.diagnostics.map((each) => fixed(checked, each));
    expect(fixes.find((each) => each !== null)).toBe(repaired);
    if (repaired !== undefined) expect(checkText(repaired).diagnostics).toEqual([]);
  });
}

const sound: readonly string[] = [
  `if tokens < 200 and intent=classify ${rest}`,
  "pool p = claude, gpt pool q = p, qwen otherwise cheapest of q where context >= tokens + max_tokens",
  "otherwise any of [claude, gpt] where target.region is eu and not target is gpt",
  "otherwise any of [claude, gpt] where request.tokens < context and price.input < $3/M",
  "let big = context > 8k otherwise any of [claude, gpt] where big and supports(json-schema)",
  "pool p = claude, gpt if model in p then requested fallback any of p otherwise gpt",
  "pool p = claude, gpt otherwise any of [claude, qwen] where target not in p",
  "let context = stream otherwise any of [claude, gpt] where context > 8k and request.stream",
  `let teams = [search, ads] if team in teams ${rest}`,
  `let small = 8k if tokens < small ${rest}`,
  `let classify = intent is classify if classify ${rest}`,
  `let what = intent if what is classify ${rest}`,
  `let short = tokens < 200 if short is not true ${rest}`,
  `if gpt-4.1.queue < 3 and claude.price.output < $20/M and claude.supports(tools) ${rest}`,
  `if time in 22:00..06:00 and date in 2026-11-01..2026-12-01 ${rest}`,
  `if risk > 10% and risk < 1 and spend * 2 < $5 and due - 1s > 200ms ${rest}`,
  `if code and intent is code ${rest}`,
  `if header.X-Team is search and metadata.user_id is unknown ${rest}`,
  'intent faq contains "faq", matches /refund/ if intent is faq then gpt otherwise claude',
  'otherwise claude with set temperature 0.2, set top-p 1, set seed 5, set stop "x", set reasoning_effort low',
  "otherwise claude with timeout 30s, deadline 1m, first-token 500ms, idle 5s, retry 0, tag nightly",
  "otherwise split by user: 99.5% claude, 0.5% gpt",
  'if pii is not false then reject 451 "no" else gpt',
];

test.each(sound)("is sound: %s", (text) => {
  const { diagnostics, policy } = checkText(text);
  expect(diagnostics).toEqual([]);
  expect(policy).not.toBeNull();
});

/** Codes whose example needs other files, or a text too long for a table. */
const elsewhere = new Set(["P0212", "P0213", "P0214", "P0222", "P0316", "P0416"]);

const table = Object.entries({ ...nameCodes, ...meaningCodes });

test.each(table.filter(([code]) => !elsewhere.has(code)))(
  "the table's example of %s is reported with that code",
  (code, { example, severity }) => {
    const found = checkText(example).diagnostics.find((each) => each.code === code);
    expect(found?.severity).toBe(severity);
  },
);

test("messages are one lower-case line without a full stop", () => {
  for (const [text] of [...names, ...types, ...meaning]) {
    for (const { message } of checkText(text).diagnostics) {
      expect(message).toMatch(/^[^A-Z\n][^\n]*[^.\n]$/);
    }
  }
});

const parenthesised: readonly string[] = [
  `if stream or (tools > 0 or images > 0) and json is none ${rest}`,
  `if (tokens + 1) < max_tokens ${rest}`,
  `if tokens < (max_tokens + 1) ${rest}`,
  "if stream then gpt else any of [claude, gpt] where (local or healthy) fallback qwen with retry 1",
  "if stream then any of [claude, gpt] where (local or healthy) else gpt fallback qwen with retry 1",
];

test.each(parenthesised)("a fix beside parentheses still compiles: %s", (text) => {
  const checked = checkText(text);
  expect(checked.diagnostics).not.toEqual([]);
  for (const diagnostic of checked.diagnostics) {
    const repaired = fixed(checked, diagnostic);
    if (repaired !== null) expect(checkText(repaired).policy, repaired).not.toBeNull();
  }
});
