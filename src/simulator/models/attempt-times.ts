import { AtOnce } from "./at-once.ts";
import { fitCapacity, type LoadedTime } from "./fit-capacity.ts";
import {
  type FittedSpeed,
  type StreamedTimes,
  streamedSpeed,
  type WholeTimes,
  wholeSpeed,
} from "./fit-speed.ts";
import { fitTime, fittedMs } from "./fit-time.ts";
import { quantileAt, quantilesOf } from "./quantiles.ts";
import { Reservoir } from "./reservoir.ts";

/** Answers of each sort of which the times are kept: enough for a p95 right within 2 %. */
export const keptAnswers = 4_096;

const ends = ["seen", "cut", "left"] as const;

/** Fewer answers than this tell nothing better than more of them do, though some of those waited. */
const leastUnloaded = 50;

interface Placed {
  readonly atMs: number;
  readonly atOnce: number;
}

/** When an attempt was sent, on the log's clock, NaN where it tells no times, and how long it was there. */
export interface Stay {
  readonly atMs: number;
  readonly tookMs: number;
}

/** Keeps a sample of a target's times, with how many attempts were there at once. */
export class AttemptTimes {
  readonly #streamed: Reservoir;
  readonly #whole: Reservoir;
  readonly #atOnce: AtOnce;

  constructor(name: string) {
    this.#streamed = new Reservoir(7, keptAnswers, `streamed ${name}`);
    this.#whole = new Reservoir(6, keptAnswers, `whole ${name}`);
    this.#atOnce = new AtOnce((atOnce, row) => this.#keep(atOnce, row));
  }

  get kept(): number {
    return this.#streamed.size + this.#whole.size;
  }

  addStreamed(stay: Stay, times: StreamedTimes): void {
    const { inputTokens, firstTokenMs, first, gaps, restMs } = times;
    const none = Number.NaN;
    const row = [inputTokens, firstTokenMs, ends.indexOf(first), gaps ?? none, restMs ?? none];
    this.#add(stay, [...row, stay.atMs]);
  }

  addWhole(stay: Stay, { inputTokens, outputTokens, totalMs, end }: WholeTimes): void {
    this.#add(stay, [inputTokens, outputTokens, totalMs, ends.indexOf(end), stay.atMs]);
  }

  /** The speed of an attempt that waits for no other, and after how many at once they wait; times inside outages are left aside. */
  fit(isOut: (atMs: number) => boolean): {
    readonly speed: FittedSpeed | null;
    readonly capacity: number | null;
  } {
    this.#atOnce.end();
    const streamed = this.#streamed
      .rows()
      .map(streamedOf)
      .filter(({ atMs }) => !isOut(atMs));
    const whole = this.#whole
      .rows()
      .map(wholeOf)
      .filter(({ atMs }) => !isOut(atMs));
    const capacity = fitCapacity([...loadedStreams(streamed), ...loadedWholes(whole)]);
    if (capacity === null) return { capacity, speed: speedOf(streamed, whole) };
    const alone = <Times extends Placed>(times: readonly Times[]): readonly Times[] => {
      const found = times.filter(({ atOnce }) => atOnce <= capacity);
      return found.length < leastUnloaded ? times : found;
    };
    return { capacity, speed: speedOf(alone(streamed), alone(whole)) };
  }

  /** Whether nothing was ever heard of an attempt until a limit. */
  get wasCut(): boolean {
    const cut = ends.indexOf("cut");
    const isCut = (at: number) => (row: Float64Array) => row[at] === cut;
    return this.#streamed.rows().some(isCut(2)) || this.#whole.rows().some(isCut(3));
  }

  #add({ atMs, tookMs }: Stay, row: readonly number[]): void {
    if (Number.isNaN(atMs)) this.#keep(1, row);
    else this.#atOnce.add({ fromMs: atMs, toMs: atMs + tookMs, row });
  }

  #keep(atOnce: number, row: readonly number[]): void {
    (row.length === 6 ? this.#streamed : this.#whole).add(...row, atOnce);
  }
}

/** Streams tell both parts of a time apart; wholes do where there are hardly any streams. */
function speedOf(
  streamed: readonly StreamedTimes[],
  whole: readonly WholeTimes[],
): FittedSpeed | null {
  const streams = streamed.filter(({ first }) => first === "seen").length;
  const wholes = whole.filter(({ end }) => end === "seen").length;
  if (streams >= 100 || streams >= wholes) return streamedSpeed(streamed) ?? wholeSpeed(whole);
  return wholeSpeed(whole) ?? streamedSpeed(streamed);
}

/** Those with the fewest beside them: a third, or more where many have as few. */
function leastLoaded<Times extends Placed>(times: readonly Times[]): readonly Times[] {
  const few = quantileAt(quantilesOf(times.map(({ atOnce }) => atOnce)), 0.3);
  return times.filter(({ atOnce }) => atOnce <= few);
}

function loadedStreams(times: readonly (StreamedTimes & Placed)[]): readonly LoadedTime[] {
  const known = times.filter(({ first, restMs }) => first === "seen" && restMs !== null);
  if (known.length === 0) return [];
  const begun = leastLoaded(known).map(({ firstTokenMs }) => firstTokenMs);
  const usual = quantileAt(quantilesOf(begun), 0.5);
  return known.map(({ firstTokenMs, restMs, atOnce }) => ({
    atOnce,
    ratio: (firstTokenMs + (restMs ?? 0)) / Math.max(usual + (restMs ?? 0), 1e-3),
  }));
}

function loadedWholes(times: readonly (WholeTimes & Placed)[]): readonly LoadedTime[] {
  const known = times.filter(({ end }) => end === "seen");
  if (known.length === 0) return [];
  const alone = leastLoaded(known);
  const fitted = fitTime({
    ms: Float64Array.from(alone, ({ totalMs }) => totalMs),
    tokens: [
      Float64Array.from(alone, ({ inputTokens }) => inputTokens),
      Float64Array.from(alone, ({ outputTokens }) => outputTokens),
    ],
  });
  return known.map(({ inputTokens, outputTokens, totalMs, atOnce }) => ({
    ...{ atOnce, ratio: totalMs / fittedMs(fitted, [inputTokens, outputTokens]) },
  }));
}

function streamedOf(row: Float64Array): StreamedTimes & Placed {
  const [inputTokens = 0, firstTokenMs = 0, first = 0, gaps = 0, restMs = 0] = row;
  const isWhole = !Number.isNaN(gaps) && !Number.isNaN(restMs);
  return {
    ...{ inputTokens, firstTokenMs, first: ends[first] ?? "seen" },
    ...{ gaps: isWhole ? gaps : null, restMs: isWhole ? Math.max(restMs, 0) : null },
    ...{ atMs: row[5] ?? Number.NaN, atOnce: row[6] ?? 1 },
  };
}

function wholeOf(row: Float64Array): WholeTimes & Placed {
  const [inputTokens = 0, outputTokens = 0, totalMs = 0, end = 0, atMs = 0, atOnce = 1] = row;
  return { inputTokens, outputTokens, totalMs, end: ends[end] ?? "seen", atMs, atOnce };
}
