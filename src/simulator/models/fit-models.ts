import type { LoggedAttempt, LoggedRequest } from "../logged-request.ts";
import { TargetFitter } from "./target-fitter.ts";
import type { Models, Outage, SpeedModel, TargetModel } from "./target-model.ts";

/** Targets that are modelled; a log may name any number. */
export const mostTargets = 256;

/** Learns from a log how the targets behave that its attempts name. The same log gives the same models, in memory that does not grow with it. */
export class ModelFitter {
  readonly #fitters = new Map<string, TargetFitter>();
  readonly #unmeasured: (target: string) => SpeedModel;
  #requests = 0;
  #attempts = 0;
  #leftOut = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;

  /** `unmeasured` tells the speed of a target that the log has no answer of. */
  constructor(unmeasured: (target: string) => SpeedModel) {
    this.#unmeasured = unmeasured;
  }

  /** Rows of measured times that are kept. */
  get kept(): number {
    let rows = 0;
    for (const fitter of this.#fitters.values()) rows += fitter.kept;
    return rows;
  }

  /** Takes what a request tells of targets: its attempts. What a cache answered tells nothing, what waited in a batch how long that took. */
  add(request: LoggedRequest): void {
    this.#requests += 1;
    const arrivedMs = request.atMs ?? request.offsetMs ?? Number.NaN;
    if (!Number.isNaN(arrivedMs)) {
      this.#fromMs = Math.min(this.#fromMs, arrivedMs);
      this.#toMs = Math.max(this.#toMs, arrivedMs);
    }
    const { attempts, streamed, isBatch, cacheHit } = request.outcome();
    const { usage } = request;
    if (isBatch) {
      const answered = attempts.find(({ target, outcome, endMs }) => {
        return target === usage?.served?.target && outcome === "ok" && endMs !== null;
      });
      if (answered !== undefined && usage?.served?.usage.tier === "batch")
        this.#addBatch(answered, arrivedMs);
      return;
    }
    const told = attempts.length === 0 && cacheHit !== true ? attemptOfLatency(request) : attempts;
    for (const attempt of told) {
      this.#fitterOf(attempt.target)?.add(withOutput(attempt, request), {
        atMs: arrivedMs + attempt.startMs,
        streamed: streamed ?? attempt.firstTokenMs !== null,
        inputTokens: usage?.input ?? Number.NaN,
        outputTokens: usage?.output ?? Number.NaN,
      });
    }
  }

  /** The models of what was added so far. */
  models(): Models {
    const targets = new Map<string, TargetModel>();
    const outages: Outage[] = [];
    const isTimed = this.#fromMs <= this.#toMs;
    const start = isTimed ? this.#fromMs : 0;
    for (const [name, fitter] of [...this.#fitters].sort(([one], [other]) =>
      one < other ? -1 : 1,
    )) {
      const fitted = fitter.fit(() => this.#unmeasured(name));
      targets.set(name, fitted.model);
      for (const outage of fitted.outages) {
        const { fromMs, toMs } = outage;
        outages.push({ ...outage, fromMs: fromMs - start, toMs: toMs - start });
      }
    }
    return {
      log: {
        ...{ requests: this.#requests, attempts: this.#attempts },
        ...{ fromMs: isTimed ? this.#fromMs : null, toMs: isTimed ? this.#toMs : null },
        leftOut: this.#leftOut,
      },
      targets,
      outages: outages.sort((one, other) => one.fromMs - other.fromMs),
    };
  }

  #addBatch({ target, startMs, endMs }: LoggedAttempt, arrivedMs: number): void {
    this.#knownFitter(target)?.addBatch(arrivedMs + startMs, (endMs ?? startMs) - startMs);
  }

  #fitterOf(target: string): TargetFitter | null {
    const fitter = this.#knownFitter(target);
    if (fitter === null) this.#leftOut += 1;
    else this.#attempts += 1;
    return fitter;
  }

  /** Null for a target beyond those that are modelled. */
  #knownFitter(target: string): TargetFitter | null {
    let fitter = this.#fitters.get(target);
    if (fitter === undefined && this.#fitters.size < mostTargets) {
      fitter = new TargetFitter(target);
      this.#fitters.set(target, fitter);
    }
    return fitter ?? null;
  }
}

/** The tokens of an answer may be counted in its text alone. */
function withOutput(attempt: LoggedAttempt, { usage }: LoggedRequest): LoggedAttempt {
  const output = usage?.output ?? null;
  if (attempt.outcome !== "ok" || attempt.outputTokens !== null || output === null) return attempt;
  return { ...attempt, outputTokens: output };
}

/** Some logs tell how long an answer took, and of no attempt. */
function attemptOfLatency({ latency, usage }: LoggedRequest): LoggedAttempt[] {
  if (latency === null) return [];
  const { target, totalMs, firstTokenMs } = latency;
  return [
    {
      ...{ target, outcome: "ok", status: null, code: null, retryAfterMs: null },
      ...{ startMs: 0, firstTokenMs, endMs: totalMs },
      ...{ inputTokens: usage?.input ?? null, outputTokens: usage?.output ?? null },
    },
  ];
}
