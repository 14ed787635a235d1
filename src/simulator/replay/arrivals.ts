import { createRandom, type Random } from "../../base/random.ts";
import { EventQueue } from "../event-queue.ts";
import type { LoggedRequest } from "../logged-request.ts";
import { UnreadableLogError } from "../unreadable-log-error.ts";
import { Copies } from "./copies.ts";
import type { LogClock } from "./log-clock.ts";

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
  /** When the log begins, in milliseconds since the epoch; null for its own first time, and for `untoldStartMs` where it does not tell. */
  readonly beginsAtMs: number | null;
}

/** When a log begins that does not tell: always the same moment, a Monday at midnight (UTC), so that two runs are alike. */
export const untoldStartMs = Date.UTC(2026, 0, 5);

/**
 * Logs tell of requests as they end. To have them in the order in which they came, they are held for as long as the longest of them took,
 * as far as the log was read, within these bounds.
 */
const mostHeld = 20_000;
export const shortestHeldMs = 30_000;
export const longestHeldMs = 900_000;

/** Requests that come for one of the log at most. */
const mostForOne = 1_000;

const msPerDay = 86_400_000;

/** Moments that a log can tell: of the years 0 to 9999, in any zone. */
const firstMs = Date.parse("0000-01-01T00:00:00Z") - msPerDay;
const lastMs = Date.parse("9999-12-31T23:59:59Z") + msPerDay;

interface Held {
  readonly request: LoggedRequest;
  /** How many come for it, itself among them. */
  readonly count: number;
}

/** Puts the requests of a log in the order in which they come in, at the times asked for. Its size is bounded. */
export class Arrivals {
  readonly #settings: ArrivalSettings;
  readonly #random: Random;
  readonly #held = new EventQueue<Held>();
  readonly #copies: Copies;
  /** Requests without a time before any that has one, and lines of batches, which may have come long before the log begins. */
  #before: LoggedRequest[] = [];
  /** The first time of the log, as it tells it, and when that is; null before any is known. */
  #zero: { readonly loggedMs: number; readonly atMs: number } | null = null;
  /** What a log counts from that counts from a zero of its own. */
  #offsetZeroMs: number | null = null;
  /** The time of the latest request that was added, as the log tells it. */
  #loggedMs = 0;
  /** The latest that a request of the log came. */
  #latestMs = Number.NEGATIVE_INFINITY;
  #heldMs = shortestHeldMs;
  /** When the next comes at a rate. */
  #nextMs: number | null = null;
  #untimed = 0;

  constructor(settings: ArrivalSettings) {
    this.#settings = settings;
    this.#random = createRandom(`arrivals/${settings.seed}`);
    this.#copies = new Copies(createRandom(`copies/${settings.seed}`));
  }

  /** Requests that neither the log nor a rate gives a time: they come together with the one before. */
  get untimed(): number {
    return this.#untimed;
  }

  /** How the log's times lie on the replay's clock; null before any request. */
  get clock(): LogClock | null {
    if (this.#zero === null) return null;
    const { loggedMs, atMs } = this.#zero;
    return { loggedMs: loggedMs - (this.#offsetZeroMs ?? 0), atMs, speed: this.#settings.speed };
  }

  /** Adds a request of the log, in the log's order. Throws an UnreadableLogError for one that cannot be played at such settings. */
  add(request: LoggedRequest): void {
    const loggedMs = this.#toldMs(request);
    if (loggedMs === null && this.#settings.perSecond === null) this.#untimed += 1;
    if (this.#zero !== null) this.#addAt(request, loggedMs ?? this.#loggedMs);
    else if (loggedMs !== null && !request.outcome().isBatch) this.#addAt(request, loggedMs);
    else if (this.#before.push(request) > mostHeld) this.#beginBefore();
  }

  /** The next that is sure to come before all that the log may still tell of; null for none. `done`: the log is at its end. */
  take(done: boolean): Arrival | null {
    if (done && this.#zero === null && this.#before.length > 0) this.#beginBefore();
    const copiedMs = this.#copies.nextAtMs();
    const nextMs = Math.min(this.#held.nextAtMs(), copiedMs);
    const isDue =
      nextMs < this.#latestMs - this.#heldMs / this.#settings.speed || this.#held.size > mostHeld;
    if (!done && !isDue && this.#settings.perSecond === null) return null;
    if (copiedMs === nextMs) {
      const copied = this.#copies.take();
      if (copied !== null) return this.#settings.perSecond === null ? copied : this.#paced(copied);
    }
    const next = this.#held.take();
    if (next === undefined) return null;
    const { request, count } = next.item;
    const own = { request, atMs: next.atMs, copy: 0 };
    if (this.#settings.perSecond === null) {
      this.#copies.add(own, count - 1);
      return own;
    }
    this.#copies.addAtOnce(own, count - 1);
    return this.#paced(own);
  }

  /** The log's own time of a request; null where it tells none. */
  #toldMs({ atMs, offsetMs }: LoggedRequest): number | null {
    if (atMs !== null || offsetMs === null) return atMs;
    this.#offsetZeroMs ??= this.#zero?.loggedMs ?? this.#startMs();
    return this.#offsetZeroMs + offsetMs;
  }

  #startMs(): number {
    return this.#settings.beginsAtMs ?? untoldStartMs;
  }

  /** Nothing else tells when the log begins. */
  #beginBefore(): void {
    const told = this.#before.flatMap((request) => this.#toldMs(request) ?? []);
    this.#begin(told[0] ?? this.#startMs());
  }

  /** The first time of the log is known: what came before it, or tells no time, comes then. */
  #begin(loggedMs: number): void {
    const { beginsAtMs } = this.#settings;
    const isShifted = beginsAtMs !== null && this.#offsetZeroMs === null;
    this.#zero = { loggedMs, atMs: isShifted ? beginsAtMs : loggedMs };
    const before = this.#before;
    this.#before = [];
    for (const request of before) this.#addAt(request, this.#toldMs(request) ?? loggedMs);
  }

  #addAt(request: LoggedRequest, toldMs: number): void {
    const { traffic, growthPerDay, perSecond, speed } = this.#settings;
    if (this.#zero === null) this.#begin(toldMs);
    const zero = this.#zero ?? { loggedMs: toldMs, atMs: toldMs };
    // A line that waited when the log began is there when it begins: a day before there is nothing else to be seen of it.
    const isEarly = toldMs < zero.loggedMs && request.outcome().isBatch;
    const loggedMs = isEarly ? zero.loggedMs : toldMs;
    this.#loggedMs = loggedMs;
    const tookMs = request.latency?.totalMs ?? request.outcome().durationMs ?? 0;
    this.#heldMs = Math.min(Math.max(this.#heldMs, tookMs), longestHeldMs);
    const atMs = inDates(zero.atMs + (loggedMs - zero.loggedMs) / speed);
    this.#latestMs = Math.max(this.#latestMs, atMs);
    const days = Math.max(loggedMs - zero.loggedMs, 0) / msPerDay;
    const count = this.#countOf(traffic * (1 + growthPerDay) ** days, days);
    // At a rate they come in the log's order, whatever its times are.
    if (count > 0) this.#held.add(perSecond === null ? atMs : 0, { request, count });
  }

  /** Requests at a rate know nothing of each other: a Poisson process. */
  #paced(arrival: Arrival): Arrival {
    const { perSecond, beginsAtMs } = this.#settings;
    const atMs = inDates(this.#nextMs ?? beginsAtMs ?? this.#zero?.atMs ?? untoldStartMs);
    this.#nextMs = atMs + (-Math.log(1 - this.#random.next()) * 1_000) / (perSecond ?? 1);
    return { ...arrival, atMs };
  }

  /** How many come for one: for 2.5 two or three, by chance. */
  #countOf(wanted: number, days: number): number {
    if (wanted > mostForOne) {
      const after = days < 1 ? "" : ` after ${Math.floor(days)} days`;
      throw new UnreadableLogError(
        `${Number(wanted.toPrecision(3))} requests for one of the log${after}: at most ${mostForOne} are played; ask for less traffic or growth`,
      );
    }
    const whole = Math.floor(wanted);
    return whole + (wanted > whole && this.#random.next() < wanted - whole ? 1 : 0);
  }
}

function inDates(atMs: number): number {
  if (atMs >= firstMs && atMs <= lastMs) return atMs;
  throw new UnreadableLogError(
    "its requests would come outside of the years 0 to 9999; ask for another speed, rate or start",
  );
}
