import type { Target } from "../../catalog/target.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { PlayedFault } from "./replay-report.ts";
import type { Fault, Moment, Scenario, Stretch } from "./scenario.ts";

const dayMs = 86_400_000;
const minuteMs = 60_000;

/** When a refused connection shows, in milliseconds. */
const refusedAfterMs = 20;

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

interface OnTarget extends Interval {
  failure?: Failure;
  factor?: number;
  perMinute?: number;
}

/** What a scenario makes of attempts at targets, from a moment on at which the log begins. */
export class Conditions {
  readonly #scenario: Scenario;
  readonly #targetOf: (name: string) => Target | undefined;
  readonly #startMs: number;
  readonly #byTarget = new Map<string, TargetConditions>();

  constructor(
    scenario: Scenario,
    parts: {
      readonly targetOf: (name: string) => Target | undefined;
      /** When the log begins, in milliseconds since the epoch. */
      readonly startMs: number;
    },
  ) {
    this.#scenario = scenario;
    this.#targetOf = parts.targetOf;
    this.#startMs = parts.startMs;
  }

  of(target: string): TargetConditions {
    let known = this.#byTarget.get(target);
    if (known === undefined) {
      known = new TargetConditions(this.#on(target), this.#slotsOf(target));
      this.#byTarget.set(target, known);
    }
    return known;
  }

  #on(target: string): readonly OnTarget[] {
    const { outages, throttles, slow } = this.#scenario;
    const hits = <F extends Fault>(faults: readonly F[]): (F & Interval)[] =>
      faults
        .filter((fault) => this.#isMeant(fault.target, target))
        .map((fault) => ({ ...fault, ...intervalOf(fault, this.#startMs) }));
    return [
      ...hits(outages).map(({ fromMs, toMs, cause }) => ({ fromMs, toMs, failure: downBy(cause) })),
      ...hits(throttles).map(({ fromMs, toMs, perMinute }) => ({ fromMs, toMs, perMinute })),
      ...hits(slow).map(({ fromMs, toMs, factor }) => ({ fromMs, toMs, factor })),
    ];
  }

  #slotsOf(target: string): number | null {
    const meant = this.#scenario.capacities.filter((each) => this.#isMeant(each.target, target));
    return meant.at(-1)?.slots ?? null;
  }

  #isMeant(named: string, target: string): boolean {
    return named === "*" || named === target || this.#targetOf(target)?.provider === named;
  }
}

function intervalOf({ from, forMs }: Stretch, startMs: number): Interval {
  const fromMs = from === null ? Number.NEGATIVE_INFINITY : epochOf(from, startMs);
  const toMs = forMs === null || from === null ? Number.POSITIVE_INFINITY : fromMs + forMs;
  return { fromMs, toMs };
}

function epochOf(moment: Moment, startMs: number): number {
  if (moment.kind === "epoch") return moment.ms;
  if (moment.kind === "after-start") return startMs + moment.ms;
  const today = Math.floor(startMs / dayMs) * dayMs + moment.ms;
  return today < startMs ? today + dayMs : today;
}

/** What a scenario has against targets, at the times it falls on where a log begins at `startMs`. */
export function faultsOf(
  { outages, throttles, slow }: Scenario,
  startMs: number,
): readonly PlayedFault[] {
  const played = (fault: Fault, kind: PlayedFault["kind"], amount: number | null): PlayedFault => {
    const { fromMs, toMs } = intervalOf(fault, startMs);
    const bound = (ms: number): number | null => (Number.isFinite(ms) ? ms : null);
    return { target: fault.target, kind, amount, fromMs: bound(fromMs), toMs: bound(toMs) };
  };
  return [
    ...outages.map((fault) => played(fault, "outage", null)),
    ...throttles.map((fault) => played(fault, "throttle", fault.perMinute)),
    ...slow.map((fault) => played(fault, "slow", fault.factor)),
  ];
}

function downBy(cause: Failure["cause"]): Failure {
  return { cause, retrySame: true, code: "outage", message: "an outage of the scenario" };
}

/** What a scenario makes of attempts at one target. */
export class TargetConditions {
  /** Attempts that it works on at once; null where the scenario does not say. */
  readonly slots: number | null;
  readonly #on: readonly OnTarget[];
  /** The minute that throttled attempts are counted in, and how many it had, by throttle. */
  readonly #taken = new Map<OnTarget, { minute: number; count: number }>();

  constructor(on: readonly OnTarget[], slots: number | null) {
    this.#on = on;
    this.slots = slots;
  }

  /** Why an attempt sent at a moment fails, and after how long; null where nothing is against it. Counts it. */
  refuses(atMs: number): { readonly afterMs: number; readonly failure: Failure } | null {
    for (const each of this.#on) {
      if (atMs < each.fromMs || atMs >= each.toMs) continue;
      if (each.failure !== undefined) return { afterMs: refusedAfterMs, failure: each.failure };
      if (each.perMinute !== undefined && !this.#takes(each, each.perMinute, atMs))
        return { afterMs: refusedAfterMs, failure: throttled(atMs) };
    }
    return null;
  }

  /** How many times as long an answer takes. */
  slowness(atMs: number): number {
    let factor = 1;
    for (const each of this.#on)
      if (each.factor !== undefined && atMs >= each.fromMs && atMs < each.toMs)
        factor *= each.factor;
    return factor;
  }

  #takes(throttle: OnTarget, perMinute: number, atMs: number): boolean {
    const minute = Math.floor(atMs / minuteMs);
    const taken = this.#taken.get(throttle);
    const count = taken?.minute === minute ? taken.count : 0;
    if (count >= perMinute) return false;
    this.#taken.set(throttle, { minute, count: count + 1 });
    return true;
  }
}

/** A refusal that names the next minute, when there is room again. */
function throttled(atMs: number): Failure {
  const retryAfterMs = minuteMs - (atMs % minuteMs);
  const message = "a throttle of the scenario";
  return { cause: "rate_limited", retrySame: true, status: 429, retryAfterMs, message };
}
