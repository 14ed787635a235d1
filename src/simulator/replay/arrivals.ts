import { createRandom, type Random } from "../../base/random.ts";
import { EventQueue } from "../event-queue.ts";
import type { LoggedRequest } from "../logged-request.ts";

/** A request of the log at the moment at which it comes in. */
export interface Arrival {
  readonly request: LoggedRequest;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** 0 for the log's own; further ones stand for traffic that the log does not have. */
  readonly copy: number;
}

/** When requests come in. */
export interface ArrivalSettings {
  /** Requests per second, in place of the log's own times; null for those. */
  readonly perSecond: number | null;
  /** The log's own times pass so many times as fast. */
  readonly speed: number;
  /** So many requests come for one of the log. */
  readonly traffic: number;
  /** By how much that grows with each day of the log: 0.05 is a twentieth a day. */
  readonly growthPerDay: number;
  readonly seed: string | number;
  /** When the first comes where the log does not tell; milliseconds since the epoch. */
  readonly startMs: number;
}

/**
 * Logs tell of requests as they end. To have them in the order in which they came, they are held for as long as the longest of them took,
 * as far as the log was read, within these bounds.
 */
const mostHeld = 20_000;
const shortestHeldMs = 30_000;
const longestHeldMs = 900_000;

/** Copies come up to so long after the request they are like, so that they do not come at once. */
const copySpreadMs = 60_000;

const msPerDay = 86_400_000;

/** Puts the requests of a log in the order in which they come in, at the times asked for. Its size is bounded. */
export class Arrivals {
  readonly #settings: ArrivalSettings;
  readonly #random: Random;
  readonly #held = new EventQueue<Omit<Arrival, "atMs">>();
  /** The first time of the log, as it tells it. */
  #zeroMs: number | null = null;
  /** The latest that a request of the log came. */
  #latestMs = Number.NEGATIVE_INFINITY;
  #heldMs = shortestHeldMs;
  #nextMs: number;
  #untimed = 0;

  constructor(settings: ArrivalSettings) {
    this.#settings = settings;
    this.#random = createRandom(`arrivals/${settings.seed}`);
    this.#nextMs = settings.startMs;
  }

  /** Requests that neither the log nor a rate gives a time: they come together with the one before. */
  get untimed(): number {
    return this.#untimed;
  }

  /** Adds a request of the log, in the log's order. */
  add(request: LoggedRequest): void {
    const { traffic, growthPerDay, perSecond } = this.#settings;
    const loggedMs = this.#loggedMs(request);
    this.#zeroMs ??= loggedMs;
    const tookMs = request.latency?.totalMs ?? request.outcome().durationMs ?? 0;
    this.#heldMs = Math.min(Math.max(this.#heldMs, tookMs), longestHeldMs);
    const days = Math.max(loggedMs - this.#zeroMs, 0) / msPerDay;
    const copies = this.#countOf(traffic * (1 + growthPerDay) ** days);
    for (let copy = 0; copy < copies; copy += 1) {
      const atMs = perSecond === null ? this.#timeOf(loggedMs, copy) : this.#next(perSecond);
      this.#held.add(atMs, { request, copy });
    }
  }

  /** The next that is sure to come before all that the log may still tell of; null for none. `done`: the log is at its end. */
  take(done: boolean): Arrival | null {
    const nextMs = this.#held.nextAtMs();
    const isDue =
      nextMs < this.#latestMs - this.#heldMs / this.#settings.speed ||
      this.#held.size > mostHeld ||
      this.#settings.perSecond !== null;
    const next = done || isDue ? this.#held.take() : undefined;
    return next === undefined ? null : { ...next.item, atMs: next.atMs };
  }

  #loggedMs({ atMs, offsetMs }: LoggedRequest): number {
    if (atMs !== null) return atMs;
    if (offsetMs !== null) return this.#settings.startMs + offsetMs;
    if (this.#settings.perSecond === null) this.#untimed += 1;
    return Math.max(this.#latestMs, this.#settings.startMs);
  }

  #timeOf(loggedMs: number, copy: number): number {
    const zeroMs = this.#zeroMs ?? loggedMs;
    const ownMs = zeroMs + (loggedMs - zeroMs) / this.#settings.speed;
    this.#latestMs = Math.max(this.#latestMs, ownMs);
    return copy === 0 ? ownMs : ownMs + this.#random.next() * copySpreadMs;
  }

  /** Requests at a rate know nothing of each other: a Poisson process. */
  #next(perSecond: number): number {
    const atMs = this.#nextMs;
    this.#nextMs += (-Math.log(1 - this.#random.next()) * 1_000) / perSecond;
    return atMs;
  }

  /** How many come for one: for 2.5 two or three, by chance. */
  #countOf(wanted: number): number {
    const whole = Math.floor(wanted);
    return whole + (wanted > whole && this.#random.next() < wanted - whole ? 1 : 0);
  }
}
