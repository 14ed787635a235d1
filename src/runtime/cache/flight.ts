import type { AnswerEvent } from "../../protocol/answer-event.ts";
import { type EntryNames, fits, type Purge } from "./cache-store.ts";
import { HeardAnswer } from "./kept-answer.ts";

/** A request that waits for the answer to another one that asks the same. */
export interface Follower {
  /** Whether an answer of this target may be its own. */
  takes(target: string): boolean;
  /** Whether it can do nothing with an answer before that is whole. */
  readonly wantsWhole: boolean;
  /** What was said so far, and then what is said more; not called where it wants the whole. */
  hears(events: readonly AnswerEvent[], target: string): void;
  /** The answer is whole, and where it wants that, here it is. */
  whole(events: readonly AnswerEvent[], target: string): void;
  /** Nothing more comes. `alone`: this one is to ask for itself, since others' answers are none for it, or cannot be told it. */
  leftBehind(alone: boolean): void;
}

/** Who asks on behalf of all. */
export interface Leader {
  /** Whether the answer may come from this target. */
  takes(target: string): boolean;
  /** Nobody waits for the answer any more: the leader's client had left before. */
  abandoned(): void;
}

/** One request under way whose answer others wait for too. Pure but for its own state: whoever drives it says what happens. */
export class Flight {
  /** What its answer would be kept under. */
  readonly about: EntryNames;
  readonly #leader: Leader;
  readonly #heard: HeardAnswer;
  readonly #over: (flight: Flight) => void;
  readonly #followers = new Set<Follower>();
  #target: string | null = null;
  #leaderStays = true;
  /** Whether new requests may wait for it. */
  #isOpen = true;
  #isMixed = false;

  constructor(
    about: EntryNames,
    leader: Leader,
    mostBytes: number,
    over: (flight: Flight) => void,
  ) {
    this.about = about;
    this.#leader = leader;
    this.#heard = new HeardAnswer(mostBytes);
    this.#over = over;
  }

  /** What was said so far. */
  get events(): readonly AnswerEvent[] {
    return this.#heard.events;
  }

  /** Whose answer it is; null before there is one. */
  get target(): string | null {
    return this.#target;
  }

  /** Why the answer as it comes is not to be kept; null for nothing so far. */
  get notKept(): "too-large" | "mixed" | null {
    if (this.#heard.isTooLarge) return "too-large";
    return this.#isMixed ? "mixed" : null;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What is under way is no answer for whoever comes from now on. */
  close(): void {
    this.#isOpen = false;
    this.#over(this);
  }

  /** Nobody else waits for what may be one of those to be forgotten; the store knows when it was asked for, and does not keep it. */
  purge({ target, ...order }: Purge): void {
    if (fits(this.about, order) && (target === undefined || this.#leader.takes(target)))
      this.close();
  }

  /** Makes a request wait; false where this answer is none for it. */
  follow(follower: Follower): boolean {
    if (!this.#isOpen || (this.#target !== null && !follower.takes(this.#target))) return false;
    this.#followers.add(follower);
    const isHeard = this.#target !== null && this.events.length > 0;
    if (isHeard && !follower.wantsWhole) follower.hears(this.events, this.#target ?? "");
    return true;
  }

  /** A waiting request goes away. */
  unfollow(follower: Follower): void {
    if (this.#followers.delete(follower)) this.#mayEnd();
  }

  /** The leader's client left; whether the leader goes on all the same, since others wait. */
  leaderLeft(): boolean {
    this.#leaderStays = false;
    return this.#followers.size > 0;
  }

  /** An attempt's answer is the one that counts. */
  begins(target: string, continues: boolean): void {
    if (continues) this.#isMixed = true;
    else this.#target = target;
    for (const follower of [...this.#followers])
      if (!follower.takes(target)) this.#leaveBehind(follower, true);
  }

  says(events: readonly AnswerEvent[]): void {
    const told = this.#isMixed ? events.filter(({ kind }) => kind !== "start") : events;
    const target = this.#target;
    if (told.length === 0 || target === null) return;
    const wasTooLarge = this.#heard.isTooLarge;
    this.#heard.add(told);
    if (this.#heard.isTooLarge && !wasTooLarge) {
      // Nobody could be told the beginning any more, nor would the next answer be another's: they ask at once, each for itself.
      this.close();
      for (const each of [...this.#followers]) if (each.wantsWhole) this.#leaveBehind(each, true);
    }
    for (const each of [...this.#followers]) if (!each.wantsWhole) each.hears(told, target);
  }

  /** The leader is done. Who still waits after a failure goes on by itself, one at a time: the first asks, and the others wait again. */
  ends(isWhole: boolean): void {
    this.#isOpen = false;
    this.#over(this);
    const { events, target } = this;
    const followers = [...this.#followers];
    this.#followers.clear();
    for (const follower of followers)
      if (isWhole && target !== null) follower.whole(events, target);
      else follower.leftBehind(false);
  }

  #leaveBehind(follower: Follower, alone: boolean): void {
    this.#followers.delete(follower);
    follower.leftBehind(alone);
    this.#mayEnd();
  }

  #mayEnd(): void {
    if (!this.#leaderStays && this.#followers.size === 0) this.#leader.abandoned();
  }
}

/** How long nobody waits for the answer of a key that was too large; and how many keys are remembered so at most. */
const aloneForMs = 60_000;
const mostAlone = 4_096;

/** Requests under way by the key of their answers. `now` is milliseconds of a clock that is not set. */
export class FlightBook {
  readonly #now: () => number;
  readonly #flights = new Map<string, Flight>();
  /** Until when requests of a key go alone, the earliest first. */
  readonly #alone = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#flights.size;
  }

  find(key: string): Flight | null {
    return this.#flights.get(key) ?? null;
  }

  /** Whether the answer of a key was lately too large to be kept, or told to who waits for it. */
  isAlone(key: string): boolean {
    const untilMs = this.#alone.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#now()) return true;
    this.#alone.delete(key);
    return false;
  }

  /** Makes a request the one that others of its key wait for; null where there is one already, or it goes alone. */
  lead(about: EntryNames, leader: Leader, mostBytes: number): Flight | null {
    const { key } = about;
    if (this.#flights.has(key) || this.isAlone(key)) return null;
    const flight = new Flight(about, leader, mostBytes, (over) => {
      if (over.notKept === "too-large") this.#goAlone(key);
      if (this.#flights.get(key) === over) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  /** Nobody else waits for what is under way where it would be one of those to be forgotten. */
  purge(order: Purge): void {
    for (const flight of [...this.#flights.values()]) flight.purge(order);
  }

  #goAlone(key: string): void {
    this.#alone.delete(key);
    this.#alone.set(key, this.#now() + aloneForMs);
    const [oldest] = this.#alone.keys();
    if (this.#alone.size > mostAlone && oldest !== undefined) this.#alone.delete(oldest);
  }
}
