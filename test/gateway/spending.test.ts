import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runningCostOf } from "../../src/catalog/running-cost.ts";
import type {
  DecisionRecord,
  RecordedAttempt,
} from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const logged = "telemetry: { decision-log: decisions.jsonl }\n";

async function recordsOf(box: TestGateway, wanted: number): Promise<DecisionRecord[]> {
  const path = join(box.folder, "decisions.jsonl");
  const lines = (): string[] => readFileSync(path, "utf8").split("\n").filter(Boolean);
  await expect.poll(() => lines().length).toBe(wanted);
  return lines().map((line) => JSON.parse(line) as DecisionRecord);
}

const attemptsOf = (records: readonly DecisionRecord[]): (RecordedAttempt | undefined)[] =>
  records.map(({ attempts }) => attempts[0]);

/** An answer of 100 prompt and 10 completion tokens, served in a tier. */
const answer = (tier?: string, usage: object = {}): Behaviour => ({
  body: JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, ...usage },
    ...(tier === undefined ? {} : { service_tier: tier }),
  }),
});

/** 100 × $1 + 10 × $2 per million. */
const listPrice = 120_000_000;

test("`tier flex` is asked for where a target has it, and billed by what the answer says", async () => {
  let served = "flex";
  await using box = await startTestGateway({
    policies: {
      main: "if max_tokens = 1 then a with tier flex else if max_tokens = 3 then tiered otherwise tiered with tier flex\n",
    },
    targets:
      "  tiered: { provider: up, model: model-t, price: { input: $1/M, output: $2/M, flex: 50%, priority: 200% } }",
    yaml: logged,
    script: () => answer(served),
  });
  await box.chat({ max_tokens: 2, service_tier: "priority" });
  served = "default";
  await box.chat({ max_tokens: 2 });
  await box.chat({ max_tokens: 1, service_tier: "priority" });
  served = "priority";
  await box.chat({ max_tokens: 3, service_tier: "priority" });
  expect(box.upstream.calls.map(({ body }) => body["service_tier"])).toEqual([
    "flex",
    "flex",
    undefined,
    "priority",
  ]);
  const records = await recordsOf(box, 4);
  expect(attemptsOf(records).map((each) => [each?.usage?.tier, each?.costPicodollars])).toEqual([
    ["flex", listPrice / 2],
    [undefined, listPrice],
    [undefined, listPrice],
    ["priority", listPrice * 2],
  ]);
  // What the client asked for stands in the record, as what the request may cost rests on it.
  expect(records.map(({ facts }) => facts["body.service_tier"])).toEqual([
    "priority",
    undefined,
    "priority",
    "priority",
  ]);
});

test("a ceiling on cost counts the tier that the client asks for", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise tiered with cost at most $0.001, max_tokens 300, retry 0\n" },
    targets:
      "  tiered: { provider: up, model: model-t, price: { input: $1/M, output: $2/M, priority: 200% } }",
    script: () => answer(),
  });
  expect((await box.chat()).status).toBe(200);
  expect((await box.chat({ service_tier: "priority" })).status).not.toBe(200);
  expect(box.upstream.calls).toHaveLength(1);
});

test("a discount begins with the request after the month's spend has passed its threshold", async () => {
  await using box = await startTestGateway({
    provider: "discounts: [{ above: $0.0001, share: 25% }]",
    yaml: logged,
    script: () => answer(),
  });
  for (let round = 0; round < 3; round += 1) await box.chat();
  const costs = attemptsOf(await recordsOf(box, 3)).map((each) => each?.costPicodollars);
  expect(costs).toEqual([listPrice, listPrice * 0.75, listPrice * 0.75]);
  const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(metrics).toContain('signalbox_cost_dollars_total{target="a"} 0.0003');
});

test("where a tool's fee is not known, the tokens beside it are the least that the month's spend grows by", async () => {
  await using box = await startTestGateway({
    provider: "discounts: [{ above: $0.0001, share: 25% }]",
    yaml: logged,
    script: () =>
      answer(undefined, {
        server_tool_use: { web_search_requests: box.upstream.calls.length > 1 ? 0 : 1 },
      }),
  });
  for (let round = 0; round < 2; round += 1) await box.chat();
  const costs = attemptsOf(await recordsOf(box, 2)).map((each) => each?.costPicodollars);
  expect(costs).toEqual([null, listPrice * 0.75]);
});

test("a choice by cost counts the discount, and its record holds the spend it rested on", async () => {
  await using box = await startTestGateway({
    policies: { main: "if max_tokens = 5 then a otherwise cheapest of [lost, a] with retry 0\n" },
    provider: "discounts: [{ above: $0.0001, share: 50% }]",
    yaml: logged,
    script: () => answer(),
  });
  await box.chat({ max_tokens: 5 });
  await box.chat({ max_tokens: 6 });
  const records = await recordsOf(box, 2);
  expect(records[1]).toMatchObject({ plan: ["a"], facts: { "provider.up.spent": 120 } });
});

test("a target on a server of one's own costs the time that its attempt took", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise home\n" },
    targets: "  home: { provider: up, model: model-h }",
    yaml: `${logged}servers: { rig: { provider: up, watts: 500, kwh: $0.40, hour: $3, slots: 2 } }\n`,
    script: () => ({ ...answer(), headDelayMs: 20 }),
  });
  await box.chat();
  const [attempt] = attemptsOf(await recordsOf(box, 1));
  if (attempt === undefined) throw new Error("no attempt");
  const rig = { watts: 500, kwh: 400_000_000_000, hour: 3_000_000_000_000, slots: 2 };
  const busyMs = attempt.endMs - attempt.startMs;
  // The record's times are rounded to a microsecond each.
  const cost = attempt.costPicodollars ?? 0;
  expect(cost).toBeGreaterThanOrEqual(runningCostOf(rig, busyMs - 0.002));
  expect(cost).toBeLessThanOrEqual(runningCostOf(rig, busyMs + 0.002));
});
