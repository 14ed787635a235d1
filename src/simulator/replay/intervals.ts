import { dollarsOf, type Picodollars } from "../../base/money.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { EndedRequest } from "./ended-request.ts";
import { isAnswered } from "./measured.ts";
import type { Interval } from "./replay-report.ts";

/** Intervals that are kept at most; where a log goes on beyond them, two become one. */
const mostIntervals = 120;

const firstWidthMs = 1_000;

/** Widths that read well on an axis, in milliseconds: from a second to weeks. */
const widths: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3_600_000),
];

class Bin {
  requests = 0;
  answered = 0;
  failed = 0;
  fallbacks = 0;
  cached = 0;
  cost = 0;
  readonly total = new LatencyHistogram();

  merge(other: Bin): void {
    this.requests += other.requests;
    this.answered += other.answered;
    this.failed += other.failed;
    this.fallbacks += other.fallbacks;
    this.cached += other.cached;
    this.cost += other.cost;
    this.total.merge(other.total);
  }
}

/** What became of requests by when they came. Its size is bounded, however long the log is. */
export class Intervals {
  #widthMs = firstWidthMs;
  #bins = new Map<number, Bin>();

  add(request: EndedRequest, cost: Picodollars): void {
    const bin = this.#binAt(request.arrivedAtMs);
    bin.requests += 1;
    bin.cost += cost;
    if (request.ending === "failed") bin.failed += 1;
    if (request.ending === "cached") bin.cached += 1;
    if (isFallback(request)) bin.fallbacks += 1;
    if (!isAnswered(request.ending)) return;
    bin.answered += 1;
    if (request.waited === null) bin.total.add(request.endedAtMs - request.arrivedAtMs);
  }

  /** In the order of time; those without a request between others are there too. */
  list(): readonly Interval[] {
    const places = [...this.#bins.keys()].toSorted((a, b) => a - b);
    const [first = 0] = places;
    const last = places.at(-1) ?? -1;
    const empty = new Bin();
    const list: Interval[] = [];
    for (let place = first; place <= last && places.length > 0; place += 1) {
      const { total, cost, requests, answered, failed, fallbacks, cached } =
        this.#bins.get(place) ?? empty;
      list.push({
        ...{ atMs: place * this.#widthMs, requests, answered, failed, fallbacks, cached },
        ...{ cost: dollarsOf(Math.round(cost)) },
        ...{ p50: total.quantile(0.5), p95: total.quantile(0.95) },
      });
    }
    return list;
  }

  #binAt(atMs: number): Bin {
    for (;;) {
      const place = Math.floor(atMs / this.#widthMs);
      const known = this.#bins.get(place);
      if (known !== undefined) return known;
      if (this.#isRoomFor(place)) {
        const bin = new Bin();
        this.#bins.set(place, bin);
        return bin;
      }
      this.#widen();
    }
  }

  #isRoomFor(place: number): boolean {
    let [first, last] = [place, place];
    for (const each of this.#bins.keys()) {
      if (each < first) first = each;
      if (each > last) last = each;
    }
    return last - first < mostIntervals;
  }

  #widen(): void {
    const wider = widths.find((width) => width > this.#widthMs && width % this.#widthMs === 0);
    const widthMs = wider ?? this.#widthMs * 2;
    const bins = new Map<number, Bin>();
    for (const [place, bin] of this.#bins) {
      const at = Math.floor((place * this.#widthMs) / widthMs);
      const into = bins.get(at);
      if (into === undefined) bins.set(at, bin);
      else into.merge(bin);
    }
    this.#widthMs = widthMs;
    this.#bins = bins;
  }
}

/** Whether another target than the first of its plan answered. */
export function isFallback({ ending, answeredBy, choice }: EndedRequest): boolean {
  return ending === "ok" && answeredBy !== null && answeredBy !== choice.target;
}
