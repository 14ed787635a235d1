import type { LoggedRequest } from "../logged-request.ts";
import type { LogSink } from "../read-log.ts";
import { longestHeldMs, shortestHeldMs } from "../replay/arrivals.ts";
import { mostLate } from "../replay/not-played.ts";
import { UnreadableLogError } from "../unreadable-log-error.ts";
import { timesOf, weightOf } from "./time-of.ts";

/** The first of a file that tell whether it is in order; they are held until then. Fewer do where they are large. */
const mostLooked = 5_000;
const fewestLooked = 200;
const lookedBytes = 4 * 1024 * 1024;

/** Of what is no accident, how many of two neighbours must stand the wrong way round: ends of requests stand so by the half at most. */
const mostTurned = 0.8;

/** What may be held of logs that are sorted here: together they live in memory, beside all that a replay needs. */
export class SortingRoom {
  #requests: number;
  #bytes: number;

  constructor({ requests = 1_000_000, bytes = 1024 ** 3 } = {}) {
    this.#requests = requests;
    this.#bytes = bytes;
  }

  /** Whether there is room for one more. */
  take(request: LoggedRequest): boolean {
    this.#requests -= 1;
    this.#bytes -= weightOf(request);
    return this.#requests >= 0 && this.#bytes >= 0;
  }
}

interface Held {
  readonly request: LoggedRequest;
  readonly cameMs: number;
  readonly endedMs: number;
}

type Order = "rising" | "falling" | "none";

/**
 * Hands on the requests of one file in the order in which they ended: at once where the file has them so, as its first tell; otherwise it
 * is held whole and sorted. Throws an UnreadableLogError for one that is too large for that.
 */
export class OrderKeeper implements Pick<LogSink, "request" | "skip"> {
  readonly #sink: Pick<LogSink, "request" | "skip">;
  readonly #room: SortingRoom;
  /** Whether the file was in no order, or its newest first. */
  isSorted = false;
  #state: "looks" | "holds" | "passes" = "looks";
  #held: Held[] = [];
  #bytes = 0;
  /** Which way a file stands that is held. */
  #order: Order = "rising";

  constructor(sink: Pick<LogSink, "request" | "skip">, room: SortingRoom) {
    this.#sink = sink;
    this.#room = room;
  }

  skip(...line: Parameters<LogSink["skip"]>): void {
    this.#sink.skip(...line);
  }

  request(request: LoggedRequest): void | Promise<void> {
    if (this.#state === "passes") return this.#sink.request(request);
    this.#hold(request);
    if (this.#state === "holds") return;
    this.#bytes += weightOf(request);
    const most = this.#bytes < lookedBytes ? mostLooked : fewestLooked;
    if (this.#held.length >= most) return this.#judge();
  }

  /** The file is at its end: what is held is handed on. */
  async end(): Promise<void> {
    if (this.#state === "looks") await this.#judge();
    if (this.#state !== "holds") return;
    this.#state = "passes";
    this.isSorted = true;
    await this.#hand(sorted(this.#held, this.#order));
  }

  #hold(request: LoggedRequest): void {
    if (this.#state === "holds" && !this.#room.take(request)) this.#refuse(request);
    const last = this.#held.at(-1);
    // One without a time stays with the one before.
    const { cameMs, endedMs } = timesOf(request) ?? last ?? { cameMs: 0, endedMs: 0 };
    this.#held.push({ request, cameMs, endedMs });
  }

  #judge(): void | Promise<void> {
    this.#order = orderOf(this.#held);
    if (this.#order === "rising") {
      this.#state = "passes";
      const held = this.#held;
      this.#held = [];
      return this.#hand(held);
    }
    this.#state = "holds";
    for (const { request } of this.#held) if (!this.#room.take(request)) this.#refuse(request);
  }

  async #hand(held: (Held | null)[]): Promise<void> {
    this.#held = [];
    for (const [index, each] of held.entries()) {
      // Whatever was handed on is not held any longer.
      held[index] = null;
      const waits = each === null ? undefined : this.#sink.request(each.request);
      if (waits !== undefined) await waits;
    }
  }

  #refuse({ line }: LoggedRequest): never {
    const [why, remedy] =
      this.#order === "falling"
        ? ["its newest requests stand first", "turn it round, as `tac` does with lines"]
        : ["its requests are in no order of time", "sort it by time, oldest first"];
    throw new UnreadableLogError(
      `${why}, and at line ${line} it is too large to be sorted here (about 1 GiB, or 1,000,000 requests); ${remedy}`,
    );
  }
}

/** Which way requests stand that are no more than a log's order of ends apart. What waited in the batch lane may have ended whenever. */
function orderOf(all: readonly Held[]): Order {
  const held = all.filter(({ request }) => !request.outcome().isBatch);
  const [ended, came] = [
    fallingShare(held.map(({ endedMs }) => endedMs)),
    fallingShare(held.map(({ cameMs }) => cameMs)),
  ];
  // Whoever is served last comes first may end in order what came in none.
  const isTurned = ended >= mostTurned || (came >= mostTurned && ended > 1 - mostTurned);
  if (isTurned) return "falling";
  return isRising(held) ? "rising" : "none";
}

/** Of neighbours that differ, how many stand the wrong way round. */
function fallingShare(times: readonly number[]): number {
  let [falling, rising] = [0, 0];
  for (const [index, atMs] of times.entries()) {
    const step = atMs - (times[index - 1] ?? atMs);
    if (step < 0) falling += 1;
    else if (step > 0) rising += 1;
  }
  return falling === 0 ? 0 : falling / (falling + rising);
}

/** Whether few are so late that a replay cannot put them in their place. */
function isRising(held: readonly Held[]): boolean {
  let [late, latestMs, heldMs] = [0, Number.NEGATIVE_INFINITY, shortestHeldMs];
  for (const { cameMs, endedMs } of held) {
    heldMs = Math.min(Math.max(heldMs, endedMs - cameMs), longestHeldMs);
    if (cameMs < latestMs - heldMs) late += 1;
    latestMs = Math.max(latestMs, cameMs);
  }
  return late <= held.length * mostLate;
}

/** One that stands on its head is turned round, so that its ties stand as they were; whatever is out of order then goes by its end. */
function sorted(held: Held[], order: Order): Held[] {
  if (order === "falling") {
    held.reverse();
    if (orderOf(held) === "rising") return held;
  }
  return held.sort((one, other) => one.endedMs - other.endedMs || one.cameMs - other.cameMs);
}
