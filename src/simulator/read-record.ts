import type { Picodollars } from "../base/money.ts";
import { causes } from "../protocol/cause.ts";
import type { UnansweredCode } from "../protocol/unanswered.ts";
import { type Usage, usageOfCounts } from "../protocol/usage.ts";
import { idOfPlace, type LinePlace } from "./log-file.ts";
import {
  type LoggedAttempt,
  type LoggedLatency,
  type LoggedOutcome,
  type LoggedRequest,
  type LoggedUsage,
  type ReadLine,
  readMoment,
  readSpan,
  unansweredStatus,
} from "./logged-request.ts";

/** The fields of a decision record that a replay rests on; anything may stand in a log, so each is checked. */
interface RecordLike {
  readonly v?: unknown;
  readonly time?: unknown;
  readonly id?: unknown;
  readonly facts?: unknown;
  readonly attempts?: unknown;
  readonly seed?: unknown;
  readonly durationMs?: unknown;
  readonly outcome?: unknown;
  readonly status?: unknown;
  readonly cache?: unknown;
  readonly cacheKey?: unknown;
  readonly cacheSimilarity?: unknown;
  readonly cacheControl?: unknown;
  readonly tags?: unknown;
  readonly stream?: unknown;
  readonly lane?: unknown;
  readonly deferred?: unknown;
  readonly code?: unknown;
}

/** Whether a JSON object is meant as a decision record. */
export function isRecord(json: object): boolean {
  return "v" in json && "facts" in json;
}

/** Reads a decision record of version 1. */
export function readRecord(json: object, place: LinePlace): ReadLine {
  const record = json as RecordLike;
  if (record.v !== 1) {
    return { ok: false, reason: `decision record of version ${String(record.v)}; known is 1` };
  }
  const { facts } = record;
  if (!isFacts(facts)) return { ok: false, reason: "`facts` is not an object" };
  const request = new RecordedRequest(record, facts, place);
  // Facts that the record holds by themselves, and its snapshot only where the policy asked.
  if (request.atMs !== null) facts["time"] ??= record.time;
  if (typeof record.stream === "boolean") facts["stream"] ??= record.stream;
  return { ok: true, request };
}

/** A class, since millions are made: what no decision rests on is read of the record when it is asked for. */
class RecordedRequest implements LoggedRequest {
  readonly line: number;
  readonly file: LoggedRequest["file"];
  readonly format = "records";
  readonly id: string;
  readonly atMs: number | null;
  readonly offsetMs = null;
  readonly facts: Record<string, unknown>;
  readonly chat = null;
  readonly seed: number | null;
  readonly usage: LoggedUsage | null;
  readonly latency: LoggedLatency | null;
  readonly #record: RecordLike;

  constructor(record: RecordLike, facts: Record<string, unknown>, place: LinePlace) {
    this.line = place.line;
    this.file = place.file;
    this.id = typeof record.id === "string" ? record.id : idOfPlace(place);
    this.atMs = readMoment(record.time);
    this.facts = facts;
    this.seed = typeof record.seed === "number" ? record.seed : null;
    this.usage = usageOf(record.attempts);
    this.latency = latencyOf(record);
    this.#record = record;
  }

  outcome(): LoggedOutcome {
    return outcomeOf(this.#record);
  }
}

function isFacts(facts: unknown): facts is Record<string, unknown> {
  return typeof facts === "object" && facts !== null && !Array.isArray(facts);
}

/** Tokens of the last attempt that has a count: the one whose answer the client got, unless all failed. */
function usageOf(attempts: unknown): LoggedUsage | null {
  if (!Array.isArray(attempts)) return null;
  for (let i = attempts.length - 1; i >= 0; i -= 1) {
    const attempt = (attempts[i] ?? {}) as Readonly<Record<string, unknown>>;
    const { target, usage } = attempt;
    if (typeof usage !== "object" || usage === null) continue;
    const counted = usage as Readonly<Record<string, unknown>>;
    const input = tokens(counted["input"]);
    const output = tokens(counted["output"]);
    if (input === null || output === null || typeof target !== "string") continue;
    return { input, output, served: new ServedUsage(target, attempt, counted) };
  }
  return null;
}

/** All that was counted of an answer, which most policies ask only where they send a request to the same target. */
class ServedUsage {
  readonly target: string;
  readonly #attempt: Fields;
  readonly #counted: Fields;

  constructor(target: string, attempt: Fields, counted: Fields) {
    this.target = target;
    this.#attempt = attempt;
    this.#counted = counted;
  }

  get usage(): Usage {
    return wholeUsage(this.#counted);
  }

  get durationMs(): number | null {
    return durationOf(this.#attempt);
  }
}

/** Only a first attempt that answered says how long its target takes; a fallback's time holds that of the failure too. */
function latencyOf({ attempts, durationMs }: RecordLike): LoggedLatency | null {
  const totalMs = readSpan(durationMs);
  if (!Array.isArray(attempts) || attempts.length !== 1 || totalMs === null) return null;
  const { target, outcome, firstTokenMs } = (attempts[0] ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (outcome !== "ok" || typeof target !== "string") return null;
  return { target, totalMs, firstTokenMs: readSpan(firstTokenMs) };
}

const outcomes: ReadonlySet<unknown> = new Set(["ok", "aborted", ...causes]);

const cached: ReadonlySet<string> = new Set(["hit", "stale", "collapsed"]);

function outcomeOf({
  attempts,
  outcome,
  status,
  cache,
  cacheKey,
  cacheSimilarity,
  cacheControl,
  durationMs,
  tags,
  stream,
  lane,
  deferred,
  code,
}: RecordLike): LoggedOutcome {
  const made = Array.isArray(attempts) ? attempts : [];
  const sole = lane === "batch" ? soleOfFirstStep(made) : null;
  const read = made.flatMap((attempt) => attemptOf(attempt, sole));
  const last = read.at(-1)?.outcome;
  return {
    ok: typeof outcome === "string" ? outcome === "ok" : null,
    status: tokens(status),
    cause:
      outcome !== "ok" && last !== undefined && last !== "ok" && last !== "aborted" ? last : null,
    cacheHit: typeof cache === "string" ? cached.has(cache) : null,
    // A client that wanted no kept answer, and none kept, asks nothing of a cache.
    cacheKey: typeof cacheKey === "string" && cache !== "bypass" ? cacheKey : null,
    cacheSimilarity: numberIn(cacheSimilarity),
    cacheControl: typeof cacheControl === "string" ? cacheControl : null,
    cost: costOf(made),
    durationMs: readSpan(durationMs),
    attempts: read,
    streamed: typeof stream === "boolean" ? stream : null,
    isBatch: lane === "batch",
    isDeferred: lane === "batch" && deferred === true,
    mayBeDeferred: lane === "batch" && deferred !== true && isOldWait(made, status, code),
    unanswered: lane === "batch" && isUnanswered(code) ? code : null,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
  };
}

function isUnanswered(code: unknown): code is UnansweredCode {
  return code === "batch_expired" || code === "batch_cancelled";
}

/** What all attempts cost; null where there were none, or one that was answered has no known price. One that failed before a token is billed by nobody. */
function costOf(attempts: readonly unknown[]): Picodollars | null {
  let sum: Picodollars | null = null;
  for (const given of attempts) {
    const { costPicodollars, outcome: ended } = (given ?? {}) as Fields;
    const cost = tokens(costPicodollars) ?? (ended === "ok" ? null : 0);
    if (cost === null) return null;
    sum = (sum ?? 0) + cost;
  }
  return sum;
}

/** A line that waited says why it was never answered, and of its attempts how they were made, since records tell what was deferred. */
function isOldWait(attempts: readonly unknown[], status: unknown, code: unknown): boolean {
  if (attempts.length === 0) return status === unansweredStatus && code === undefined;
  return attempts.every((each) => ((each ?? {}) as Fields)["batch"] === undefined);
}

/** The one attempt at a plan's first step; null where there are more. */
function soleOfFirstStep(attempts: readonly unknown[]): unknown {
  const [first, ...others] = attempts.filter((each) => ((each ?? {}) as Fields)["step"] === 0);
  return others.length > 0 ? null : first;
}

/**
 * Whether a provider's batch made an attempt. Records of before they said so tell it of answers alone: a failure is taken for a
 * batch's where it is the `sole` one at the first step of a line, since after a batch that step is not asked again.
 */
function isInBatch({ batch, usage, outcome }: Fields, isSole: boolean): boolean {
  if (typeof batch === "boolean") return batch;
  if ((usage as Fields | null | undefined)?.["tier"] === "batch") return true;
  return isSole && outcome !== "ok";
}

function attemptOf(given: unknown, sole: unknown): LoggedAttempt[] {
  const attempt = (given ?? {}) as Fields;
  const { target, outcome } = attempt;
  const code = attempt["code"] ?? attempt["why"];
  const usage = attempt["usage"] as Fields | null | undefined;
  if (typeof target !== "string" || !outcomes.has(outcome)) return [];
  return [
    {
      target,
      outcome: outcome as LoggedAttempt["outcome"],
      status: tokens(attempt["status"]),
      startMs: readSpan(attempt["startMs"]) ?? 0,
      firstTokenMs: readSpan(attempt["firstTokenMs"]),
      endMs: readSpan(attempt["endMs"]),
      outputTokens: tokens(usage?.["output"]),
      inputTokens: tokens(usage?.["input"]),
      code: typeof code === "string" ? code : null,
      retryAfterMs: tokens(attempt["retryAfterMs"]),
      ...(isInBatch(attempt, given === sole) ? { isBatched: true as const } : {}),
    },
  ];
}

type Fields = Readonly<Record<string, unknown>>;

function numberIn(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function durationOf(attempt: Fields): number | null {
  const [startMs, endMs] = [readSpan(attempt["startMs"]), readSpan(attempt["endMs"])];
  return startMs === null || endMs === null ? null : Math.max(endMs - startMs, 0);
}

function wholeUsage(counted: Readonly<Record<string, unknown>>): Usage {
  const counts = usageOfCounts({
    input: counted["input"],
    output: counted["output"],
    ...counted,
    statedCost: tokens(counted["statedPicodollars"]),
  });
  return counted["estimated"] === true ? { ...counts, estimated: true } : counts;
}

/** A count of tokens; null when it is none. */
export function tokens(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
