import { createReadStream, existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf } from "../../src/catalog/cost.ts";
import type { FactValue } from "../../src/facts/fact.ts";
import { readFactValue } from "../../src/facts/value.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import { interpret } from "../../src/language/interpreter/interpret.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import {
  configuration,
  nowMs,
  policyOf,
  programOf,
  recordOf,
  run,
  used,
} from "../support/simulation.ts";

const several = `
rule "labels": if tokens < 200 and intent is classify then local-gpu
rule "free": if tier is free and (tokens >= 16k or json is schema) then reject 413 "too long"
  else if tier is free then claude-haiku
rule "night": if time in 22:00..06:00 Europe/Berlin then qwen
rule "team": if team in [search, ads] and not stream then gpt fallback claude
rule "odd": if tokens + max_tokens > 1M or language is unknown then mistral-eu
otherwise claude`;

const facts = fc.record(
  {
    tokens: fc.constantFrom(0, 199, 200, 15_999, 16_000, 999_999, 1_000_000),
    max_tokens: fc.constantFrom(1, 100, null),
    intent: fc.constantFrom("classify", "code", null),
    tier: fc.constantFrom("free", "pro"),
    team: fc.constantFrom("search", "ads", "other", null),
    stream: fc.boolean(),
    json: fc.constantFrom("none", "schema"),
    language: fc.constantFrom("en", null),
  },
  { requiredKeys: [] },
);
const time = fc
  .integer({ min: Date.parse("2026-01-01"), max: Date.parse("2026-12-31") })
  .map((ms) => new Date(ms).toISOString());

/** The same decision by the interpreter, which is the meaning; the clock's fact from the record's time. */
function branchByInterpreter(
  policy: CheckedPolicy,
  record: { facts: Record<string, unknown>; time: string },
): number {
  const readOperand = (index: number): FactValue | undefined => {
    const operand = policy.operands[index];
    if (operand === undefined) return undefined;
    const { shape, key, type } = operand;
    if (shape.kind === "local") {
      const parts = new Intl.DateTimeFormat("en-GB", { timeZone: shape.zone, timeStyle: "medium" });
      const [h = 0, m = 0, s = 0] = parts.format(new Date(record.time)).split(":").map(Number);
      return ((h * 60 + m) * 60 + s) * 1000 + (Date.parse(record.time) % 1000);
    }
    if (shape.kind === "arithmetic") {
      const [left, right] = ["tokens", "max_tokens"].map((name) => record.facts[name]);
      return typeof left === "number" && typeof right === "number" ? left + right : undefined;
    }
    return readFactValue(type, record.facts[key]);
  };
  return interpret(policy, readOperand);
}

test("every record is decided as the interpreter decides it, whatever facts it holds or lacks", async () => {
  const policy = policyOf(several);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ facts, time }), { minLength: 1, maxLength: 20 }),
      async (records) => {
        const report = await run(
          records.map((each) => recordOf(each.facts, { time: each.time })),
          several,
        );
        const expected = new Map<string, number>();
        for (const each of records) {
          const branch = policy.branches[branchByInterpreter(policy, each)];
          const id = policy.rules[branch?.rule ?? -1]?.id ?? "";
          expected.set(id, (expected.get(id) ?? 0) + 1);
        }
        const decided = report.rules.filter((row) => row.count > 0);
        expect(new Map(decided.map((row) => [row.rule, row.count]))).toEqual(expected);
        expect(report.requests).toBe(records.length);
        expect(report.rules.map((row) => row.rule)).toEqual(policy.rules.map((rule) => rule.id));
      },
    ),
    { numRuns: 200 },
  );
});

test("a report does not depend on where the log's chunks are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(facts, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 300 }),
      async (all, chunk) => {
        const lines = all.map((each) => recordOf(each, used("claude", 100, 10)));
        expect(await run(lines, several, { chunk })).toEqual(await run(lines, several));
      },
    ),
    { numRuns: 100 },
  );
});

const simple = "if tokens < 200 and intent is classify then local-gpu else claude fallback qwen";

test("tokens and cost are those of the log at the prices of the chosen target and day, cached ones only where they were", async () => {
  const lines = [
    recordOf({ tokens: 1000 }, used("claude", 1100, 50, 600)),
    recordOf({ tokens: 1000 }, used("gpt", 1100, 50, 600)),
  ];
  const { targets, cost } = await run(lines, "otherwise claude");
  const claude = configuration.targets.get("claude")!;
  const plain = {
    inputTokens: 1100,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens: 50,
    reasoningTokens: 0,
    estimated: false,
  };
  const expected =
    costOf(claude, { ...plain, cachedReadTokens: 600 }, nowMs)! + costOf(claude, plain, nowMs)!;
  expect(targets).toEqual([
    {
      target: "claude",
      requests: 2,
      share: 1,
      tokensIn: 2200,
      tokensOut: 100,
      cost: expected / 1e12,
    },
  ]);
  expect(cost).toEqual({ total: expected / 1e12, unpriced: 0, withoutOutput: 0 });
});

test("times are those of requests that would go where they went", async () => {
  const lines = [recordOf({}, used("claude", 1, 1)), recordOf({}, used("gpt", 1, 1))];
  const { latency } = await run(lines, "otherwise claude");
  expect(latency?.p50).toBeCloseTo(1000, -2);
  expect(latency?.ttftP50).toBeCloseTo(200, -1);
  expect((await run(lines, "otherwise qwen")).latency).toBeNull();
});

test("a rejected request, and a plan without any target, reach no target", async () => {
  const lines = [recordOf({ tokens: 9 }), recordOf({ tokens: 900 })];
  const policy =
    'if tokens < 10 then reject 413 "no" else cheapest of [gpt, qwen] where context < 5';
  const { outcomes, targets } = await run(lines, policy);
  expect(outcomes).toEqual({ routed: 0, rejected: 1, unavailable: 1 });
  expect(targets).toEqual([]);
});

test("a step without a target hands on to the next that takes `unavailable`", async () => {
  const policy =
    "otherwise cheapest of [gpt, qwen] where context < 5 fallback claude on timeout fallback mistral-eu";
  expect((await run([recordOf({})], policy)).targets.map((row) => row.target)).toEqual([
    "mistral-eu",
  ]);
});

test("the difference counts who goes elsewhere, with an example that explain takes, and what it costs", async () => {
  const lines = [100, 150, 5000].map((tokens) =>
    recordOf({ tokens, intent: "classify" }, used("claude", tokens, 20)),
  );
  const before = await run(lines, "otherwise claude");
  const after = await run(lines, simple);
  const { diff } = await run(lines, "otherwise claude", { against: simple });
  expect(diff).toMatchObject({ changed: 2, unchanged: 1 });
  expect(diff?.costDelta).toBeCloseTo(after.cost.total - before.cost.total, 12);
  expect(diff?.transitions).toEqual([
    {
      from: "claude",
      to: "local-gpu",
      count: 2,
      example: {
        line: 1,
        facts: { time: "2026-11-23T10:00:00.000Z", tokens: 100, intent: "classify" },
      },
    },
  ]);
  const same = await run(lines, simple, { against: simple });
  expect(same.diff).toEqual({
    ...{ changed: 0, unchanged: 3, costDelta: 0, transitions: [], rules: [] },
  });
});

test("choices by chance are repeated by the same seed, and a split keeps to its key", async () => {
  const lines = Array.from({ length: 400 }, (_, index) =>
    recordOf({ user: `u${index % 40}` }, { id: `r${index}` }),
  );
  const any = "otherwise any of [claude, gpt, qwen]";
  expect(await run(lines, any, { seed: 5 })).toEqual(await run(lines, any, { seed: 5 }));
  expect(await run(lines, any, { seed: 5 })).not.toEqual(await run(lines, any, { seed: 6 }));
  const split = await run(lines, "otherwise split by user: 50% claude, 50% gpt");
  for (const row of split.targets) expect(row.requests % 10).toBe(0);
  expect(split.targets).toHaveLength(2);
});

test("shares of an empty log are 0, and nothing is missing", async () => {
  const report = await run([], simple);
  expect(report).toMatchObject({ requests: 0, skipped: 0, targets: [], missing: [] });
  expect(report.rules.map((row) => row.share)).toEqual([0]);
});

test("no more than twenty skipped lines are named, and all are counted", async () => {
  const report = await run(
    Array.from({ length: 50 }, () => ({ a: 1 })),
    simple,
  );
  expect(report).toMatchObject({ requests: 0, skipped: 50 });
  expect(report.skippedLines).toHaveLength(20);
});

const hybrid = readFileSync("policies/hybrid.policy", "utf8");

test("the sample traffic is read whole and tells the example policy all it asks for", async () => {
  const log = createReadStream("policies/traffic.sample.jsonl");
  const report = await simulate({ log, programs: { a: programOf(hybrid) }, configuration, nowMs });
  expect(report).toMatchObject({ requests: 2000, skipped: 0, missing: [] });
  const home = report.targets.find((row) => row.target === "local-gpu");
  expect(home?.share).toBeGreaterThan(0.15);
  expect(home?.share).toBeLessThan(0.35);
});

const trace = "../shared/data/traces/azure-llm-2023/AzureLLMInferenceTrace_code.csv";

test.skipIf(!existsSync(trace))(
  "the Azure trace is read whole, and lacks the text to tell an intent from (skips without ../shared/data)",
  async () => {
    const progress: number[] = [];
    const report = await simulate({
      log: createReadStream(trace),
      format: "azure",
      programs: { a: programOf(hybrid) },
      configuration,
      nowMs,
      onProgress: (bytes) => progress.push(bytes),
    });
    expect(report).toMatchObject({
      requests: 8819,
      skipped: 0,
      missing: [{ fact: "intent", requests: 1196, why: "the log holds no text to tell it from" }],
      targets: [{ target: "claude", requests: 8819, tokensIn: 18_059_974, tokensOut: 245_896 }],
    });
    expect(progress.at(-1)).toBe(320_117);
  },
);

test("what changes is told by the rules that decide it, one below the other", async () => {
  const before = 'rule "short": if tokens < 100 then local-gpu otherwise claude';
  const after =
    'rule "shorter": if tokens < 50 then local-gpu rule "short": if tokens < 100 then gpt otherwise claude';
  const lines = [10, 60, 70, 200].map((tokens) => recordOf({ tokens }));
  const { diff } = await run(lines, before, { against: after });
  expect(diff?.rules).toEqual([{ from: "short", to: "short", count: 2 }]);
});
