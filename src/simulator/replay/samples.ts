import { hashToUnit } from "../../base/hash.ts";
import { type Picodollars, picodollarsPerDollar } from "../../base/money.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { Arrival } from "./arrivals.ts";
import { originalId } from "./copied-request.ts";
import type { EndedRequest } from "./ended-request.ts";
import { isAnswered } from "./measured.ts";

/** Groups that requests are drawn into, by the request alone: two policies have the same requests in each. */
export const groupCount = 64;

/** Kinds of requests that are held against each other. */
const mostKinds = 100;

/** Sums over the requests of one group; cost in dollars, time in milliseconds. */
export interface GroupSums {
  readonly requests: Float64Array;
  readonly answered: Float64Array;
  /** Answered without delay: those whose time is in the sum. */
  readonly timed: Float64Array;
  readonly failed: Float64Array;
  readonly cached: Float64Array;
  readonly local: Float64Array;
  readonly cost: Float64Array;
  readonly timeMs: Float64Array;
}

export interface SampledRequest {
  readonly cost: Picodollars;
  readonly isLocal: boolean;
  readonly tenant: string | null;
  readonly intent: string | null;
}

/** Sums by group, from which intervals of confidence are drawn (bootstrap over groups). Its size does not depend on the log. */
export class Samples {
  readonly all = emptySums();
  readonly times: readonly LatencyHistogram[] = Array.from(
    { length: groupCount },
    () => new LatencyHistogram(),
  );
  readonly tenants = new Map<string, GroupSums>();
  readonly intents = new Map<string, GroupSums>();

  /** What was spent beside a request. */
  addCost(arrival: Arrival, cost: Picodollars): void {
    plus(this.all.cost, groupOf(arrival), cost / picodollarsPerDollar);
  }

  add(request: EndedRequest, sampled: SampledRequest): void {
    const group = groupOf(request.arrival);
    addTo(this.all, group, request, sampled);
    const { tenant, intent } = sampled;
    if (tenant !== null) addTo(sumsIn(this.tenants, tenant), group, request, sampled);
    if (intent !== null) addTo(sumsIn(this.intents, intent), group, request, sampled);
    if (isAnswered(request.ending) && request.waited === null)
      this.times[group]?.add(request.endedAtMs - request.arrivedAtMs);
  }
}

/** Copies are no further evidence: they stand in the group of the request that they are like. */
function groupOf(arrival: Arrival): number {
  return Math.floor(hashToUnit(originalId(arrival)) * groupCount);
}

function emptySums(): GroupSums {
  const zeros = (): Float64Array => new Float64Array(groupCount);
  return {
    ...{ requests: zeros(), answered: zeros(), timed: zeros(), failed: zeros(), cached: zeros() },
    ...{ local: zeros(), cost: zeros(), timeMs: zeros() },
  };
}

function sumsIn(kinds: Map<string, GroupSums>, name: string): GroupSums {
  const key = kinds.has(name) || kinds.size < mostKinds ? name : "(others)";
  let sums = kinds.get(key);
  if (sums === undefined) {
    sums = emptySums();
    kinds.set(key, sums);
  }
  return sums;
}

function addTo(
  sums: GroupSums,
  group: number,
  { ending, endedAtMs, arrivedAtMs, waited }: EndedRequest,
  { cost, isLocal }: SampledRequest,
): void {
  plus(sums.requests, group, 1);
  plus(sums.cost, group, cost / picodollarsPerDollar);
  if (ending === "failed") plus(sums.failed, group, 1);
  if (ending === "cached") plus(sums.cached, group, 1);
  if (!isAnswered(ending)) return;
  plus(sums.answered, group, 1);
  if (isLocal && ending !== "cached") plus(sums.local, group, 1);
  if (waited !== null) return;
  plus(sums.timed, group, 1);
  plus(sums.timeMs, group, endedAtMs - arrivedAtMs);
}

function plus(sums: Float64Array, group: number, amount: number): void {
  sums[group] = (sums[group] ?? 0) + amount;
}
