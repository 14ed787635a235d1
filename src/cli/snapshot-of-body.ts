import { readFileSync } from "node:fs";
import type { LiveTargets } from "../catalog/target-fact.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import {
  type DecisionSnapshot,
  type Explainable,
  measuredIn,
  spentIn,
} from "../explain/explain-snapshot.ts";
import type { RequestContext } from "../extract/context.ts";
import { createExtractor, type Extractor } from "../extract/extractor.ts";
import { createFactsByName } from "../extract/facts-by-name.ts";
import { createNamedFacts, type FactRecord } from "../extract/named-facts.ts";
import { reasonOf } from "../files/read-files.ts";
import { createFurtherFacts } from "../gateway/further-facts.ts";
import { takeSnapshot } from "../gateway/take-snapshot.ts";
import { createFrame, type FactFrame } from "../language/program/frame.ts";
import { loadEncoder } from "../meaning/token-count.ts";
import { readChatRequest } from "../protocol/read-chat-request.ts";
import { UsageError } from "./output.ts";
import { timeOf } from "./snapshot-of-facts.ts";

interface BodyRequest {
  /** File of a chat request's body. */
  readonly path: string;
  /** Facts that stand in place of the body's. */
  readonly given: FactRecord;
  readonly seed: string;
}

/** Decides a chat request as the gateway would, reading what is asked for and no more, and gives what its record would hold. */
export async function snapshotOfBody(
  { policy, program }: Explainable,
  configuration: Configuration,
  { path, given, seed }: BodyRequest,
): Promise<DecisionSnapshot> {
  const context = readContext(path, configuration, given);
  // As in a gateway, which has it before its first request: bounds on tokens are loose without.
  await loadEncoder();
  const plain = createExtractor(program, configuration);
  const extractor = await withGiven(plain, { policy, configuration, context, given });
  const telemetry = { ...configuration.telemetry, facts: shownFacts };
  const further = createFurtherFacts(program, extractor, { ...configuration, telemetry });
  const frame = createFrame(program.operands.length);
  const requested = targetsOf(context.chat.body.model, configuration);
  const decider = { name: "", program, extractor, further };
  const { snapshot } = await takeSnapshot(decider, frame, {
    context,
    seed,
    targets: requested,
    defaults: configuration.dispatch,
  });
  const told = Object.keys(given);
  return { ...snapshot, facts: { ...snapshot.facts, ...given }, told };
}

/** Facts that are shown though nothing asked for them: what the request costs rests on them. */
const shownFacts = ["tokens", "max_tokens", "model"];

function readContext(
  path: string,
  configuration: Configuration,
  given: FactRecord,
): RequestContext {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  const read = readChatRequest(bytes, configuration.server);
  if (!read.ok) throw new UsageError(`${path} is no chat request: ${read.problem.message}`);
  const said = given["model"];
  const model = typeof said === "string" ? said : read.request.body.model;
  const live: LiveTargets = measuredIn(given);
  return {
    chat: { ...read.request, body: { ...read.request.body, model } },
    headers: {},
    caller: null,
    nowMs: timeOf(given) ?? Date.now(),
    requestId: "explain",
    endpoint: "chat",
    requested: requestedTarget(model, configuration)?.name ?? null,
    live,
    spent: spentIn(given),
  };
}

function targetsOf(model: string, configuration: Configuration): Configuration["targets"] {
  const requested = requestedTarget(model, configuration);
  if (requested === null) return configuration.targets;
  return new Map([...configuration.targets, [requested.name, requested]]);
}

interface Given extends Pick<Explainable, "policy"> {
  readonly configuration: Configuration;
  readonly context: RequestContext;
  readonly given: FactRecord;
}

/** An extractor for which given facts, and what is told from them, are at hand. */
async function withGiven(
  extractor: Extractor,
  { policy, configuration, context, given }: Given,
): Promise<Extractor> {
  const named = createNamedFacts(policy, configuration);
  const isGiven = (name: string): boolean => Object.hasOwn(given, name);
  const told = policy.operands.flatMap(({ key }, at) =>
    isGiven(key) || named.partsOf(at).some(isGiven) ? [at] : [],
  );
  if (told.length === 0) return extractor;
  const parts = told.flatMap((at) => {
    const shape = policy.operands[at]?.shape;
    return shape?.kind === "fact" ? [...named.partsOf(at), shape.name] : named.partsOf(at);
  });
  const others = [...new Set(parts)].filter((name) => !isGiven(name));
  const readOthers = createFactsByName(others, policy.intents, configuration);
  const record: FactRecord = { ...(await readOthers(context)), ...given };
  const put = (frame: FactFrame): void => {
    for (const operand of told) named.read(operand, frame, record);
  };
  return {
    ...extractor,
    fill(frame, of) {
      extractor.fill(frame, of);
      put(frame);
    },
    read(operand, frame, of) {
      const reading = extractor.read(operand, frame, of);
      // An exact count moves sums along; what was given stays.
      if (reading instanceof Promise) return reading.then(() => put(frame));
      return put(frame);
    },
  };
}
