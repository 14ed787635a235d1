import { outageScript, throttledScript } from "../models/draw-attempt.ts";
import type { Outage, TargetModel } from "../models/target-model.ts";
import type { AttemptScript } from "../virtual-world.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface LearntParts {
  readonly modelOf: (target: string) => TargetModel;
  /** Outages that a log shows, on the replay's clock: milliseconds since the epoch. */
  readonly outages: readonly Outage[];
}

const minuteMs = 60_000;

interface Known {
  readonly model: TargetModel;
  readonly outages: readonly Outage[];
  readonly bucket: TokenBucket | null;
}

/** What a log shows of targets that hangs on the moment: when they were down, and what they took in a minute. */
export class Learnt {
  readonly #parts: LearntParts;
  readonly #known = new Map<string, Known>();

  constructor(parts: LearntParts) {
    this.#parts = parts;
  }

  modelOf(target: string): TargetModel {
    return this.#of(target).model;
  }

  /** Counts an attempt; whether it is beyond what the target takes in a minute. */
  counts(target: string, atMs: number): boolean {
    return (this.#of(target).bucket?.take(atMs) ?? 0) > 0;
  }

  /** What an attempt meets at a moment that the log tells nothing of; null for nothing but its own luck. `lot` and `rank` are uniform in [0, 1). */
  meets(
    target: string,
    atMs: number,
    {
      isBeyond,
      lot,
      rank,
    }: { readonly isBeyond: boolean; readonly lot: number; readonly rank: number },
  ): AttemptScript | null {
    const { model } = this.#of(target);
    const outage = this.outageAt(target, atMs);
    if (outage !== null && lot < outage.share) return outageScript(outage, rank);
    return isBeyond && model.throttle !== null ? throttledScript(model.throttle, rank) : null;
  }

  /** The outage that the log shows at a moment; null for none. */
  outageAt(target: string, atMs: number): Outage | null {
    const { outages } = this.#of(target);
    return outages.find(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs) ?? null;
  }

  #of(target: string): Known {
    let known = this.#known.get(target);
    if (known === undefined) {
      const model = this.#parts.modelOf(target);
      const outages = this.#parts.outages.filter((each) => each.target === target);
      const bucket =
        model.throttle === null ? null : new TokenBucket(model.throttle.perMinute, minuteMs);
      known = { model, outages, bucket };
      this.#known.set(target, known);
    }
    return known;
  }
}
