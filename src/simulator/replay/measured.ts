import { dollarsOf, MoneySum, type Picodollars } from "../../base/money.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { EndedRequest, Ending } from "./ended-request.ts";
import type { Quantiles, Share } from "./replay-report.ts";

/** Requests of one kind: counts, cost and time. */
export class Measured {
  requests = 0;
  answered = 0;
  failed = 0;
  readonly cost = new MoneySum();
  readonly total = new LatencyHistogram();

  add(request: EndedRequest, cost: Picodollars): void {
    this.requests += 1;
    this.cost.add(cost);
    if (request.ending === "failed") this.failed += 1;
    if (!isAnswered(request.ending)) return;
    this.answered += 1;
    if (request.waited === null) this.total.add(request.endedAtMs - request.arrivedAtMs);
  }

  share(name: string): Share {
    const { requests, answered, failed, cost, total } = this;
    const latency = quantilesOf(total);
    return { name, requests, answered, failed, cost: dollarsOf(cost.total()), latency };
  }
}

/** Whether the client got an answer, at once or later. */
export function isAnswered(ending: Ending): boolean {
  return ending === "ok" || ending === "cached" || ending === "deferred";
}

export function quantilesOf(histogram: LatencyHistogram): Quantiles | null {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => histogram.quantile(share));
  return p50 == null || p95 == null || p99 == null ? null : { p50, p95, p99 };
}

/** Kinds that are told apart; requests of further ones are counted together. */
const mostKinds = 200;

/** What those are called. */
export const othersName = "(others)";

/** Requests by the name of their kind. Its size is bounded. */
export class MeasuredKinds {
  readonly #kinds = new Map<string, Measured>();

  of(name: string): Measured {
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    const key = this.#kinds.size < mostKinds ? name : othersName;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = new Measured();
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  /** Most requests first. */
  shares(): readonly Share[] {
    return [...this.#kinds]
      .map(([name, kind]) => kind.share(name))
      .toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1));
  }
}
