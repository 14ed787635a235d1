import type { Cause } from "../../protocol/cause.ts";
import { type Quantiles, quantileAt, quantilesOf } from "./quantiles.ts";
import { Reservoir } from "./reservoir.ts";

/** A kind of failure. */
export interface FailureKind {
  readonly cause: Cause;
  readonly status: number | null;
}

export interface CountedFailure extends FailureKind {
  readonly name: string;
  readonly count: number;
  /** When they showed, those of moments for which `isOut` holds left aside where others are there. */
  times(isOut: (atMs: number) => boolean): Quantiles;
  /** When they asked to be asked again, in the middle; null where most do not say. */
  readonly retryAfterMs: number | null;
}

const keptTimes = 1_024;
/** Kinds told apart; a status that no wire knows makes no more of them. */
const mostKinds = 64;

interface Kind extends FailureKind {
  count: number;
  readonly times: Reservoir;
}

/** One failure of a log. */
export interface SeenFailure {
  /** How long after sending it showed; null where nobody knows. */
  readonly afterMs: number | null;
  /** When it was sent; NaN where the log tells no times. */
  readonly atMs: number;
  readonly retryAfterMs: number | null;
}

/** The name of a kind of failure. */
export function kindName({ cause, status }: FailureKind): string {
  return status === null ? cause : `${cause} ${status}`;
}

/** Counts failures by kind, with a sample of when they showed. */
export class FailureCounts {
  readonly #kinds = new Map<string, Kind>();
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  add(kind: FailureKind, { afterMs, atMs, retryAfterMs }: SeenFailure): void {
    const counted = this.#kindOf(kind);
    counted.count += 1;
    if (afterMs !== null) counted.times.add(Math.max(afterMs, 0), atMs, retryAfterMs ?? Number.NaN);
  }

  /** The kinds, the commonest first. */
  kinds(): readonly CountedFailure[] {
    return [...this.#kinds]
      .map(([name, { cause, status, count, times }]) => ({
        ...{ name, cause, status, count },
        times: (isOut: (atMs: number) => boolean) => timesOf(times, isOut),
        retryAfterMs: waitOf(times),
      }))
      .sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1));
  }

  #kindOf(given: FailureKind): Kind {
    const isNew = !this.#kinds.has(kindName(given));
    const { cause, status } =
      isNew && this.#kinds.size >= mostKinds ? { cause: given.cause, status: null } : given;
    const name = kindName({ cause, status });
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      const times = new Reservoir(3, keptTimes, `${this.#seed} ${name}`);
      kind = { cause, status, count: 0, times };
      this.#kinds.set(name, kind);
    }
    return kind;
  }
}

function timesOf(times: Reservoir, isOut: (atMs: number) => boolean): Quantiles {
  const rows = times.rows();
  if (rows.length === 0) return [0];
  const usual = rows.filter(([, atMs = Number.NaN]) => !isOut(atMs));
  return quantilesOf((usual.length === 0 ? rows : usual).map(([afterMs = 0]) => afterMs));
}

function waitOf(times: Reservoir): number | null {
  const rows = times.rows();
  const told = rows.flatMap(([, , wait = Number.NaN]) => (Number.isNaN(wait) ? [] : [wait]));
  if (told.length === 0 || told.length < rows.length / 2) return null;
  return Math.round(quantileAt(quantilesOf(told), 0.5));
}
