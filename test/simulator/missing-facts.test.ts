import { expect, test } from "vitest";
import { simulate } from "../../src/simulator/simulate.ts";
import { configuration, nowMs, programOf, recordOf, run, used } from "../support/simulation.ts";

const simple = "if tokens < 200 and intent is classify then local-gpu else claude fallback qwen";

test.each<[string, object, string, string[]]>([
  ["a fact that the walk never asks for", { tokens: 300 }, simple, []],
  ["a fact that it asks for", { tokens: 100 }, simple, ["intent"]],
  ["a fact that was recorded as unknown", { tokens: 100, intent: null }, simple, []],
  [
    "a fact with a default: the log does not say that the default held",
    { tokens: 9 },
    "if tier is free then gpt else claude",
    ["tier"],
  ],
  ["bounds on one side of the cut", { tokens: [10, 90], intent: "classify" }, simple, []],
  ["bounds around the cut", { tokens: [100, 300], intent: "classify" }, simple, ["tokens"]],
  [
    "a test of a text that was not recorded",
    {},
    'if prompt contains "x" then gpt else claude',
    ["prompt"],
  ],
  [
    "a test of a text that was recorded",
    { 'prompt contains "x"': true },
    'if prompt contains "x" then gpt else claude',
    [],
  ],
  [
    "a fact of a target, which the configuration tells",
    {},
    "if claude.region is us then gpt else claude",
    [],
  ],
  [
    "two parts of a sum",
    {},
    "if tokens + max_tokens > 5 then gpt else claude",
    ["max_tokens", "tokens"],
  ],
  [
    "a fact of a later rule, which the table may ask for first",
    { tokens: 100 },
    "if tokens < 500 then local-gpu\nif team is search then gpt\notherwise claude",
    [],
  ],
  [
    "a fact of the rule that decides",
    { tokens: 900 },
    "if tokens < 500 then local-gpu\nif team is search then gpt\notherwise claude",
    ["team"],
  ],
  [
    "a fact of an earlier rule",
    { tokens: 100 },
    "if team is search then gpt\nif tokens < 500 then local-gpu\notherwise claude",
    ["team"],
  ],
  [
    "a fact asked for twice",
    {},
    "if team is a then gpt else if team is b then claude else qwen",
    ["team"],
  ],
])("missing, for %s, in %j by %j: %j", async (_, given, policy, missing) => {
  const report = await run([recordOf(given)], policy);
  expect(report.missing.map((row) => row.fact)).toEqual(missing);
  for (const row of report.missing) expect(row.requests).toBe(1);
});

test("a fact that only the choice of a target asks for is missing too, and counts once for both programs", async () => {
  const split = "otherwise split by user: 50% claude, 50% gpt";
  const report = await run([recordOf({}), recordOf({ user: "u1" })], split, { against: split });
  expect(report.missing).toEqual([{ fact: "user", requests: 1, why: "the log does not tell it" }]);
});

test.each<[string, string, object, string[]]>([
  ["the target that the client named", "otherwise requested fallback claude", {}, ["model"]],
  [
    "the ceiling that a choice by cost rests on",
    "pool some = gpt, qwen\notherwise cheapest of some",
    {},
    ["max_tokens"],
  ],
  [
    "a ceiling recorded as none",
    "pool some = gpt, qwen\notherwise cheapest of some",
    { max_tokens: null },
    [],
  ],
  ["a plan that needs neither", "otherwise split: 50% gpt, 50% qwen", {}, []],
])("missing, for %s, by %j with %j: %j", async (_, policy, given, missing) => {
  const report = await run([recordOf(given)], policy);
  expect(report.missing.map((row) => row.fact)).toEqual(missing);
});

test("a record tells the target that its client named", async () => {
  const policy = "otherwise requested fallback claude";
  const records = ["gpt", "auto"].map((model) => recordOf({ model }));
  const report = await run(records, policy);
  expect(report.missing).toEqual([]);
  expect(report.targets.map((row) => row.target)).toEqual(["claude", "gpt"]);
});

test("a model of the catalog that the client named is served and priced as the gateway would", async () => {
  const body = { model: "openai/gpt-6-luna", messages: [{ role: "user", content: "hi" }] };
  const sold = "anthropic/claude-opus-5";
  for (const [line, target] of [
    [{ body }, "gpt-mini"],
    [recordOf({ model: sold }, used(sold, 1_000, 10)), sold],
  ] as const) {
    const { targets, cost } = await run([line], "otherwise requested");
    expect(targets.map((row) => row.target)).toEqual([target]);
    expect(cost.unpriced).toBe(0);
  }
});

test("a prompt in a CSV tells what its text tells", async () => {
  const csv =
    'tokens,prompt\n20,"Classify this review as positive or negative: bad"\n20,"Write a poem"\n';
  const report = await simulate({
    log: [Buffer.from(csv)],
    programs: { a: programOf(simple) },
    configuration,
    nowMs,
  });
  expect(report.missing).toEqual([]);
  expect(report.targets.map((row) => row.target)).toEqual(["claude", "local-gpu"]);
});

test("facts that only a text tells are missing because the log holds none", async () => {
  const { missing } = await run([recordOf({ tokens: 5 })], simple);
  expect(missing).toEqual([
    { fact: "intent", requests: 1, why: "the log holds no text to tell it from" },
  ]);
});

const chat = (content: string, more: object = {}): object => ({
  body: { model: "auto", messages: [{ role: "user", content }] },
  ...more,
});

test("chat requests are decided by the gateway's own reading of their bodies", async () => {
  const long = "The harbour was quiet that morning. ".repeat(100);
  const report = await run(
    [
      chat("Classify this review as positive or negative: I love it"),
      chat(`Classify this review as positive or negative: ${long}`),
      chat("Write a poem about the sea"),
    ],
    simple,
  );
  expect(report.missing).toEqual([]);
  expect(report.targets.map((row) => [row.target, row.requests])).toEqual([
    ["claude", 2],
    ["local-gpu", 1],
  ]);
  expect(report.cost.withoutOutput).toBe(3);
});

test("a prompt that takes more than a moment to count holds back the lines after it, in both programs", async () => {
  const long = Array.from({ length: 30_000 }, (_, index) => `word${index}`).join(" ");
  const exact = "if tokens < 100k then gpt else claude";
  const lines = [chat("hi"), chat(long), chat("ho"), chat(long)];
  const report = await run(lines, exact, { against: "if tokens < 99999 then claude else gpt" });
  expect(report).toMatchObject({ requests: 4, missing: [] });
  expect(report.targets.map((row) => [row.target, row.requests])).toEqual(
    (await run(lines.toReversed(), exact)).targets.map((row) => [row.target, row.requests]),
  );
  expect(report.diff).toMatchObject({ changed: 4, unchanged: 0 });
});

test.each<[string, object, string, { missing: string[]; target: string }]>([
  [
    "no caller in the log",
    {},
    "if tier is pro then gpt else claude",
    { missing: ["tier"], target: "claude" },
  ],
  [
    "an unknown caller",
    { caller: null },
    "if tier is free then gpt else claude",
    { missing: [], target: "gpt" },
  ],
  [
    "a caller",
    { caller: { tier: "pro" } },
    "if tier is pro then gpt else claude",
    { missing: [], target: "gpt" },
  ],
  [
    "no headers in the log",
    {},
    "if channel is voice then gpt else claude",
    { missing: ["channel"], target: "claude" },
  ],
  [
    "headers",
    { headers: { "X-Channel": "voice" } },
    "if channel is voice then gpt else claude",
    { missing: [], target: "gpt" },
  ],
  [
    "headers without that one",
    { headers: {} },
    "if channel is chat then gpt else claude",
    { missing: [], target: "gpt" },
  ],
  [
    "no time in the log",
    {},
    "if weekday is mon then gpt else claude",
    { missing: ["time"], target: "claude" },
  ],
  [
    "a time",
    { time: "2026-11-23T10:00:00Z" },
    "if weekday is mon then gpt else claude",
    { missing: [], target: "gpt" },
  ],
  [
    "a model that names a target",
    { body: { model: "gpt", messages: [{ role: "user", content: "x" }] } },
    "otherwise requested fallback claude",
    { missing: [], target: "gpt" },
  ],
  [
    "a model that names none",
    {},
    "otherwise requested fallback claude",
    { missing: [], target: "claude" },
  ],
])("a chat log with %s", async (_, more, policy, { missing, target }) => {
  const report = await run([chat("hi", more)], policy);
  expect(report.missing.map((row) => row.fact)).toEqual(missing);
  expect(report.targets.map((row) => row.target)).toEqual([target]);
});

test.each([
  ["guard", "never gpt when team is ops"],
  ["`also`", "also if team is ops with timeout 5s"],
])(
  "a fact that a %s rests on is missing, though the rule that decides does not rest on it",
  async (_, beside) => {
    const rules =
      "if tokens < 500 then gpt fallback claude\nif team is search then qwen\notherwise claude";
    const [before, after] = beside.startsWith("also") ? [rules, beside] : [beside, rules];
    const report = await run([recordOf({ tokens: 100 })], `${before}\n${after}`);
    expect(report.missing).toMatchObject([{ fact: "team", requests: 1 }]);
    expect(report.incomplete.requests).toBe(1);
  },
);
