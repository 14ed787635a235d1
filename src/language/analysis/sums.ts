import type { OperandShape } from "../../facts/fact.ts";
import { type Domain, hasKnown, holds, numbers } from "./domain.ts";
import { combine, everything, hull, type Interval, invert, meetIntervals } from "./interval.ts";

/** A derived value and the states it has to be in: either a known one, or unknown. */
export interface SumDemand {
  readonly shape: Extract<OperandShape, { readonly kind: "arithmetic" }>;
  readonly domain: Domain;
}

/** Facts by key, undefined for unknown. `infeasible` is proven; `gave-up` proves nothing. */
export type Solved = ReadonlyMap<string, number | undefined> | "infeasible" | "gave-up";

/** The key of a fact inside a sum. */
export function leafKey(shape: OperandShape): string {
  if (shape.kind === "target") return `${shape.target}.${shape.fact}`;
  return shape.kind === "fact" ? shape.name : "";
}

/** The keys of every fact inside a sum, constants left out. */
export function leavesOf(shape: OperandShape): readonly string[] {
  if (shape.kind === "arithmetic") return [...leavesOf(shape.left), ...leavesOf(shape.right)];
  return shape.kind === "constant" ? [] : [leafKey(shape)];
}

/** The value of a sum, undefined when a part is. */
export function evaluateSum(
  shape: OperandShape,
  read: (key: string) => number | undefined,
): number | undefined {
  if (shape.kind === "constant") return shape.value;
  if (shape.kind !== "arithmetic") return read(leafKey(shape));
  const left = evaluateSum(shape.left, read);
  const right = evaluateSum(shape.right, read);
  if (left === undefined || right === undefined) return undefined;
  if (shape.op === "+") return left + right;
  return shape.op === "-" ? left - right : left * right;
}

const mostRangeChoices = 64;
const mostTries = 200;
const narrowingRounds = 12;

/** Looks for values of the facts inside sums, each in its domain, under which every sum is as demanded. */
export function solveSums(
  demands: readonly SumDemand[],
  domains: ReadonlyMap<string, Domain>,
): Solved {
  const known = demands.filter(({ domain }) => !domain.unknown || hasKnown(domain));
  const mustBeKnown = new Set(known.flatMap(({ shape }) => leavesOf(shape)));
  for (const key of mustBeKnown) {
    const domain = domains.get(key);
    if (domain === undefined || !hasKnown(domain)) return "infeasible";
  }
  const values = new Map<string, number | undefined>();
  for (const { shape } of demands.filter((each) => !known.includes(each))) {
    const keys = leavesOf(shape);
    const unknown = keys.filter((key) => domains.get(key)?.unknown && !mustBeKnown.has(key));
    const chosen = unknown.find((key) => values.has(key)) ?? unknown[0];
    if (chosen === undefined) return "infeasible";
    values.set(chosen, undefined);
  }
  const solved = new Search(known, domains).run([...mustBeKnown]);
  return typeof solved === "string" ? solved : new Map([...values, ...solved]);
}

type Intervals = Map<string, Interval>;

class Search {
  readonly #demands: readonly SumDemand[];
  readonly #domains: ReadonlyMap<string, Domain>;
  #choices = 0;
  #tries = 0;

  constructor(demands: readonly SumDemand[], domains: ReadonlyMap<string, Domain>) {
    this.#demands = demands;
    this.#domains = domains;
  }

  run(keys: readonly string[]): Solved {
    return keys.length === 0 ? new Map() : this.#byRanges(keys, 0, new Map());
  }

  /** Every combination of the facts' ranges, as long as there are few. */
  #byRanges(keys: readonly string[], at: number, intervals: Intervals): Solved {
    const key = keys[at];
    if (key === undefined) return this.#within(keys, intervals);
    const domain = this.#domains.get(key);
    if (domain?.kind !== "number") return "infeasible";
    let result: Solved = "infeasible";
    for (const range of domain.ranges) {
      this.#choices += 1;
      if (this.#choices > mostRangeChoices) return "gave-up";
      const only = numbers([range], { whole: domain.whole, unknown: false });
      const solved = this.#byRanges(keys, at + 1, new Map([...intervals, [key, hull(only)]]));
      if (typeof solved !== "string") return solved;
      if (solved === "gave-up") result = solved;
    }
    return result;
  }

  #within(keys: readonly string[], intervals: Intervals): Solved {
    if (!this.#narrow(intervals)) return "infeasible";
    return this.#tryValues(keys, intervals) ?? "gave-up";
  }

  /** Tries the ends of what is left of each fact in turn, narrowing the others with each; null when none fits. */
  #tryValues(keys: readonly string[], intervals: Intervals): Map<string, number> | null {
    const open = keys.find((key) => {
      const { low, high } = intervals.get(key) ?? everything;
      return low !== high;
    });
    this.#tries += 1;
    if (this.#tries > mostTries) return null;
    if (open === undefined) {
      const values = new Map(keys.map((key) => [key, intervals.get(key)?.low ?? 0]));
      return this.#fits(values) ? values : null;
    }
    const whole = this.#isWhole(open);
    for (const value of candidates(intervals.get(open) ?? everything, whole)) {
      const next: Intervals = new Map([...intervals, [open, { low: value, high: value }]]);
      if (!this.#narrow(next)) continue;
      const found = this.#tryValues(keys, next);
      if (found !== null) return found;
    }
    return null;
  }

  #fits(values: ReadonlyMap<string, number>): boolean {
    return (
      [...values].every(([key, value]) => {
        const domain = this.#domains.get(key);
        return domain !== undefined && holds(domain, value);
      }) &&
      this.#demands.every(({ shape, domain }) =>
        holds(
          domain,
          evaluateSum(shape, (key) => values.get(key)),
        ),
      )
    );
  }

  #isWhole(key: string): boolean {
    const domain = this.#domains.get(key);
    return domain?.kind === "number" && domain.whole;
  }

  /** Cuts off what no solution can have; false when nothing is left. */
  #narrow(intervals: Intervals): boolean {
    for (let round = 0; round < narrowingRounds; round += 1) {
      let changed = false;
      for (const { shape, domain } of this.#demands) {
        const outcome = this.#push(shape, hull(domain), intervals);
        if (outcome === "empty") return false;
        changed ||= outcome === "changed";
      }
      if (!changed) return true;
    }
    return true;
  }

  #intervalOf(shape: OperandShape, intervals: Intervals): Interval {
    if (shape.kind === "constant") return { low: shape.value, high: shape.value };
    if (shape.kind !== "arithmetic") return intervals.get(leafKey(shape)) ?? everything;
    const { op, left, right } = shape;
    return combine(op, this.#intervalOf(left, intervals), this.#intervalOf(right, intervals));
  }

  /** Demands that a part lies in `target`, and what follows of that for the facts in it. */
  #push(
    shape: OperandShape,
    target: Interval,
    intervals: Intervals,
  ): "empty" | "changed" | "unchanged" {
    const now = this.#intervalOf(shape, intervals);
    const isLeaf = shape.kind !== "arithmetic" && shape.kind !== "constant";
    const whole = isLeaf && this.#isWhole(leafKey(shape));
    const met = meetIntervals(now, target, whole);
    if (met.low > met.high) return "empty";
    if (isLeaf) {
      if (met.low === now.low && met.high === now.high) return "unchanged";
      intervals.set(leafKey(shape), met);
      return "changed";
    }
    if (shape.kind !== "arithmetic") return "unchanged";
    const { op, left, right } = shape;
    const leftNow = this.#intervalOf(left, intervals);
    const rightNow = this.#intervalOf(right, intervals);
    const first = this.#push(left, invert(op, met, { other: rightNow, isRight: false }), intervals);
    if (first === "empty") return first;
    const second = this.#push(right, invert(op, met, { other: leftNow, isRight: true }), intervals);
    return second === "unchanged" ? first : second;
  }
}

/** Values worth trying in an interval, its ends first. */
function candidates({ low, high }: Interval, whole: boolean): readonly number[] {
  const middle = (low + high) / 2;
  const values = [low, high, 0, 1, whole ? Math.floor(middle) : middle, low + 1, high - 1];
  return [...new Set(values)].filter(
    (value) => Number.isFinite(value) && value >= low && value <= high,
  );
}
