import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Configuration } from "../../src/configuration/configuration.ts";
import { requestedTarget } from "../../src/configuration/requested-target.ts";
import { decideAlone } from "../../src/extract/decide.ts";
import { createNamedFacts } from "../../src/extract/named-facts.ts";
import { loadWorkspace } from "../../src/gateway/reload/load-workspace.ts";
import { createFrame, frameValue } from "../../src/language/program/frame.ts";
import type { Program } from "../../src/language/program/program.ts";
import { unpack } from "../../src/language/program/transfer.ts";
import { makePlan } from "../../src/runtime/plan/make-plan.ts";
import { ratiosIn } from "../../src/runtime/plan/tokens-at.ts";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import { configurationText, startTestGateway, type TestGateway } from "../support/gateway.ts";

const logged = "telemetry: { decision-log: decisions.jsonl }\n";

/** The records, at least `wanted` of them before the gateway is stopped. */
async function recordsOf(box: TestGateway, wanted = 0): Promise<DecisionRecord[]> {
  const path = join(box.folder, "decisions.jsonl");
  const lines = (): string[] => readFileSync(path, "utf8").split("\n").filter(Boolean);
  await expect.poll(() => lines().length).toBeGreaterThanOrEqual(wanted);
  await box.gateway.kill();
  return lines().map((line) => JSON.parse(line) as DecisionRecord);
}

/** Program and configuration of a folder, as whoever replays its log has them. */
async function loaded(folder: string): Promise<{ configuration: Configuration; program: Program }> {
  const order = { configurationFile: join(folder, "signalbox.yaml"), policies: null };
  const { configuration, policies } = await loadWorkspace(
    { ...order, standing: null },
    () => "key",
  );
  const packed = policies[0]?.program;
  if (configuration === null || packed === null || packed === undefined) throw new Error("no load");
  return { configuration, program: unpack(packed) };
}

/** Rule and targets of a decision taken again, from nothing but its record. */
function retaken(
  { facts, time, id, seed }: DecisionRecord,
  { configuration, program }: Awaited<ReturnType<typeof loaded>>,
): Pick<DecisionRecord, "rule" | "plan"> {
  const frame = createFrame(program.operands.length);
  createNamedFacts(program, configuration).fill(frame, { ...facts, time });
  const { rule, action } = program.branch(decideAlone(program, frame));
  if (action.kind === "reject") return { rule: rule.id, plan: [] };
  const number = (name: string): number | undefined => {
    const value = facts[name];
    return typeof value === "number" ? value : undefined;
  };
  const { model } = facts;
  const requested = typeof model === "string" ? requestedTarget(model, configuration) : null;
  const { steps } = makePlan(action, {
    alsos: [],
    guards: [],
    targets: configuration.targets,
    defaults: configuration.dispatch,
    requested: requested?.name ?? null,
    requestId: id,
    seed,
    promptTokens: number("tokens") ?? 0,
    maxTokens: number("max_tokens") ?? null,
    atMs: Date.parse(time),
    readOperand: (operand) => frameValue(program.operands[operand]?.type, frame, operand),
    tokenRatio: ratiosIn(facts),
    live: { healthy: () => true, measured: (target, measure) => number(`${target}.${measure}`) },
  });
  return { rule: rule.id, plan: steps.map(({ target }) => target) };
}

const choosing = `
if header.x-kind is "price" then cheapest of [a, b, d] where context >= tokens + max_tokens fallback c
else if header.x-kind is bounds and tokens < 50k then cheapest of [b, d] fallback any of [a, c]
else if header.x-kind is load then any of [a, b, c, d] fallback any of [a, b, c, d]
else if header.x-kind is queue then cheapest of [a, b, c, d] where queue < 2 fallback lost
else if header.x-kind is share then split by header.x-name: 40% a, 60% b
otherwise requested fallback a
`;

test("a record alone reproduces its decision: by cost, by load, by share, as requested", async () => {
  await using box = await startTestGateway({
    policies: { main: choosing },
    yaml: `  d: { provider: up, model: model-d, price: { input: $0.1/M, output: $9/M }, context: 8k }\n${logged}`,
    server: "max-messages: 1000",
  });
  const kinds = ["price", "bounds", "load", "queue", "share", "none"];
  const send = async (index: number): Promise<void> => {
    const kind = kinds[index % kinds.length] ?? "";
    const messages = [{ role: "user", content: "word ".repeat((index * 37) % 900) }];
    const ceiling = index % 4 === 0 ? {} : { max_tokens: 1 + ((index * 41) % 700) };
    const model = ["a", "b", "up/model-c", "unknown"][index % 4];
    const headers = { "x-kind": kind, "x-name": `n${index % 9}` };
    await (await box.chat({ messages, model, ...ceiling }, headers)).text();
  };
  await Promise.all(Array.from({ length: 150 }, (_, index) => send(index)));
  const load = await loaded(box.folder);
  const records = await recordsOf(box);
  expect(records).toHaveLength(150);
  expect(new Set(records.map(({ rule }) => rule)).size).toBe(2);
  const firsts = new Set(records.map(({ plan }) => plan[0]));
  expect([...firsts].toSorted()).toEqual(["a", "b", "c", "d", null].toSorted());
  for (const record of records) {
    const { rule, plan } = record;
    expect({ record, ...retaken(record, load) }).toEqual({ record, rule, plan });
  }
});

const wanted = (facts: string): string =>
  `telemetry: { decision-log: decisions.jsonl, facts: ${facts} }\n`;
const prompt = "Classify this review as positive or negative: the soup was fine";

test("further facts are read after the answer, once, and stand in the record with their trust", async () => {
  await using box = await startTestGateway({
    policies: { main: "if tokens < 50k and code then b else a\n" },
    yaml: wanted("[intent, language, tokens, code, max_tokens, header.x-team]"),
  });
  const messages = [{ role: "user", content: prompt }];
  await (await box.chat({ messages }, { "x-team": "search" })).text();
  const [record] = await recordsOf(box, 1);
  expect(record?.facts).toEqual({
    intent: "classify",
    language: "en",
    tokens: expect.any(Number),
    code: false,
    max_tokens: null,
    "header.x-team": "search",
  });
  expect(record?.trust).toMatchObject({ "header.x-team": "client" });
  expect(record?.trust).not.toHaveProperty("tokens");
});

test("records beyond those that may wait are written without further facts, and counted", async () => {
  await using box = await startTestGateway({
    yaml: wanted("[intent]"),
    options: { recorderLimits: { requests: 0, bytes: 1 } },
  });
  await (await box.chat()).text();
  const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(metrics).toContain("signalbox_decision_facts_left_out 1\n");
  const [record] = await recordsOf(box);
  expect(record?.facts).toEqual({});
});

test.each([
  ["prompt", "the text of a person"],
  ["system", "the text of a person"],
  ["header.Authorization", "a secret"],
  ["header.api-key", "a secret"],
])("%s is refused as a further fact at the start", async (name, why) => {
  await expect(startTestGateway({ yaml: wanted(`[${name}]`) })).rejects.toThrow(why);
});

test("a change of the further facts holds for a policy that did not change", async () => {
  await using box = await startTestGateway({ yaml: logged });
  const swapped = box.gateway.nextReload(({ result }) => result === "swapped");
  box.write("signalbox.yaml", configurationText(box.upstream.url, { yaml: wanted("[intent]") }));
  await swapped;
  await (await box.chat()).text();
  const [record] = await recordsOf(box, 1);
  expect(record?.facts).toEqual({ intent: "chat" });
});

test("the configured decision log is rotated under requests, and loses none", async () => {
  await using box = await startTestGateway({
    yaml: "telemetry: { decision-log: { file: decisions.jsonl, max-size: 4096, keep: 100 } }\n",
  });
  for (let turn = 0; turn < 12; turn += 1) {
    for (let each = 0; each < 4; each += 1) await (await box.chat()).text();
    await expect.poll(() => recordsIn(box.folder).length).toBe((turn + 1) * 4);
  }
  const files = readdirSync(box.folder).filter((name) => name.startsWith("decisions.jsonl"));
  expect(files.length).toBeGreaterThan(2);
  expect(new Set(recordsIn(box.folder).map(({ id }) => id)).size).toBe(48);
});

/** The records of all files of a log. */
const recordsIn = (folder: string): DecisionRecord[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith("decisions.jsonl"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean))
    .map((line) => JSON.parse(line) as DecisionRecord);
