import type { Cause } from "../../protocol/cause.ts";

/** What an attempt says of whether its target was up; `at` is null where the log tells no times. */
export interface Sign {
  readonly failed: boolean;
  /** Names the kind of failure; the same for all that answered. */
  readonly kind: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A stretch in which nearly all attempts failed, on the log's own clock. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly attempts: number;
  readonly failed: number;
  /** Attempts by the kind of their failure. */
  readonly kinds: ReadonlyMap<string, number>;
}

/** Causes that say that a target was down; the others are of the request, of a limit, or of us. */
export const outageCauses: ReadonlySet<Cause> = new Set<Cause>([
  "overloaded",
  "timeout",
  "first_token_timeout",
  "server_error",
  "network",
  "cut_stream",
  "auth",
]);

/** How much likelier a failure, and an answer, is in an outage (19 of 20 fail) than at other times (1 of 10 does); logarithms. */
const onFailure = Math.log(0.95 / 0.1);
const onAnswer = Math.log(0.05 / 0.9);
/** So much must speak for an outage: eight failures in a row. */
const enough = 8 * onFailure - 0.01;
/** So much must speak for its end: two answers in a row. */
const isOver = 2 * onAnswer + 0.01;
/** Stretches kept of one target: the longest. */
const mostStretches = 100;

/** Watches a target's attempts in the order of the log for stretches in which nearly all failed (a cumulative sum of what speaks for it). */
export class OutageWatch {
  readonly #found: Stretch[] = [];
  #score = 0;
  #peak = 0;
  #run = new Run();
  /** What came since the peak, and so may not belong to it any more. */
  #since = new Run();

  add(sign: Sign): void {
    if (this.#score <= 0 && !sign.failed) return;
    this.#score += sign.failed ? onFailure : onAnswer;
    this.#since.add(sign);
    if (this.#score > this.#peak) {
      this.#peak = this.#score;
      this.#run.take(this.#since);
      this.#since = new Run();
    }
    if (this.#score <= 0 || this.#score - this.#peak <= isOver) this.#close();
  }

  /** The stretches so far, by time. */
  stretches(): readonly Stretch[] {
    const open = this.#peak >= enough ? [this.#run.stretch()] : [];
    return [...this.#found, ...open].sort((one, other) => one.fromMs - other.fromMs);
  }

  #close(): void {
    if (this.#peak >= enough) this.#found.push(this.#run.stretch());
    if (this.#found.length > mostStretches) {
      this.#found.sort((one, other) => other.failed - one.failed).pop();
    }
    this.#score = 0;
    this.#peak = 0;
    this.#run = new Run();
    this.#since = new Run();
  }
}

/** Counts of a few attempts in a row. */
class Run {
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;
  #attempts = 0;
  #failed = 0;
  readonly #kinds = new Map<string, number>();

  add({ failed, kind, fromMs, toMs }: Sign): void {
    this.#fromMs = Math.min(this.#fromMs, fromMs);
    this.#toMs = Math.max(this.#toMs, toMs);
    this.#attempts += 1;
    if (!failed) return;
    this.#failed += 1;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  }

  take(other: Run): void {
    this.#fromMs = Math.min(this.#fromMs, other.#fromMs);
    this.#toMs = Math.max(this.#toMs, other.#toMs);
    this.#attempts += other.#attempts;
    this.#failed += other.#failed;
    for (const [kind, count] of other.#kinds)
      this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + count);
  }

  stretch(): Stretch {
    return {
      ...{ fromMs: this.#fromMs, toMs: this.#toMs },
      ...{ attempts: this.#attempts, failed: this.#failed, kinds: new Map(this.#kinds) },
    };
  }
}
