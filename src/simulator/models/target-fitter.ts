import type { LoggedAttempt } from "../logged-request.ts";
import { AttemptTimes } from "./attempt-times.ts";
import { BatchFitter } from "./batch-fitter.ts";
import {
  type CountedFailure,
  FailureCounts,
  type FailureKind,
  kindName,
} from "./failure-counts.ts";
import type { StreamedTimes } from "./fit-speed.ts";
import { MinuteCounts } from "./minute-counts.ts";
import { OutageWatch, outageCauses, type Stretch } from "./outage-watch.ts";
import { type Quantiles, quantileAt, quantilesOf } from "./quantiles.ts";
import { Reservoir } from "./reservoir.ts";
import type { Observation } from "./survival.ts";
import type { BreakModel, FailureModel, Outage, SpeedModel, TargetModel } from "./target-model.ts";

/** Answers of which the sizes are kept. */
const keptSizes = 1_024;

/** What a log tells beside an attempt. */
export interface AttemptContext {
  /** When it was sent, on the log's clock; NaN where it tells no times. */
  readonly atMs: number;
  readonly streamed: boolean;
  /** Tokens of the prompt and of the whole answer, where another attempt was counted; NaN for unknown. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Our own limits: what they cut off would have taken longer. */
const ownLimits: ReadonlySet<string> = new Set([
  "upstream_timeout",
  "ttft_timeout",
  "stream_too_slow",
  "deadline_exceeded",
]);
const deadline = "deadline";
/** Trouble of the gateway's own, which says nothing of a target. */
const ownTrouble: ReadonlySet<string> = new Set(["queue_full", "no_sockets", "internal_error"]);
const idleLimit = "stream_idle_timeout";

/** Learns from a log how one target behaves, in bounded memory. */
export class TargetFitter {
  readonly #name: string;
  readonly #times: AttemptTimes;
  readonly #failures: FailureCounts;
  readonly #breaks: FailureCounts;
  readonly #stalls: FailureCounts;
  readonly #minutes: MinuteCounts;
  readonly #sizes: Reservoir;
  readonly #watch = new OutageWatch();
  readonly #batches: BatchFitter;
  readonly #kinds = new Map<string, SignKind>();
  #attempts = 0;
  #answers = 0;
  #streams = 0;

  constructor(name: string) {
    this.#name = name;
    this.#times = new AttemptTimes(name);
    this.#failures = new FailureCounts(`failures ${name}`);
    this.#breaks = new FailureCounts(`breaks ${name}`);
    this.#stalls = new FailureCounts(`stalls ${name}`);
    this.#sizes = new Reservoir(2, keptSizes, `sizes ${name}`);
    this.#minutes = new MinuteCounts(`minutes ${name}`);
    this.#batches = new BatchFitter(name);
  }

  /** Rows of numbers that are kept; bounded however long a log is. */
  get kept(): number {
    return this.#times.kept;
  }

  add(attempt: LoggedAttempt, context: AttemptContext): void {
    const { outcome, status, code, startMs, endMs } = attempt;
    if (code !== null && ownTrouble.has(code)) return;
    if (outcome === "unavailable" || outcome === "budget_exceeded") return;
    const { atMs } = context;
    const tookMs = endMs === null ? null : Math.max(endMs - startMs, 0);
    this.#attempts += 1;
    if (context.streamed) this.#streams += 1;
    if (!Number.isNaN(atMs)) this.#minutes.add(atMs, outcome === "rate_limited");
    if (outcome === "ok") {
      this.#answers += 1;
      const input = attempt.inputTokens ?? context.inputTokens;
      const output = attempt.outputTokens ?? Number.NaN;
      if (input >= 0 && output >= 0) this.#sizes.add(input, output);
      this.#sign(null, context, tookMs);
      this.#time(attempt, context, "seen");
    } else if (outcome === "aborted") {
      this.#time(attempt, context, code === deadline ? "cut" : "left");
    } else {
      const isCut = isOwnLimit(attempt);
      const kind = { cause: outcome, status, isCut, begun: attempt.firstTokenMs !== null };
      this.#sign(kind, context, tookMs);
      if (isCut) this.#time(attempt, context, "cut");
      else this.#fail(attempt, { cause: outcome, status }, context);
    }
  }

  /** Takes how long a batch took that was begun at a moment on the log's clock. */
  addBatch(begunAtMs: number, tookMs: number): void {
    this.#batches.add(begunAtMs, tookMs);
  }

  /** How it behaves; where it never answered, `unmeasured` tells its speed. Outages are on the log's clock. */
  fit(unmeasured: () => SpeedModel): { model: TargetModel; outages: readonly Outage[] } {
    const stretches = this.#watch.stretches();
    const isOut = (atMs: number): boolean =>
      stretches.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs);
    const { speed, capacity } = this.#times.fit(isOut);
    const limit = this.#minutes.limit();
    const kinds = this.#failures.kinds();
    const out = sum(stretches.map(({ attempts }) => attempts));
    const throttled = limit === null ? [] : kinds.filter(({ cause }) => cause === "rate_limited");
    const refused = sum(throttled.map(({ count }) => count));
    const usual = Math.max(this.#attempts - out - refused, 1);
    const failures = kinds
      .filter((kind) => !throttled.includes(kind))
      .flatMap((kind) => failureModel(kind, { usual, stretches, isOut }));
    const failing = sum(failures.map(({ share }) => share));
    const { firstToken, rest, together } = speed ?? unmeasured();
    const usualSize = this.#usual();
    const gaps = Math.max((usualSize?.outputTokens ?? 0) - 1, 0);
    const restOfAnswer = Math.max(rest.baseMs + rest.perTokenMs * gaps, 1);
    const streams = { usual: Math.max(this.#streams - out, 1), stretches, isOut };
    const breaksOf = (counts: FailureCounts, silent: boolean): BreakModel[] =>
      counts.kinds().flatMap((kind) => breakModel(kind, streams, { restMs: restOfAnswer, silent }));
    const model: TargetModel = {
      ...{ attempts: this.#attempts, answers: this.#answers, usual: usualSize },
      ...{ firstToken, rest, together, failures },
      silent: (speed?.beyond ?? (this.#times.wasCut ? 1 : 0)) * Math.max(1 - failing, 0),
      breaks: [...breaksOf(this.#breaks, false), ...breaksOf(this.#stalls, true)],
      capacity,
      throttle: throttleModel(limit, throttled, isOut),
      batchMs: this.#batches.fit(),
    };
    return { model, outages: stretches.map((stretch) => this.#outage(stretch, kinds)) };
  }

  #fail(attempt: LoggedAttempt, kind: FailureKind, context: AttemptContext): void {
    const { startMs, firstTokenMs, endMs, code } = attempt;
    const sinceMs = firstTokenMs ?? startMs;
    const afterMs = endMs === null ? null : endMs - sinceMs;
    const seen = { afterMs, atMs: context.atMs, retryAfterMs: attempt.retryAfterMs };
    if (firstTokenMs === null) this.#failures.add(kind, seen);
    else {
      const counts = code === idleLimit ? this.#stalls : this.#breaks;
      counts.add(kind, seen);
      this.#time(attempt, context, "seen");
    }
  }

  /** Keeps the times of an attempt that was answered, cut off or left. */
  #time(attempt: LoggedAttempt, context: AttemptContext, end: Observation["end"]): void {
    const { startMs, firstTokenMs, endMs } = attempt;
    const inputTokens = attempt.inputTokens ?? context.inputTokens;
    // Without an end it is not known how long it took; without a size not why.
    if ((firstTokenMs === null && endMs === null) || Number.isNaN(inputTokens)) return;
    const totalMs = (endMs ?? firstTokenMs ?? startMs) - startMs;
    const stay = { atMs: context.atMs, tookMs: totalMs };
    if (firstTokenMs !== null) {
      this.#times.addStreamed(stay, {
        ...{ inputTokens, firstTokenMs: firstTokenMs - startMs, first: "seen" },
        ...restOf(attempt, end),
      });
    } else if (context.streamed && end !== "seen") {
      const none = { gaps: null, restMs: null };
      this.#times.addStreamed(stay, { inputTokens, firstTokenMs: totalMs, first: end, ...none });
    } else {
      const seen = attempt.outputTokens ?? Number.NaN;
      const outputTokens = end === "seen" ? seen : context.outputTokens;
      if (end === "seen" && Number.isNaN(outputTokens)) return;
      this.#times.addWhole(stay, { inputTokens, outputTokens, totalMs, end });
    }
  }

  #sign(kind: SignKind | null, { atMs }: AttemptContext, tookMs: number | null): void {
    if (Number.isNaN(atMs)) return;
    if (kind !== null && !outageCauses.has(kind.cause)) return;
    const name = kind === null ? "" : signName(kind);
    if (kind !== null && this.#kinds.size < 64) this.#kinds.set(name, kind);
    this.#watch.add({
      ...{ failed: kind !== null, kind: name },
      ...{ fromMs: atMs, toMs: atMs + (tookMs ?? 0) },
    });
  }

  #outage(stretch: Stretch, kinds: readonly CountedFailure[]): Outage {
    const { fromMs, toMs, attempts, failed } = stretch;
    const [name = ""] = [...stretch.kinds].reduce((most, each) =>
      each[1] > most[1] ? each : most,
    );
    const { cause, status, isCut } = this.#kinds.get(name) ?? unknownSign;
    const counted = isCut ? undefined : kinds.find((kind) => kind.name === name);
    const outside = (atMs: number): boolean => !(atMs >= fromMs && atMs <= toMs);
    return {
      ...{ target: this.#name, fromMs, toMs, attempts, share: failed / attempts },
      ...{ cause, status, afterMs: counted?.times(outside) ?? null },
    };
  }

  #usual(): TargetModel["usual"] {
    const rows = this.#sizes.rows();
    if (rows.length === 0) return null;
    const middle = (at: number): number =>
      Math.round(quantileAt(quantilesOf(rows.map((row) => row[at] ?? 0)), 0.5));
    return { inputTokens: middle(0), outputTokens: middle(1) };
  }
}

/** The tokens after the first and how long they took: of a whole answer, or of as much as came until a limit. */
function restOf(
  { firstTokenMs, endMs, outcome, outputTokens }: LoggedAttempt,
  end: Observation["end"],
): Pick<StreamedTimes, "gaps" | "restMs"> {
  const isTold = outcome === "ok" || (end === "cut" && (outputTokens ?? 0) >= 2);
  if (!isTold || firstTokenMs === null || endMs === null || outputTokens === null)
    return { gaps: null, restMs: null };
  return { gaps: Math.max(outputTokens - 1, 0), restMs: endMs - firstTokenMs };
}

/** A failure as a sign of an outage; one that a limit of ours made, or that broke a stream, is another kind. */
interface SignKind extends FailureKind {
  readonly isCut: boolean;
  readonly begun: boolean;
}

const unknownSign: SignKind = { cause: "server_error", status: null, isCut: false, begun: false };

function signName(kind: SignKind): string {
  if (kind.isCut) return `limit ${kindName(kind)}`;
  return kind.begun ? streamName(kindName(kind)) : kindName(kind);
}

const streamName = (name: string): string => `stream ${name}`;

/** Whether a limit of ours ended it: by its code, or as a time limit without an answer of the target's. */
function isOwnLimit({ outcome, status, code }: LoggedAttempt): boolean {
  if (code !== null) return ownLimits.has(code);
  return status === null && (outcome === "timeout" || outcome === "first_token_timeout");
}

interface Shares {
  /** Attempts outside outages. */
  readonly usual: number;
  readonly stretches: readonly Stretch[];
  isOut(atMs: number): boolean;
}

const countedIn = (name: string, stretches: readonly Stretch[]): number =>
  sum(stretches.map(({ kinds }) => kinds.get(name) ?? 0));

function failureModel(kind: CountedFailure, shares: Shares): FailureModel[] {
  const { cause, status, retryAfterMs, name, count } = kind;
  const left = count - countedIn(name, shares.stretches);
  if (left <= 0) return [];
  const share = Math.min(left / shares.usual, 1);
  return [{ cause, status, retryAfterMs, share, afterMs: kind.times(shares.isOut) }];
}

function breakModel(
  kind: CountedFailure,
  shares: Shares,
  { restMs, silent }: { readonly restMs: number; readonly silent: boolean },
): BreakModel[] {
  const { cause, status, name, count } = kind;
  const left = count - countedIn(streamName(name), shares.stretches);
  if (left <= 0) return [];
  const after = kind.times(shares.isOut).map((ms) => Math.min(ms / restMs, 1));
  return [{ cause, status, silent, share: Math.min(left / shares.usual, 1), after }];
}

function throttleModel(
  perMinute: number | null,
  throttled: readonly CountedFailure[],
  isOut: (atMs: number) => boolean,
): TargetModel["throttle"] {
  if (perMinute === null) return null;
  const afterMs: Quantiles = throttled[0]?.times(isOut) ?? [0];
  return { perMinute, retryAfterMs: throttled[0]?.retryAfterMs ?? null, afterMs };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}
