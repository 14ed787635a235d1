import { invariant } from "../base/assert.ts";
import { spendOfRecord, spentKey } from "../catalog/month-spend.ts";
import type { LiveTargets } from "../catalog/target-fact.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import { choicesKey, tierKey } from "../extract/body-facts.ts";
import { decideAlone, decideBesideAlone } from "../extract/decide.ts";
import { keptKey } from "../extract/kept-state.ts";
import { createNamedFacts, type FactRecord } from "../extract/named-facts.ts";
import type { FactValue } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { interpret } from "../language/interpreter/interpret.ts";
import type { Sight } from "../language/interpreter/sight.ts";
import {
  type Asker,
  createFrame,
  type FactFrame,
  frameState,
  frameValue,
} from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import { billedTier } from "../protocol/usage.ts";
import { type ExplainInputs, type Explanation, explain } from "../runtime/plan/explain.ts";
import { stuckKey } from "../runtime/plan/plan.ts";
import { ratiosIn } from "../runtime/plan/tokens-at.ts";

/** A policy to be explained, in both of its forms. */
export interface Explainable {
  readonly policy: CheckedPolicy;
  readonly program: Program;
}

/** What one decision rested on: a DecisionRecord holds it, a live request gives it, or a person tells it. */
export interface DecisionSnapshot {
  /** ISO 8601, UTC: the clock of the request, and which prices were in force. */
  readonly time: string;
  readonly id: string;
  readonly seed: number | string;
  /** Facts by name: null is unknown, a pair bounds. */
  readonly facts: FactRecord;
  /**
   * What asked for the facts that were not at hand: then a fact that is absent was never asked for. Null for facts told by
   * hand: then an absent one has its default, else is unknown.
   */
  readonly asked: Readonly<Record<string, Asker>> | null;
  /** Facts among them that were told by hand. */
  readonly told?: readonly string[];
  /** Texts of persons that the decision rests on: read, and never shown. */
  readonly texts?: FactRecord;
  /** The most tokens that the prompt can have, for estimates of cost, where the facts do not tell. */
  readonly promptTokens?: number;
}

/** An explanation with the request that it explains, as `explain --json` prints it. */
export interface SnapshotExplanation extends Explanation {
  /** As `--request` takes them. */
  readonly facts: FactRecord;
  readonly request: Pick<DecisionSnapshot, "id" | "time" | "seed">;
}

/** An explanation, and the facts that the decision needed and the snapshot does not hold: they counted as unknown. */
export interface Explained {
  readonly explanation: SnapshotExplanation;
  readonly lacking: readonly string[];
}

/**
 * Explains a decision from its snapshot alone, so that a live request and its record are explained alike. The table
 * decides, the reference interpreter explains, and both must agree.
 */
export function explainSnapshot(
  { policy, program }: Explainable,
  configuration: Configuration,
  snapshot: DecisionSnapshot,
): Explained {
  const { time, id, seed, asked } = snapshot;
  const facts: FactRecord = { time, ...snapshot.facts };
  const frame = frameOf(policy, configuration, snapshot);
  const before = frame.state.slice();
  const branch = decideAlone(program, frame);
  const isPlan = program.branch(branch).action.kind === "plan";
  if (isPlan) decideBesideAlone(program, frame);
  const inputs = inputsOf({ policy, program }, configuration, { ...snapshot, frame });
  invariant(
    interpret(policy, inputs.readOperand) === branch,
    "the interpreter and the table give the same branch",
  );
  const lacking = policy.operands.filter((_, at) => before[at] !== frame.state[at]);
  return {
    explanation: {
      ...explain(policy, inputs),
      facts: withoutText(facts),
      request: { id, time, seed },
    },
    lacking: asked === null ? [] : lacking.map(({ key }) => key),
  };
}

/** The frame that a snapshot fills. What a record does not hold is unasked. */
function frameOf(
  { operands, intents }: CheckedPolicy,
  configuration: Configuration,
  { facts, texts, time, asked }: DecisionSnapshot,
): FactFrame {
  let isLacking = false;
  const byHand = asked === null;
  const named = createNamedFacts({ operands, intents }, configuration, {
    defaults: byHand,
    lacks: () => {
      isLacking = true;
    },
  });
  const record = { time, ...facts, ...texts };
  const frame = createFrame(operands.length);
  for (let operand = 0; operand < operands.length; operand += 1) {
    isLacking = false;
    named.read(operand, frame, record);
    if (isLacking && !byHand) frame.state[operand] = frameState.unasked;
  }
  return frame;
}

function inputsOf(
  { policy, program }: Explainable,
  configuration: Configuration,
  snapshot: DecisionSnapshot & { readonly frame: FactFrame },
): ExplainInputs {
  const { facts, frame, asked, time, id, seed, told = [], promptTokens = null } = snapshot;
  const { targets } = configuration;
  const kept = keptIn(facts);
  const model = facts["model"];
  const requested = typeof model === "string" ? requestedTarget(model, configuration) : null;
  const [least, most] = endsOf(facts["tokens"]);
  const enforced = new Set(program.guards.map(({ guard }) => guard.id));
  const counts = (lookUpFact(configuration.facts, "tokens")?.from.length ?? 0) === 0;
  return {
    targets: requested === null ? targets : new Map([...targets, [requested.name, requested]]),
    defaults: configuration.dispatch,
    embeddings: configuration.cache.embeddings,
    requested: requested?.name ?? null,
    requestId: id,
    seed,
    promptTokens: least ?? 0,
    mostPromptTokens: kept === null ? (most ?? promptTokens) : null,
    kept,
    maxTokens: endsOf(facts["max_tokens"])[0] ?? null,
    choices: endsOf(facts[choicesKey])[0] ?? 1,
    tier: billedTier(facts[tierKey]),
    spent: spentIn(facts),
    tokenRatio: ratiosIn(facts),
    stuck: stuckIn(facts),
    atMs: Date.parse(time),
    readOperand: (operand) => frameValue(policy.operands[operand]?.type, frame, operand),
    see: (operand) => sightIn(policy, frame, operand),
    asked: asked === null ? { kind: "given" } : { kind: "asked", by: asked, counts, told },
    live: measuredIn(facts),
    proved: new Set(policy.guards.flatMap((guard) => (enforced.has(guard.id) ? [] : [guard.id]))),
  };
}

/** The target that a sticky plan stays with. */
function stuckIn(facts: DecisionSnapshot["facts"]): string | null {
  const stuck = facts[stuckKey];
  return typeof stuck === "string" ? stuck : null;
}

/** What of the prompt its provider keeps. */
function keptIn(facts: DecisionSnapshot["facts"]): string | null {
  const kept = facts[keptKey];
  return typeof kept === "string" ? kept : null;
}

function sightIn({ operands }: CheckedPolicy, frame: FactFrame, operand: number): Sight {
  switch (frame.state[operand]) {
    case frameState.unasked:
      return { kind: "unasked" };
    case frameState.bounded:
      return {
        kind: "bounds",
        low: frame.numbers[operand] ?? 0,
        high: frame.uppers[operand] ?? 0,
      };
    default: {
      const value: FactValue | undefined = frameValue(operands[operand]?.type, frame, operand);
      const isKnown = value !== undefined && !Number.isNaN(value);
      return isKnown ? { kind: "known", value } : { kind: "unknown" };
    }
  }
}

/** The two ends of a count, or of bounds on it; undefined where nothing is told. */
function endsOf(json: unknown): readonly [number | undefined, number | undefined] {
  const [low, high] = Array.isArray(json) ? (json as unknown[]) : [json, json];
  const read = (end: unknown): number | undefined => {
    const value = readFactValue({ kind: "whole" }, end);
    return typeof value === "number" ? value : undefined;
  };
  return [read(low), read(high)];
}

/** What was measured of targets when the decision was taken, as its facts tell. */
export function measuredIn(facts: FactRecord): LiveTargets {
  return {
    healthy: (target) => facts[`${target}.healthy`] !== false,
    measured(target, measure) {
      const kind = measure === "ttft" || measure === "latency" ? "duration" : "decimal";
      const value = readFactValue({ kind }, facts[`${target}.${measure}`]);
      return typeof value === "number" ? value : undefined;
    },
  };
}

/** What was spent by provider when the decision was taken, as its facts tell. */
export function spentIn(facts: FactRecord): (provider: string) => bigint {
  return (provider) => spendOfRecord(facts[spentKey(provider)]) ?? 0n;
}

/** Facts without a person's own text, so that an explanation may be shared. */
function withoutText(facts: FactRecord): FactRecord {
  const { prompt: _prompt, system: _system, ...rest } = facts;
  return rest;
}
