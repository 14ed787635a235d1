import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { decide, decideBeside } from "../../src/extract/decide.ts";
import { createExtractor, type Extractor } from "../../src/extract/extractor.ts";
import {
  createFrame,
  type FactFrame,
  frameState,
  frameValue,
} from "../../src/language/program/frame.ts";
import type { Program } from "../../src/language/program/program.ts";
import { loadEncoder } from "../../src/meaning/token-count.ts";
import type { ChatBody } from "../../src/protocol/chat-request.ts";
import { makePlan } from "../../src/runtime/plan/make-plan.ts";
import type { PlanStep } from "../../src/runtime/plan/plan.ts";
import { decisionLine } from "../../src/runtime/telemetry/decision-record.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { aContext } from "../support/extraction.ts";
import { configuration, programOf } from "../support/simulation.ts";

beforeAll(loadEncoder);

/** Decides a request as the gateway does and returns the line of its record, with what was decided. */
async function recorded(
  { program, extractor }: { program: Program; extractor: Extractor },
  request: Request,
  seed: number,
): Promise<{ line: string; rule: string; target: string | null }> {
  const { body, headers, caller, nowMs } = request;
  const requested = configuration.targets.has(body.model) ? body.model : null;
  const context = aContext(body, { headers, caller, nowMs, requestId: `r${seed}`, requested });
  const frame = createFrame(program.operands.length);
  const { rule, action } = program.branch(await decide(program, extractor, frame, context));
  let steps: readonly PlanStep[] = [];
  if (action.kind === "plan") {
    await readAll(extractor, frame, context);
    steps = makePlan(action, {
      ...(await decideBeside(program, extractor, frame, context)),
      ...context,
      targets: configuration.targets,
      seed,
      promptTokens: 0,
      maxTokens: null,
      atMs: nowMs,
      readOperand: (operand) => frameValue(program.operands[operand]?.type, frame, operand),
      defaults: configuration.dispatch,
    }).steps;
  }
  const line = decisionLine({
    arrivedAtEpochMs: nowMs,
    arrivedAtMs: 0,
    endedAtMs: 1,
    id: context.requestId,
    policy: "p",
    hash: "0123456789abcdef",
    factsJson: extractor.snapshotJson(frame),
    trustJson: "{}",
    rule: rule.id,
    steps,
    attempts: [],
    targets: configuration.targets,
    seed,
    stream: body.stream === true,
    outcome: action.kind === "reject" ? "rejected" : "ok",
    status: 200,
    tags: [],
  });
  return {
    line,
    rule: rule.id,
    target: steps.find((step) => step.target !== null)?.target ?? null,
  };
}

/** The gateway reads what a choice of targets rests on before it chooses. */
async function readAll(
  extractor: Extractor,
  frame: FactFrame,
  context: ReturnType<typeof aContext>,
): Promise<void> {
  for (const operand of frame.state.keys()) {
    if (frame.state[operand] === frameState.unasked) await extractor.read(operand, frame, context);
  }
}

interface Request {
  readonly body: ChatBody;
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: ReturnType<typeof aContext>["caller"];
  readonly nowMs: number;
}

const prompts = [
  "Classify this review as positive or negative: cold food",
  "Write a poem about the sea. ".repeat(40),
  "Schreibe mir bitte einen Satz über die schönen Vögel. ".repeat(9),
  "请把这段话翻译成英文。".repeat(20),
  "mail anna@example.org about invoice 7",
  "",
];
const requests: fc.Arbitrary<Request> = fc.record({
  body: fc.record(
    {
      model: fc.constantFrom("auto", "gpt", "qwen"),
      messages: fc.constantFrom(...prompts).map((content) => [{ role: "user" as const, content }]),
      max_tokens: fc.constantFrom(1, 500, 9_000),
      stream: fc.boolean(),
      metadata: fc.constantFrom({ desk: "risk" }, { desk: "odd" }, { pii: "true" }),
    },
    { requiredKeys: ["model", "messages"] },
  ),
  headers: fc.constantFrom({}, { "x-channel": "voice", "x-signalbox-due": "2h" }, { "x-n": "8k" }),
  caller: fc.constantFrom(
    null,
    { name: "k", user: null, team: null, attributes: {} },
    { name: "k", user: "ann", team: "search", attributes: { tier: "pro" } },
    { name: "k", user: "bob", team: "ads", attributes: { tier: "gold" } },
  ),
  nowMs: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 5, 1) }),
});

const policies: Readonly<Record<string, string>> = {
  "bounds of tokens": `if tokens < 30 then gpt else if tokens < 130 then qwen else if tokens + max_tokens > 600 then claude-opus
    otherwise claude`,
  "unknown facts": `if user is unknown then gpt else if desk is unknown and team is not ads then qwen
    else if header.x-n is "8k" then claude-opus otherwise claude`,
  "the clock": `if time in 22:00..06:00 Europe/Berlin then gpt else if weekday is sun then qwen
    else if date >= 2026-12-01 then claude-opus otherwise claude`,
  "text and meaning": `if intent is classify then gpt else if language is de then qwen
    else if prompt matches /poem/ then claude-opus else if pii then reject 403 "no" otherwise claude`,
  "the caller": `if tier is pro then gpt else if channel is voice then qwen else if due > 1h then claude-opus
    otherwise claude`,
  "a split by user": "otherwise split by user: 40% gpt, 60% claude",
  "a split by request": "if stream then split: 50% gpt, 50% qwen otherwise claude",
  "a choice by the seed": "pool some = gpt, qwen, claude\notherwise any of some",
  "facts of targets": `if claude.region is us and gpt.price.input > $1/M then gpt
    else if qwen.healthy and qwen.queue > 2 then qwen otherwise claude`,
  "the model that was asked for": `if model is gpt then gpt otherwise requested fallback claude`,
};

test.each(Object.entries(policies))(
  "records of a policy with %s replay to the same rule and target, each",
  async (_, text) => {
    const program = programOf(text);
    const gateway = { program, extractor: createExtractor(program, configuration) };
    await fc.assert(
      fc.asyncProperty(requests, fc.nat(), async (request, seed) => {
        const { line, rule, target } = await recorded(gateway, request, seed);
        const report = await simulate({
          log: [Buffer.from(line)],
          programs: { a: program },
          configuration,
          nowMs: 0,
        });
        expect(report.rules.filter(({ count }) => count > 0).map((row) => row.rule)).toEqual([
          rule,
        ]);
        expect(report.targets.map((row) => row.target)).toEqual(target === null ? [] : [target]);
        expect(report.missing).toEqual([]);
      }),
      { numRuns: 150 },
    );
  },
);

test.each([
  [{ "gpt-mini": 9, gpt: 1 }, "gpt"],
  [{ "gpt-mini": 1, gpt: 9 }, "gpt-mini"],
])("a recorded choice by `any` weighs the recorded queues %j", async (queues, target) => {
  const facts = Object.fromEntries(
    Object.entries(queues).map(([name, queue]) => [`${name}.queue`, queue]),
  );
  const lines = [1, 2, 3, 4, 5, 6].map(
    (seed) =>
      `${JSON.stringify({ v: 1, time: "2026-11-23T10:00:00.000Z", id: `r${seed}`, seed, facts, policy: "p", rule: "otherwise" })}\n`,
  );
  const report = await simulate({
    log: [new TextEncoder().encode(lines.join(""))],
    programs: { a: programOf("otherwise any of [gpt-mini, gpt]") },
    configuration,
    nowMs: 0,
  });
  expect(report.targets.map((each) => [each.target, each.requests])).toEqual([[target, 6]]);
});
