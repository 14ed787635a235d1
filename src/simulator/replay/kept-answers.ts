import type { Picodollars } from "../../base/money.ts";
import { ageOf, anyAnswer, freshness, type Lifetime } from "../../runtime/cache/freshness.ts";

/** An answer that a virtual gateway keeps: nothing of its text. */
export interface KeptAnswer {
  readonly target: string;
  readonly storedAtMs: number;
  /** What it cost; null where that is not known. */
  readonly cost: Picodollars | null;
  readonly bytes: number;
}

/** A request that waits for the answer of one that asks the same. */
export interface Follower {
  /** Whether an answer of a target is one for it. */
  takes(target: string): boolean;
  /** The answer is there. */
  given(answer: KeptAnswer): void;
  /** There is none for it: it is sent by itself, or, `leads`, for the others too. */
  goesOn(leads: boolean): void;
}

/** What an answer's text takes in bytes, beside a fixed part: about four for a token, and its events around them. */
const bytesPerToken = 6;
const overheadBytes = 1_024;

/** What a kept answer of so many tokens takes. */
export function bytesOfAnswer(outputTokens: number): number {
  return overheadBytes + bytesPerToken * outputTokens;
}

/** The exact cache of a virtual gateway: bounded by bytes, the answer not used for longest goes first; those that ask the same meanwhile wait. */
export class KeptAnswers {
  readonly #mostBytes: number;
  readonly #kept = new Map<string, KeptAnswer>();
  readonly #flights = new Map<string, Follower[]>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** A kept answer that may be given; `stale` wants a new one fetched beside it. */
  find(
    key: string,
    lifetime: Lifetime,
    nowMs: number,
  ): { readonly answer: KeptAnswer; readonly state: "fresh" | "stale" } | null {
    const answer = this.#kept.get(key);
    if (answer === undefined) return null;
    const state = freshness(ageOf(answer.storedAtMs, nowMs), lifetime, anyAnswer);
    if (state === "expired") return null;
    this.#kept.delete(key);
    this.#kept.set(key, answer);
    return { answer, state };
  }

  /** Waits for a request that asks the same; false where there is none, and this one leads. */
  follow(key: string, follower: Follower): boolean {
    const flight = this.#flights.get(key);
    if (flight !== undefined) {
      flight.push(follower);
      return true;
    }
    this.#flights.set(key, []);
    return false;
  }

  /** Whether somebody waits for the request that leads. */
  isFollowed(key: string): boolean {
    return (this.#flights.get(key)?.length ?? 0) > 0;
  }

  /** Waits no longer. */
  unfollow(key: string, follower: Follower): void {
    const flight = this.#flights.get(key);
    const at = flight?.indexOf(follower) ?? -1;
    if (at >= 0) flight?.splice(at, 1);
  }

  /** The request that led is over with an answer, which is kept under the key of the target that gave it. */
  landed(key: string, keptKey: string, answer: KeptAnswer): void {
    const followers = this.#flights.get(key) ?? [];
    this.#flights.delete(key);
    this.#keep(keptKey, answer);
    for (const follower of followers)
      if (follower.takes(answer.target)) follower.given(answer);
      else follower.goesOn(false);
  }

  /** It is over without: the next of those who wait leads. */
  crashed(key: string): void {
    const [next, ...rest] = this.#flights.get(key) ?? [];
    this.#flights.delete(key);
    if (next === undefined) return;
    this.#flights.set(key, rest);
    next.goesOn(true);
  }

  #keep(key: string, answer: KeptAnswer): void {
    if (answer.bytes > this.#mostBytes) return;
    this.#bytes += answer.bytes - (this.#kept.get(key)?.bytes ?? 0);
    this.#kept.delete(key);
    this.#kept.set(key, answer);
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}
