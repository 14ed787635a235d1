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
  /** Whether its share is the wanted one, to half a per cent, or as near as one request more or less can tell. */
  readonly reached: boolean;
  /** The least and the largest share that any threshold gives. */
  readonly least: number;
  readonly most: number;
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
  /** The threshold that stands; it is kept where no other is better. */
  readonly present: number;
}

const curvePoints = 10;
const nearEnough = 0.005;

/** A way to part the values: between these two, null beyond the lowest and the highest. */
interface Cut extends ThresholdPoint {
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The threshold whose share of requests that count is nearest to the one that is wanted, at the least cost. Of those that come to the
 * same the present one, else a short number from the middle of the widest gap. Null where there is no value to part.
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
  const best = bestOf(cuts, fit);
  const curve = Array.from({ length: curvePoints + 1 }, (_, at) => {
    return cuts[Math.round((at / curvePoints) * (cuts.length - 1))] as Cut;
  });
  const parted = valued.filter(({ holds, fails }) => {
    return holds.counts !== fails.counts || holds.cost !== fails.cost;
  });
  const shares = cuts.map(({ share }) => share).sort((a, b) => a - b);
  return {
    best,
    reached: Math.abs(best.share - fit.targetShare) <= Math.max(nearEnough, 0.5 / requests.length),
    least: shares[0] as number,
    most: shares.at(-1) as number,
    curve: [...new Set(curve)].map(pointOf),
    parted: parted.length,
  };
}

const pointOf = ({ threshold, share, cost }: ThresholdPoint): ThresholdPoint => ({
  threshold,
  share,
  cost,
});

function bestOf(cuts: readonly Cut[], fit: ThresholdFit): ThresholdPoint {
  const distance = ({ share }: Cut): number => Math.abs(share - fit.targetShare);
  const isBetter = (one: Cut, other: Cut): boolean => {
    const nearer = distance(one) - distance(other);
    return nearer < 0 || (nearer === 0 && one.cost < other.cost);
  };
  const best = cuts.reduce((one, other) => (isBetter(other, one) ? other : one));
  // Neighbours that come to the same are one gap.
  const gaps: Cut[] = [];
  let isOpen = false;
  for (const cut of cuts) {
    const isEqual = cut.share === best.share && cut.cost === best.cost;
    if (isEqual && isOpen) gaps.push({ ...(gaps.pop() as Cut), high: cut.high });
    else if (isEqual) gaps.push(cut);
    isOpen = isEqual;
  }
  if (gaps.some(({ low, high }) => doesPart(fit.present, low, high, fit))) {
    return { ...pointOf(best), threshold: fit.present };
  }
  const width = ({ low, high }: Cut): number => (high ?? Math.max(low ?? 0, 1)) - (low ?? 0);
  const { low, high } = gaps.reduce((one, other) => (width(other) > width(one) ? other : one));
  return { ...pointOf(best), threshold: between(low, high, fit) ?? best.threshold };
}

/** Every way to part the values, from below all of them to above: each with its share and its cost. */
function cutsOf(
  requests: readonly ThresholdRequest[],
  valued: readonly ThresholdRequest[],
  fit: ThresholdFit,
): readonly Cut[] {
  const isBelow = fit.op === "<" || fit.op === "<=";
  const [below, above] = isBelow ? (["holds", "fails"] as const) : (["fails", "holds"] as const);
  let [counting, cost] = [0, 0n];
  // A comparison with what is unknown holds for nobody; both outcomes are then the same one.
  for (const request of requests) {
    const side = request[request.value === null ? "fails" : above];
    counting += Number(side.counts);
    cost += BigInt(side.cost ?? 0);
  }
  const cuts: Cut[] = [];
  const add = (low: number | null, high: number | null): void => {
    const threshold = between(low, high, fit);
    if (threshold === null) return;
    cuts.push({ threshold, share: counting / requests.length, cost, low, high });
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
  return cuts;
}

const takesLow = ({ op }: ThresholdFit): boolean => op === ">" || op === "<=";

/** Whether a threshold stands between two values. */
function doesPart(
  threshold: number,
  low: number | null,
  high: number | null,
  fit: ThresholdFit,
): boolean {
  const isAbove = low === null || (takesLow(fit) ? threshold >= low : threshold > low);
  const isBelow = high === null || (takesLow(fit) ? threshold < high : threshold <= high);
  return isAbove && isBelow && threshold >= 0;
}

/** The shortest number that parts two values, near their middle; null where none does, beyond the ends of what a fact can be. */
function between(low: number | null, high: number | null, fit: ThresholdFit): number | null {
  const end = takesLow(fit) ? (low ?? 0) : (high ?? (low ?? 0) + 1);
  const middle = ((low ?? 0) + (high ?? (fit.isWhole ? end : 1))) / 2;
  for (let digits = 1; digits <= (fit.isWhole ? 16 : 8); digits += 1) {
    const number = fit.isWhole
      ? Math.round(Number(middle.toPrecision(digits)))
      : Number(middle.toFixed(digits));
    if (doesPart(number, low, high, fit)) return number;
  }
  const isEnd = fit.isWhole || (takesLow(fit) ? low : high) !== null;
  return isEnd && doesPart(end, low, high, fit) ? end : null;
}
