import type { Target } from "../../catalog/target.ts";
import type { Failure } from "../../protocol/failure.ts";
import { retrySame } from "../../runtime/providers/classify.ts";
import type { PlayedFault } from "./replay-report.ts";
import type { Fault, Moment, Scenario, Stretch } from "./scenario.ts";
import { TokenBucket } from "./token-bucket.ts";

const dayMs = 86_400_000;

/** When a refused connection shows, in milliseconds. */
const refusedAfterMs = 20;

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

interface OnTarget extends Interval {
  failure?: Failure;
  factor?: number;
  bucket?: TokenBucket;
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
      ...hits(throttles).map(({ fromMs, toMs, most, perMs }) => {
        return { fromMs, toMs, bucket: new TokenBucket(most, perMs) };
      }),
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

/** What a scenario has against targets, at the times it falls on where a replay begins at `startMs`. */
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
    ...throttles.map((fault) => played(fault, "throttle", (fault.most * 60_000) / fault.perMs)),
    ...slow.map((fault) => played(fault, "slow", fault.factor)),
  ];
}

function downBy(cause: Failure["cause"]): Failure {
  const message = "an outage of the scenario";
  return { cause, retrySame: retrySame.has(cause), code: "outage", message };
}

/** Of these nobody is told: an attempt that meets them hears nothing, until a limit of its own plan has passed. */
const silent: ReadonlySet<Failure["cause"]> = new Set<Failure["cause"]>([
  "timeout",
  "first_token_timeout",
]);

/** Why a call fails, and after how many milliseconds; null for never heard of. */
export interface Refusal {
  readonly afterMs: number | null;
  readonly failure: Failure;
}

const refusedBy = (failure: Failure): Refusal => ({
  afterMs: silent.has(failure.cause) ? null : refusedAfterMs,
  failure,
});

/** What a scenario makes of attempts at one target. */
export class TargetConditions {
  /** Attempts that it works on at once; null where the scenario does not say. */
  readonly slots: number | null;
  readonly #on: readonly OnTarget[];
  constructor(on: readonly OnTarget[], slots: number | null) {
    this.#on = on;
    this.slots = slots;
  }

  /** Why an attempt sent at a moment fails, and after how long, null for never; null where nothing is against it. Counts it. */
  refuses(atMs: number): Refusal | null {
    for (const { fromMs, toMs, failure, bucket } of this.#on) {
      if (atMs < fromMs || atMs >= toMs) continue;
      if (failure !== undefined) return refusedBy(failure);
      const waitMs = bucket?.take(atMs) ?? 0;
      if (waitMs > 0) return { afterMs: refusedAfterMs, failure: throttled(waitMs) };
    }
    return null;
  }

  /** The same of an outage alone: what else is sent there than attempts is no matter of a throttle. */
  isDown(atMs: number): Refusal | null {
    for (const { fromMs, toMs, failure } of this.#on)
      if (failure !== undefined && atMs >= fromMs && atMs < toMs) return refusedBy(failure);
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
}

/** A refusal that names the moment when there is room again. */
function throttled(waitMs: number): Failure {
  const message = "a throttle of the scenario";
  const retryAfterMs = Math.ceil(waitMs);
  return { cause: "rate_limited", retrySame: true, status: 429, retryAfterMs, message };
}
