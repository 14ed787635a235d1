import { addMoney, type Picodollars } from "../base/money.ts";

/** How a threshold holds a number against a constant. */
export type ThresholdOp = "<" | "<=" | ">" | ">=";

/** Where one of two outcomes leads: whether it counts towards the share, and what it costs (null for no known price). */
export interface ThresholdSide {
  readonly counts: boolean;
  readonly cost: Picodollars | null;
}

/** A request as a threshold sees it. */
export interface ThresholdRequest {
  /** The number that is held against the threshold; null where it is unknown, or nobody asked for it. */
  readonly value: number | null;
  /** What becomes of it where the comparison holds, and where not. */
  readonly holds: ThresholdSide;
  readonly fails: ThresholdSide;
}

export interface ThresholdPoint {
  readonly threshold: number;
  /** Share of all requests that count, from 0 to 1. */
  readonly share: number;
  /** What all requests cost together, those without a known price left out; picodollars. */
  readonly cost: bigint;
}

export interface FittedThreshold {
  readonly best: ThresholdPoint;
  /** One point for every tenth of the values, in rising order of the threshold. */
  readonly curve: readonly ThresholdPoint[];
  /** Requests whose number is known and that the threshold parts: their two outcomes differ. */
  readonly parted: number;
}

export interface ThresholdFit {
  readonly op: ThresholdOp;
  /** From 0 to 1. */
  readonly targetShare: number;
  /** Whether the number is a whole one. */
  readonly isWhole: boolean;
}

const curvePoints = 10;

/**
 * The threshold whose share of requests that count is nearest to the one that is wanted; the shortest number that parts the
 * values so. Null where there is no value to part.
 */
export function fitThreshold(
  requests: readonly ThresholdRequest[],
  fit: ThresholdFit,
): FittedThreshold | null {
  const valued = requests
    .filter(({ value }) => value !== null)
    .sort((a, b) => (a.value as number) - (b.value as number));
  if (valued.length === 0) return null;
  const cuts = cutsOf(requests, valued, fit);
  const distance = ({ share }: ThresholdPoint): number => Math.abs(share - fit.targetShare);
  const best = cuts.reduce((one, other) => (distance(other) < distance(one) ? other : one));
  const curve = Array.from({ length: curvePoints + 1 }, (_, at) => {
    return cuts[Math.round((at / curvePoints) * (cuts.length - 1))] as ThresholdPoint;
  });
  const parted = valued.filter(({ holds, fails }) => {
    return holds.counts !== fails.counts || holds.cost !== fails.cost;
  });
  return { best, curve: [...new Set(curve)], parted: parted.length };
}

/** Every way to part the values, from below all of them to above: each with its share and its cost. */
function cutsOf(
  requests: readonly ThresholdRequest[],
  valued: readonly ThresholdRequest[],
  fit: ThresholdFit,
): readonly ThresholdPoint[] {
  const isBelow = fit.op === "<" || fit.op === "<=";
  const [below, above] = isBelow ? (["holds", "fails"] as const) : (["fails", "holds"] as const);
  let [counting, cost] = [0, 0n];
  // A comparison with what is unknown holds for nobody; both outcomes are then the same one.
  for (const request of requests) {
    const side = request[request.value === null ? "fails" : above];
    counting += Number(side.counts);
    cost += BigInt(side.cost ?? 0);
  }
  const points: ThresholdPoint[] = [];
  const add = (low: number | null, high: number | null): void => {
    const threshold = between(low, high, fit);
    if (threshold !== null) points.push({ threshold, share: counting / requests.length, cost });
  };
  add(null, valued[0]?.value ?? null);
  for (let at = 0; at < valued.length; ) {
    const value = valued[at]?.value as number;
    for (; at < valued.length && valued[at]?.value === value; at += 1) {
      const request = valued[at] as ThresholdRequest;
      counting += Number(request[below].counts) - Number(request[above].counts);
      cost += BigInt(addMoney(request[below].cost ?? 0, -(request[above].cost ?? 0)));
    }
    add(value, valued[at]?.value ?? null);
  }
  return points;
}

/** The shortest number that parts two neighbouring values; null where none does, beyond the ends of what a fact can be. */
function between(low: number | null, high: number | null, fit: ThresholdFit): number | null {
  const takesLow = fit.op === ">" || fit.op === "<=";
  const parts = (number: number): boolean => {
    const isAbove = low === null || (takesLow ? number >= low : number > low);
    const isBelow = high === null || (takesLow ? number < high : number <= high);
    return isAbove && isBelow && number >= 0;
  };
  if (fit.isWhole) {
    const number = takesLow ? (low ?? 0) : (high ?? (low ?? 0) + 1);
    return parts(number) ? number : null;
  }
  const middle = ((low ?? 0) + (high ?? 1)) / 2;
  for (let digits = 1; digits <= 8; digits += 1) {
    const number = Number(middle.toFixed(digits));
    if (parts(number)) return number;
  }
  const ends = takesLow ? low : high;
  return ends !== null && parts(ends) ? ends : null;
}
