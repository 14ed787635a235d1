import { expect, test } from "vitest";
import { Describer, neededFacts } from "../../src/simulator/describe.ts";
import type { Description } from "../../src/simulator/description.ts";
import type { LogFile } from "../../src/simulator/log-file.ts";
import { NameCounts } from "../../src/simulator/name-counts.ts";
import { printDescription } from "../../src/simulator/print-description.ts";
import { RateCounts } from "../../src/simulator/rate-counts.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { logSamples } from "../support/log-samples.ts";
import { configuration, nowMs, policyOf, programOf, recordOf } from "../support/simulation.ts";

const fileOf = (name: string, text: string): LogFile => ({
  name,
  async *chunks() {
    yield Buffer.from(text);
  },
  open: null,
});

async function describeOf(files: readonly LogFile[], policy: string): Promise<Description> {
  const facts = neededFacts(policyOf(policy), configuration);
  const onLogged = new Describer(configuration, facts);
  const log = { files, bytesRead: () => 0 };
  const report = await simulate({
    log,
    configuration,
    nowMs,
    onLogged,
    programs: { a: programOf(policy) },
  });
  return onLogged.description({ facts, report });
}

const textOf = (format: string): string =>
  logSamples.find((sample) => sample.format === format)?.text ?? "";

const policy = `if tokens < 10 then gpt
else if intent is classify then local-gpu
else claude`;
const records = [
  { tokens: 5 },
  { tokens: 50, intent: "classify" },
  { tokens: 50, user: "u" },
  { tokens: 500 },
];

test("a description tells formats, files, what was skipped, time, sizes, endings, names and facts", async () => {
  const files = [
    fileOf("a.jsonl", `${textOf("litellm")}{broken\n{"x":1}\n{"y":2}\n`),
    fileOf("b.csv", textOf("litellm-spend")),
  ];
  const described = await describeOf(files, policy);
  expect(described).toMatchObject({
    ...{ requests: 5, skipped: 4, repeatedIds: { requests: 2, atLeast: false } },
    formats: [
      { name: "litellm", requests: 3 },
      { name: "litellm-spend", requests: 2 },
    ],
    files: [
      { name: "a.jsonl", requests: 3, skipped: 3 },
      { name: "b.csv", requests: 2, skipped: 1 },
    ],
    skippedBecause: [
      {
        count: 2,
        line: 5,
        file: "a.jsonl",
        reason: expect.stringContaining("no request of a known format"),
      },
      { count: 1, line: 4, file: "a.jsonl", reason: expect.stringContaining("not JSON") },
      { count: 1, line: 4, file: "b.csv", reason: "`startTime` is no moment" },
    ],
    time: {
      from: "2026-11-23T10:00:00.250Z",
      to: "2026-11-23T10:00:00.500Z",
      seconds: 0.25,
      dated: 5,
    },
    rate: { mean: 20, busiest: 5, busiestOverSeconds: 1 },
    tokens: { input: { requests: 5 }, output: { requests: 4 } },
    outcomes: { ok: 4, failed: 1, untold: 0, causes: [{ name: "rate_limited", requests: 1 }] },
    cacheHits: 2,
    cost: { requests: 5 },
    models: { distinct: 1, top: [{ name: "cheap", requests: 5 }] },
    // Answers from a cache are of no target.
    targets: { top: [{ name: "gpt-mini", requests: 3 }] },
    users: { top: [{ name: "u-3", requests: 5 }] },
    teams: {
      top: [
        { name: "search", requests: 3 },
        { name: "team-7", requests: 2 },
      ],
    },
    texts: { requests: 2 },
  });
  expect(described.facts).toContainEqual({ fact: "user", requests: 5, share: 1 });
  expect(described.facts).toContainEqual({ fact: "intent", requests: 2, share: 0.4 });
  expect(described.facts.map(({ fact }) => fact)).not.toContain("due");
});

test("with a policy it tells which facts are lacked, and how many decisions ask for them", async () => {
  const text = records.map((facts) => JSON.stringify(recordOf(facts))).join("\n");
  const described = await describeOf([fileOf("r.jsonl", text)], policy);
  // No fact is asked for that decides nothing: a short prompt needs no intent.
  expect(described.needs).toEqual([
    { fact: "intent", lacking: 3, touched: 2, why: "the log holds no text to tell it from" },
    { fact: "tokens", lacking: 0, touched: 0, why: null },
  ]);
  const printed = printDescription(described);
  expect(printed).toContain("What the policy rests on and the log lacks");
  expect(printed).toMatch(/intent +3 \(75\.0 %\) +2/);
});

test("lines that were never answered are told by why", async () => {
  const waited = { lane: "batch", attempts: [], outcome: "failed", status: 504 };
  const codes = [{ code: "batch_cancelled" }, { code: "batch_expired" }, {}];
  const text = codes.map((code) => JSON.stringify({ ...recordOf({}), ...waited, ...code }));
  const { outcomes } = await describeOf([fileOf("r.jsonl", text.join("\n"))], policy);
  expect(outcomes.causes.map(({ name }) => name).toSorted()).toEqual([
    ...["batch_cancelled", "batch_expired", "unknown"],
  ]);
});

test("a log without dates tells the length of its span alone, and one without times says so", async () => {
  const relative = await describeOf(
    [fileOf("m.jsonl", `${textOf("mooncake")}${textOf("mooncake").replace("27482", "37482")}`)],
    policy,
  );
  expect(relative.time).toEqual({ from: null, to: null, seconds: 10, dated: 0 });
  expect(printDescription(relative)).toContain(
    "Over 10 seconds, counted from a zero of its own: no dates",
  );
  const without = await describeOf([fileOf("c.csv", "tokens\n5\n")], policy);
  expect(without.time.seconds).toBeNull();
  expect(printDescription(without)).toContain("The log does not say when requests came in.");
});

test("names and moments are counted in bounded memory, whatever the log holds", () => {
  const names = new NameCounts();
  names.add("often");
  for (let at = 0; at < 20_000; at += 1) names.add(`n${at}`);
  names.add("often");
  names.add("x".repeat(100_000));
  expect(names.distinct).toBe(10_000);
  expect(names.top(1)).toEqual([{ name: "often", requests: 2 }]);
  const rates = new RateCounts();
  for (let at = 0; at < 100_000; at += 1) rates.add(Date.UTC(2026, 0) + at * 60_000);
  const { mean = 0, busiestOverSeconds = 0, busiest = 0 } = rates.rates() ?? {};
  expect(mean).toBeCloseTo(1 / 60, 5);
  expect(busiestOverSeconds).toBe(1_800);
  expect(busiest).toBeCloseTo(1 / 60, 3);
});

test.each([
  [10, 4_097, 30, "0.1 in the busiest 30 seconds"],
  [61, 5_000, 120, "0.02 in the busiest 2 minutes"],
  [1_800, 5_000, 3_600, "0 in the busiest hour"],
  [86_400, 10_000, 4 * 86_400, "0 in the busiest 4 days"],
])(
  "one request every %i s, %i times, is busiest over whole units: %i s",
  (seconds, requests, over, told) => {
    const rates = new RateCounts();
    for (let at = 0; at < requests; at += 1) rates.add(Date.UTC(2000, 0) + at * seconds * 1_000);
    const rate = rates.rates();
    expect(rate?.busiestOverSeconds).toBe(over);
    const empty = new Describer(configuration).description(null);
    const shown = printDescription({ ...empty, requests, rate });
    expect(shown).toContain(told);
  },
);

test("requests that lack a fact that was asked for are told apart, by rule too", async () => {
  const log = records.map((facts) => Buffer.from(`${JSON.stringify(recordOf(facts))}\n`));
  const { incomplete, rules } = await simulate({
    log,
    configuration,
    nowMs,
    programs: { a: programOf(policy) },
  });
  expect(incomplete).toEqual({ requests: 2, share: 0.5 });
  expect(rules.map((rule) => rule.incomplete).reduce((a, b) => a + b, 0)).toBe(2);
});

test.each(["otherwise split: 50% claude, 50% gpt", "otherwise any of [claude, gpt]"])(
  "choices of a log of several files are drawn by file and line: %s",
  async (policy) => {
    const text = `tokens\n${Array.from({ length: 60 }, (_, at) => at).join("\n")}\n`;
    const routes = async (files: readonly LogFile[]): Promise<string[]> => {
      const targets: string[] = [];
      const log = { files, bytesRead: () => 0 };
      await simulate({
        ...{ log, configuration, nowMs, programs: { a: programOf(policy) } },
        onRequest: ({ target }) => void targets.push(target ?? ""),
      });
      return targets;
    };
    const once = await routes([fileOf("a", text), fileOf("b", text)]);
    expect(await routes([fileOf("moved/a", text), fileOf("b", text)])).toEqual(once);
    expect(once.slice(60)).not.toEqual(once.slice(0, 60));
    expect(await routes([fileOf("a", text)])).toEqual(once.slice(0, 60));
  },
);

test("ids that came before are counted, and places that stand for ids are none", async () => {
  const bodies = JSON.stringify(
    [1, 2].map(() => ({ model: "m", messages: [{ role: "user", content: "hi" }] })),
  );
  const once = fileOf("a.jsonl", `${textOf("records")}${bodies}\n`);
  const described = await describeOf([once, { ...once, name: "b.jsonl" }], policy);
  expect(described.repeatedIds).toEqual({ requests: 1, atLeast: false });
  const line = "1 request with an id that came before: is a part of the log here twice?";
  expect(printDescription(described)).toContain(`\n${line}\n`);
  const repeatedIds = { requests: 1, atLeast: true };
  expect(printDescription({ ...described, repeatedIds })).toContain(`\nat least ${line}\n`);
  expect(printDescription(await describeOf([once], policy))).not.toContain("came before");
});
