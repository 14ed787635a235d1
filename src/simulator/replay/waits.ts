import { dollarsOf, MoneySum } from "../../base/money.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { EndedRequest, Waited } from "./ended-request.ts";
import { isAnswered, quantilesOf } from "./measured.ts";
import type { BatchWork } from "./replay-report.ts";

/** What became of requests that waited in the batch lane. */
export class Waits {
  #lines = 0;
  #answered = 0;
  #answeredLive = 0;
  #expired = 0;
  #calledBack = 0;
  #failed = 0;
  #unplayed = 0;
  /** Answered in a batch at a price that is known, and at one that is not. */
  #priced = 0;
  #unpriced = 0;
  readonly #saved = new MoneySum();
  /** Made for the first: most policies let nothing wait. */
  #times: LatencyHistogram | null = null;

  add({ waited, ending, arrivedAtMs, endedAtMs }: EndedRequest): void {
    if (waited === null) return;
    this.#lines += 1;
    if (ending === "deferred") this.#addAnswered(waited);
    else if (ending === "ok") this.#answeredLive += 1;
    else if (ending === "client-gone") this.#calledBack += 1;
    else if (waited.isExpired) this.#expired += 1;
    else this.#failed += 1;
    if (!isAnswered(ending)) return;
    if (!waited.isPlayed) this.#unplayed += 1;
    else {
      this.#times ??= new LatencyHistogram();
      this.#times.add(endedAtMs - arrivedAtMs);
    }
  }

  #addAnswered({ saved }: Waited): void {
    this.#answered += 1;
    if (saved === null) this.#unpriced += 1;
    else {
      this.#priced += 1;
      this.#saved.add(saved);
    }
  }

  /** Null where nothing waited. */
  work(made: number): BatchWork | null {
    if (this.#lines === 0) return null;
    return {
      ...{ lines: this.#lines, made, answered: this.#answered },
      ...{ answeredLive: this.#answeredLive, expired: this.#expired, failed: this.#failed },
      ...{ calledBack: this.#calledBack, unplayed: this.#unplayed },
      waits: this.#times === null ? null : quantilesOf(this.#times),
      saved: this.#priced === 0 && this.#unpriced > 0 ? null : dollarsOf(this.#saved.total()),
      unpriced: this.#unpriced,
    };
  }
}
