import type { OperandShape } from "../../facts/fact.ts";
import type { Domain } from "./domain.ts";

/** Both ends belong to it; either may be infinite. Empty when low > high. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export const everything: Interval = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
};

type Arithmetic = Extract<OperandShape, { readonly kind: "arithmetic" }>;

/** The least interval round the known values of a domain; empty when there are none. */
export function hull(domain: Domain): Interval {
  if (domain.kind === "text") return everything;
  const [first, last] = [domain.ranges[0], domain.ranges.at(-1)];
  if (first === undefined || last === undefined) return { low: 1, high: 0 };
  const whole = domain.whole && Number.isFinite(last.to);
  return { low: first.from, high: whole ? last.to - 1 : last.to };
}

/** Where the values of a sum, difference or product lie, as a range that holds them all, and whether they are whole. */
export function shapeInterval(
  shape: Arithmetic,
  leafDomain: (leaf: OperandShape) => Domain,
): { readonly interval: { readonly from: number; readonly to: number }; readonly whole: boolean } {
  let whole = true;
  const of = (part: OperandShape): Interval => {
    if (part.kind === "arithmetic") return combine(part.op, of(part.left), of(part.right));
    const domain = leafDomain(part);
    whole &&= domain.kind === "number" && domain.whole;
    return hull(domain);
  };
  const { low, high } = of(shape);
  return { interval: { from: low, to: whole ? high + 1 : widen(high, 1) }, whole };
}

/** The interval of `a op b`. */
export function combine(op: Arithmetic["op"], a: Interval, b: Interval): Interval {
  if (op === "+") return { low: a.low + b.low, high: a.high + b.high };
  if (op === "-") return { low: a.low - b.high, high: a.high - b.low };
  const products = [
    times(a.low, b.low),
    times(a.low, b.high),
    times(a.high, b.low),
    times(a.high, b.high),
  ];
  return { low: Math.min(...products), high: Math.max(...products) };
}

/** Nothing of anything is nothing, also where the other end is open. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

/** What `part` of `whole = part op other` (or `other op part`, when it stands on the right) can be. */
export function invert(
  op: Arithmetic["op"],
  result: Interval,
  { other, isRight }: { readonly other: Interval; readonly isRight: boolean },
): Interval {
  if (op === "+") return combine("-", result, other);
  if (op === "-") return isRight ? combine("-", other, result) : combine("+", result, other);
  // A factor that may be zero tells nothing of the other.
  if (other.low <= 0 && other.high >= 0) return everything;
  const quotients = [
    ratio(result.low, other.low),
    ratio(result.low, other.high),
    ratio(result.high, other.low),
    ratio(result.high, other.high),
  ];
  return { low: Math.min(...quotients), high: Math.max(...quotients) };
}

function ratio(a: number, b: number): number {
  if (Number.isFinite(b)) return a / b;
  return Number.isFinite(a) ? 0 : a * Math.sign(b);
}

/** The common part of two intervals, rounding of doubles allowed for, rounded in for whole numbers. */
export function meetIntervals(a: Interval, b: Interval, whole: boolean): Interval {
  const low = Math.max(a.low, widen(b.low, -1));
  const high = Math.min(a.high, widen(b.high, 1));
  return whole ? { low: Math.ceil(low), high: Math.floor(high) } : { low, high };
}

/** Safe whole numbers are exact; anything else is moved outwards by far more than a rounding of doubles. */
function widen(value: number, direction: 1 | -1): number {
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return value;
  return value + direction * (Math.abs(value) * 1e-12 + Number.MIN_VALUE);
}
