import type { Random } from "../../base/random.ts";
import { EventQueue } from "../event-queue.ts";
import type { Arrival } from "./arrivals.ts";

/** Copies come up to so long after the request they are like, so that they do not come at once. */
const spreadMs = 60_000;

/** Requests whose copies are spread over time; those of further ones come at once. */
const mostSpread = 20_000;

interface Copied {
  readonly request: Arrival["request"];
  readonly copy: number;
  /** How many are to come, this one among them. */
  readonly left: number;
  /** Until when the last of them has come. */
  readonly untilMs: number;
}

/** Requests that stand for traffic which the log does not have. Of each request of the log only the next copy is kept. */
export class Copies {
  readonly #random: Random;
  readonly #next = new EventQueue<Copied>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** So many copies of a request that came, spread over the time after it. */
  add(arrival: Arrival, count: number): void {
    const isSpread = this.#next.size < mostSpread;
    this.#addNext(arrival, count, arrival.atMs + (isSpread ? spreadMs : 0));
  }

  /** So many copies, each to be taken at once. */
  addAtOnce(arrival: Arrival, count: number): void {
    this.#addNext(arrival, count, arrival.atMs);
  }

  /** When the next of all copies comes; Infinity for none. */
  nextAtMs(): number {
    return this.#next.nextAtMs();
  }

  take(): Arrival | null {
    const next = this.#next.take();
    if (next === undefined) return null;
    const { request, copy, left, untilMs } = next.item;
    const arrival = { request, copy, atMs: next.atMs };
    this.#addNext(arrival, left - 1, untilMs);
    return arrival;
  }

  /** The earliest of so many moments that lie evenly spread between the one before and the end. */
  #addNext({ request, copy, atMs }: Arrival, left: number, untilMs: number): void {
    if (left <= 0) return;
    const share = 1 - (1 - this.#random.next()) ** (1 / left);
    const nextMs = atMs + (untilMs - atMs) * share;
    this.#next.add(nextMs, { request, copy: copy + 1, left, untilMs });
  }
}
