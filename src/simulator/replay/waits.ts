import { dollarsOf, MoneySum } from "../../base/money.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { EndedRequest } from "./ended-request.ts";
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
  readonly #saved = new MoneySum();
  /** Made for the first: most policies let nothing wait. */
  #times: LatencyHistogram | null = null;

  add({ waited, ending, arrivedAtMs, endedAtMs }: EndedRequest): void {
    if (waited === null) return;
    this.#lines += 1;
    this.#saved.add(waited.saved ?? 0);
    if (ending === "deferred") this.#answered += 1;
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

  /** Null where nothing waited. */
  work(made: number): BatchWork | null {
    if (this.#lines === 0) return null;
    return {
      ...{ lines: this.#lines, made, answered: this.#answered },
      ...{ answeredLive: this.#answeredLive, expired: this.#expired, failed: this.#failed },
      ...{ calledBack: this.#calledBack, unplayed: this.#unplayed },
      waits: this.#times === null ? null : quantilesOf(this.#times),
      saved: dollarsOf(this.#saved.total()),
    };
  }
}
