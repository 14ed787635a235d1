import { jsonName } from "../../base/json-name.ts";
import type { Picodollars } from "../../base/money.ts";
import { costOf } from "../../catalog/cost.ts";
import { runningCostOf } from "../../catalog/running-cost.ts";
import type { Target } from "../../catalog/target.ts";
import type { FactValue, Trust } from "../../facts/fact.ts";
import type { Asker } from "../../language/program/frame.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { UnansweredCode } from "../../protocol/unanswered.ts";
import type { BilledTier, Usage } from "../../protocol/usage.ts";
import type { AbortReason, AttemptRecord, SkippedTarget } from "../dispatch/machine-types.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { CacheResult } from "./cache-meters.ts";

/** How a request ended. `rejected` by a rule, `invalid` before any decision, `error` by a fault of ours. */
export type RequestOutcome = "ok" | "failed" | "client-gone" | "rejected" | "invalid" | "error";

/** One attempt in a record. Times are milliseconds after the request's arrival; cost is in whole picodollars, null when no price or usage is known. */
export interface RecordedAttempt {
  readonly target: string;
  readonly step: number;
  readonly outcome: "ok" | "aborted" | Cause;
  /** Why an aborted one was stopped. */
  readonly why?: AbortReason;
  /** Sent beside another that was slow; absent where it was not. */
  readonly hedge?: true;
  /** Of a request of the lane: whether a provider's batch made it, or it was asked at once. Absent for all others. */
  readonly batch?: boolean;
  readonly status?: number;
  readonly code?: string;
  /** When it asked to be asked again, in milliseconds after its failure. */
  readonly retryAfterMs?: number;
  readonly startMs: number;
  readonly firstTokenMs?: number;
  readonly endMs: number;
  readonly usage?: {
    readonly input: number;
    readonly cachedRead: number;
    readonly cachedWrite: number;
    readonly output: number;
    readonly reasoning: number;
    readonly estimated: boolean;
    /** Of the cached writes, those kept an hour or longer; this and what follows is absent where there is none. */
    readonly cachedWriteLong?: number;
    readonly audioInput?: number;
    readonly audioOutput?: number;
    /** The tier that served it and was billed; the region that the provider named. */
    readonly tier?: BilledTier;
    readonly region?: string;
    /** What the provider itself says that it charges. */
    readonly statedPicodollars?: number;
    /** Calls of tools that the provider ran and bills beside the tokens: their price is not known, nor is then the cost. */
    readonly paidCalls?: number;
  };
  readonly costPicodollars: number | null;
  /** The model that the provider says has answered, where that is another name than the target's. */
  readonly model?: string;
  /** What tells the weights that answered from others, where their server says it: `digest:sha256:…`, `file:…`. */
  readonly weights?: string;
}

/**
 * One line of the decision log, version 1. `facts` can be fed back as `--request`: null is unknown, a pair the bounds
 * that were enough, and what was never asked is left out; the results of text tests stand there, never the text. `trust` names the facts that are not the gateway's own word. `plan` holds the
 * targets of its steps, null where a step had no candidate.
 */
export interface DecisionRecord {
  readonly v: 1;
  /** ISO 8601, UTC, of the request's arrival. */
  readonly time: string;
  readonly id: string;
  readonly policy: string;
  readonly hash: string;
  readonly facts: Readonly<Record<string, FactValue | readonly [number, number] | null>>;
  readonly trust: Readonly<Record<string, Exclude<Trust, "gateway">>>;
  /** Facts that were not at hand and were read for the decision, by operand key, with what asked first; absent for none. */
  readonly asked?: Readonly<Record<string, Asker>>;
  readonly rule: string;
  readonly plan: readonly (string | null)[];
  readonly attempts: readonly RecordedAttempt[];
  /** Targets of the plan that were held off rather than asked, and why; absent for none. */
  readonly skipped?: readonly {
    readonly target: string;
    readonly step: number;
    readonly cause: Cause;
    readonly code?: string;
  }[];
  /** What became of it at the cache of answers; `none` where its plan has none, or its answer could not be kept. */
  readonly cache: CacheResult | "none";
  /** The key of its answer, or of the one that it was given; absent where there is none. */
  readonly cacheKey?: string;
  /** How old the kept answer was that it was given; absent where it was given none. */
  readonly cacheAgeMs?: number;
  /** How near the prompt was that the answer was kept for; absent where it was the very same. */
  readonly cacheSimilarity?: number;
  /** What the client wanted of the cache: `no-cache`, or `max-age=` and seconds; absent for nothing, and where it was kept out (`bypass`). */
  readonly cacheControl?: string;
  readonly seed: number;
  readonly stream: boolean;
  readonly outcome: RequestOutcome;
  /** HTTP status of the answer; 499 when the client left before one. */
  readonly status: number;
  readonly durationMs: number;
  readonly tags?: readonly string[];
  /** `batch` for a request that could wait; absent for one that was answered while its client held the line. */
  readonly lane?: "batch";
  /** The batch it was of. */
  readonly batch?: string;
  /** A policy let it wait; absent for a line of a batch that its client made. */
  readonly deferred?: true;
  /** Why a line of the lane was never answered: its time was over, or its client called the batch back; absent for all others. */
  readonly code?: UnansweredCode;
}

/** Looks a target up by its name. */
interface Targets {
  get(name: string): Target | undefined;
}

/** What the gateway knows of a decided request when it is over. */
export interface DecisionFacts {
  readonly arrivedAtEpochMs: number;
  readonly arrivedAtMs: number;
  readonly endedAtMs: number;
  readonly id: string;
  readonly policy: string;
  readonly hash: string;
  /** JSON text of the two objects `facts` and `trust`. */
  readonly factsJson: string;
  readonly trustJson: string;
  /** JSON text of `asked`; absent or empty for none. */
  readonly askedJson?: string;
  readonly rule: string;
  readonly steps: readonly PlanStep[];
  readonly attempts: readonly AttemptRecord[];
  readonly skipped?: readonly SkippedTarget[];
  /** What each attempt cost, in the order of the attempts; worked out from the list prices when left out. */
  readonly costs?: readonly (Picodollars | null)[];
  readonly targets: Targets;
  readonly seed: number;
  readonly stream: boolean;
  readonly outcome: RequestOutcome;
  readonly status: number;
  readonly tags: readonly string[];
  /** What tells a target's weights from others; null where nobody says. */
  readonly weightsOf?: (target: string) => string | null;
  /** The batch it was a line of, and whether a policy let a single request wait in it; absent outside the lane. */
  readonly batch?: { readonly id: string; readonly single: boolean };
  /** Why the line was never answered; absent where it was, or failed. */
  readonly code?: UnansweredCode;
  /** What became of it at the cache; absent where that was not asked. */
  readonly cache?:
    | {
        readonly verdict: CacheResult;
        readonly key: string;
        readonly ageMs: number | null;
        /** How near the prompt of the answer was; null where the request asked the very same, or was given none. */
        readonly similarity: number | null;
        /** What the client wanted of the cache, in fixed words; null or absent for nothing. */
        readonly control?: string | null;
      }
    | undefined;
}

/** Milliseconds with at most three digits after the point, so that a line stays short. */
const milliseconds = (value: number): number => Math.round(value * 1000) / 1000;

/** The present second as ISO text up to its point: records come many to a second. */
let secondEpoch = Number.NaN;
let secondText = "";

function isoTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second !== secondEpoch) {
    secondEpoch = second;
    secondText = new Date(second * 1000).toISOString().slice(0, -4);
  }
  const rest = Math.floor(epochMs - second * 1000);
  return `${secondText}${String(rest).padStart(3, "0")}Z`;
}

function outcomeOf(attempt: AttemptRecord): RecordedAttempt["outcome"] {
  const { outcome } = attempt;
  if (outcome.kind === "failed") return outcome.failure.cause;
  return outcome.kind;
}

/**
 * What an attempt cost by the prices in force when it started: of a provider whose prices are not known, what it says itself.
 * `spent` is the month's spend at its provider before. Null when usage or price is not known.
 */
export function attemptCost(
  attempt: AttemptRecord,
  targets: Targets,
  atEpochMs: number,
  spent = 0n,
): Picodollars | null {
  const target = targets.get(attempt.target);
  if (target === undefined) return null;
  const { usage } = attempt;
  const durationMs = attempt.endedAtMs - attempt.startedAtMs;
  if (usage !== null) return costOf(target, usage, atEpochMs, { spent, durationMs });
  // A server of one's own costs its time, whatever came of it.
  return target.runningCost === undefined ? null : runningCostOf(target.runningCost, durationMs);
}

function usageJson(usage: Usage): string {
  let json = `{"input":${usage.inputTokens},"cachedRead":${usage.cachedReadTokens},"cachedWrite":${usage.cachedWriteTokens},"output":${usage.outputTokens},"reasoning":${usage.reasoningTokens},"estimated":${usage.estimated}`;
  const { cachedWriteLongTokens, audioInputTokens, audioOutputTokens, tier, region } = usage;
  if (cachedWriteLongTokens !== undefined) json += `,"cachedWriteLong":${cachedWriteLongTokens}`;
  if (audioInputTokens !== undefined) json += `,"audioInput":${audioInputTokens}`;
  if (audioOutputTokens !== undefined) json += `,"audioOutput":${audioOutputTokens}`;
  if (tier !== undefined) json += `,"tier":"${tier}"`;
  if (region !== undefined) json += `,"region":${JSON.stringify(region)}`;
  if (usage.statedCost !== undefined) json += `,"statedPicodollars":${usage.statedCost}`;
  if (usage.paidCalls !== undefined) json += `,"paidCalls":${usage.paidCalls}`;
  return `${json}}`;
}

function attemptJson(attempt: AttemptRecord, index: number, facts: DecisionFacts): string {
  const since = (atMs: number): number => milliseconds(atMs - facts.arrivedAtMs);
  let json = `{"target":${jsonName(attempt.target)},"step":${attempt.step},"outcome":"${outcomeOf(attempt)}"`;
  if (attempt.outcome.kind === "failed") {
    const { status, code, retryAfterMs } = attempt.outcome.failure;
    if (status !== undefined) json += `,"status":${status}`;
    if (code !== undefined) json += `,"code":${JSON.stringify(code.slice(0, 200))}`;
    if (retryAfterMs !== undefined) json += `,"retryAfterMs":${Math.round(retryAfterMs)}`;
  }
  if (attempt.outcome.kind === "aborted") json += `,"why":"${attempt.outcome.why}"`;
  if (attempt.hedge) json += ',"hedge":true';
  if (attempt.isBatched !== undefined) json += `,"batch":${attempt.isBatched}`;
  json += `,"startMs":${since(attempt.startedAtMs)}`;
  if (attempt.firstTokenAtMs !== null) json += `,"firstTokenMs":${since(attempt.firstTokenAtMs)}`;
  json += `,"endMs":${since(attempt.endedAtMs)}`;
  const { usage } = attempt;
  if (usage !== null) json += `,"usage":${usageJson(usage)}`;
  const atEpochMs = facts.arrivedAtEpochMs + attempt.startedAtMs - facts.arrivedAtMs;
  const cost = facts.costs?.[index];
  json += `,"costPicodollars":${cost === undefined ? attemptCost(attempt, facts.targets, atEpochMs) : cost}`;
  const answered = usage?.model;
  if (answered !== undefined && answered !== facts.targets.get(attempt.target)?.model)
    json += `,"model":${JSON.stringify(answered)}`;
  const weights = facts.weightsOf?.(attempt.target) ?? null;
  return weights === null ? `${json}}` : `${json},"weights":${JSON.stringify(weights)}}`;
}

function stepJson({ target }: PlanStep): string {
  return target === null ? "null" : jsonName(target);
}

function skippedJson(skipped: readonly SkippedTarget[]): string {
  if (skipped.length === 0) return "";
  const told = skipped.map(({ target, step, failure: { cause, code } }) => ({
    ...{ target, step, cause },
    ...(code === undefined ? {} : { code }),
  }));
  return `,"skipped":${JSON.stringify(told)}`;
}

function cacheJson(cache: DecisionFacts["cache"]): string {
  if (cache === undefined) return ',"cache":"none"';
  const age = cache.ageMs === null ? "" : `,"cacheAgeMs":${Math.round(cache.ageMs)}`;
  const near = cache.similarity === null ? "" : `,"cacheSimilarity":${cache.similarity.toFixed(4)}`;
  const control = cache.control == null ? "" : `,"cacheControl":"${cache.control}"`;
  return `,"cache":"${cache.verdict}","cacheKey":"${cache.key}"${age}${near}${control}`;
}

function laneJson(
  { id, single }: NonNullable<DecisionFacts["batch"]>,
  code: DecisionFacts["code"],
): string {
  const why = code === undefined ? "" : `,"code":"${code}"`;
  return `,"lane":"batch","batch":${JSON.stringify(id)}${single ? ',"deferred":true' : ""}${why}`;
}

/** The decision record as one line of JSON with its line feed. Parses to a DecisionRecord. */
export function decisionLine(facts: DecisionFacts): string {
  // Put together by hand: a third of the time of building the object for JSON.stringify.
  let plan = "";
  for (const step of facts.steps) plan += `${plan === "" ? "" : ","}${stepJson(step)}`;
  let attempts = "";
  for (const [index, attempt] of facts.attempts.entries()) {
    attempts += `${attempts === "" ? "" : ","}${attemptJson(attempt, index, facts)}`;
  }
  const { askedJson = "" } = facts;
  const asked = askedJson === "" ? "" : `,"asked":${askedJson}`;
  const lane = facts.batch === undefined ? "" : laneJson(facts.batch, facts.code);
  const tags = facts.tags.length === 0 ? "" : `,"tags":${JSON.stringify(facts.tags)}`;
  return `{"v":1,"time":"${isoTime(facts.arrivedAtEpochMs)}","id":${JSON.stringify(facts.id)},"policy":${jsonName(facts.policy)},"hash":"${facts.hash}","facts":${facts.factsJson},"trust":${facts.trustJson}${asked},"rule":${jsonName(facts.rule)},"plan":[${plan}],"attempts":[${attempts}]${skippedJson(facts.skipped ?? [])}${cacheJson(facts.cache)},"seed":${facts.seed},"stream":${facts.stream},"outcome":"${facts.outcome}","status":${facts.status},"durationMs":${milliseconds(facts.endedAtMs - facts.arrivedAtMs)}${tags}${lane}}\n`;
}
