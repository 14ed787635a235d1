import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { invariant } from "../base/assert.ts";
import { noLiveTargets } from "../catalog/target-fact.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import type { RequestContext } from "../extract/context.ts";
import { createFactsByName } from "../extract/facts-by-name.ts";
import { createNamedFacts, type FactRecord } from "../extract/named-facts.ts";
import type { FactValue } from "../facts/fact.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { lower } from "../language/graph/lower.ts";
import { interpret } from "../language/interpreter/interpret.ts";
import { compile } from "../language/program/compile.ts";
import { createFrame, type FactFrame, frameState, frameValue } from "../language/program/frame.ts";
import { walk } from "../language/program/walk.ts";
import { readChatRequest } from "../protocol/read-chat-request.ts";
import { explain } from "../runtime/plan/explain.ts";
import { doubtfulFacts } from "./doubtful-facts.ts";
import { readGivenFacts } from "./given-facts.ts";
import { openPolicy } from "./open-policy.ts";
import { printError, printJson, UsageError } from "./output.ts";
import { printExplanation } from "./print-explanation.ts";
import { reasonOf } from "./workspace.ts";

interface ExplainOptions {
  readonly config?: string;
  readonly request?: string;
  readonly body?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/** `explain FILE`: why one request is decided as it is, and each rule's verdict. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .description("why a request is decided as it is")
    .argument("<file>", "a policy file")
    .option(
      "--request <json>",
      'facts by name, e.g. \'{"tokens":120,"intent":"classify"}\', or @file',
    )
    .option("--body <file>", "a chat request body to take the facts from; --request overrides them")
    .option("--seed <seed>", "what random choices are drawn from", "0")
    .option("--config <file>", "the configuration")
    .option("--json", "print one JSON document")
    .action((file: string, options: ExplainOptions) => run(file, options));
}

async function run(file: string, options: ExplainOptions): Promise<void> {
  const { configuration, policy } = openPolicy(file, options.config);
  const named = createNamedFacts(policy, configuration);
  const given = options.request === undefined ? {} : readGivenFacts("--request", options.request);
  const readable = { facts: configuration.facts, read: named.names };
  for (const doubt of doubtfulFacts(given, readable)) printError(`--request: ${doubt}`);
  const nowMs = timeOf(given) ?? Date.now();
  const facts: Record<string, unknown> = { time: new Date(nowMs).toISOString() };
  if (options.body !== undefined) {
    const context = readBody(options.body, configuration, nowMs);
    const read = createFactsByName(
      [...named.names, "tokens", "max_tokens", "model"],
      policy.intents,
      configuration,
    );
    Object.assign(facts, await read(context));
  }
  Object.assign(facts, given);
  const frame = createFrame(policy.operands.length);
  named.fill(frame, facts);
  settleBounds(policy, frame);
  const readOperand = (operand: number): FactValue | undefined =>
    frameValue(policy.operands[operand]?.type, frame, operand);
  agree(policy, frame);
  const model = facts["model"];
  const requested = typeof model === "string" ? requestedTarget(model, configuration) : null;
  const { targets } = configuration;
  const explanation = explain(policy, {
    targets: requested === null ? targets : new Map([...targets, [requested.name, requested]]),
    defaults: configuration.dispatch,
    requested: requested?.name ?? null,
    requestId: "explain",
    seed: options.seed ?? "0",
    promptTokens: wholeOf(facts["tokens"]) ?? 0,
    maxTokens: wholeOf(facts["max_tokens"]) ?? null,
    atMs: nowMs,
    readOperand,
    live: noLiveTargets,
  });
  const shown = { ...explanation, facts: withoutText(facts) };
  if (options.json === true) printJson(shown);
  else printExplanation(shown);
}

function readBody(path: string, configuration: Configuration, nowMs: number): RequestContext {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  const read = readChatRequest(bytes, configuration.server);
  if (!read.ok) throw new UsageError(`${path} is no chat request: ${read.problem.message}`);
  const { model } = read.request.body;
  return {
    chat: read.request,
    headers: {},
    caller: null,
    nowMs,
    requestId: "explain",
    endpoint: "chat",
    requested: requestedTarget(model, configuration)?.name ?? null,
    live: noLiveTargets,
  };
}

function timeOf(facts: FactRecord): number | null {
  const time = readFactValue({ kind: "time" }, facts["time"]);
  // Less than a day is a time of day without a date; the date is then today's.
  return typeof time === "number" && time > 86_400_000 ? time : null;
}

function wholeOf(value: unknown): number | undefined {
  const json = Array.isArray(value) ? (value as unknown[])[0] : value;
  const read = readFactValue({ kind: "whole" }, json);
  return typeof read === "number" ? read : undefined;
}

/** Bounds that a policy's cuts part leave the operand unknown; else either end decides, and the lower one is shown. */
function settleBounds(policy: CheckedPolicy, frame: FactFrame): void {
  const bounded = [...frame.state.keys()].filter(
    (index) => frame.state[index] === frameState.bounded,
  );
  if (bounded.length === 0) return;
  const at = (ends: Float64Array): number =>
    interpret(policy, (operand) =>
      frame.state[operand] === frameState.bounded
        ? ends[operand]
        : frameValue(policy.operands[operand]?.type, frame, operand),
    );
  const state = at(frame.numbers) === at(frame.uppers) ? frameState.known : frameState.unknown;
  for (const index of bounded) frame.state[index] = state;
}

/** What is explained is what runs: interpreter and table must give the same branch. */
function agree(policy: CheckedPolicy, frame: FactFrame): void {
  const program = compile(policy, lower(policy));
  const branch = interpret(policy, (operand) =>
    frameValue(policy.operands[operand]?.type, frame, operand),
  );
  invariant(walk(program, frame, program.root) === branch, "interpreter and table agree");
}

/** Facts without the prompt's own text, so that an explanation may be shared. */
function withoutText(facts: FactRecord): FactRecord {
  const { prompt: _prompt, system: _system, ...rest } = facts;
  return rest;
}
