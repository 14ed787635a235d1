import type { Measure } from "../../catalog/target-fact.ts";
import type { HealthSettings } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { OpenAttempt, SentAttempt, TurnWait, TurnWaiter } from "../dispatch/gate.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import { Average } from "./average.ts";
import { Breaker, type BreakerState } from "./breaker.ts";
import { broken, full, paused, sparing, takenOut } from "./held-off.ts";
import { OutcomeWindow } from "./outcome-window.ts";
import { Trickle } from "./trickle.ts";
import { Turns } from "./turns.ts";
import type { Vanity } from "./vanity.ts";
import { type Verdict, verdictOf } from "./verdict.ts";
import { WatchedAttempt, type Watcher } from "./watched-attempt.ts";

/** What is told of a target's turns: it opened, it closed again, it asked for a pause, it was tried though it is left alone, another gateway leaves it alone. */
export type HealthChange = "opened" | "closed" | "paused" | "tried" | "heard";

/** For how many milliseconds more a target is left alone, for its failures and because its provider asked; 0 for not. */
export interface HeldFor {
  readonly openMs: number;
  readonly pauseMs: number;
}

/** A breaker as an operator may hold it. */
export type ForcedState = "open" | "closed";

/** What a target's health needs of its surroundings. */
export interface HealthParts {
  /** Those in force: a reload may change them. */
  readonly settings: () => HealthSettings;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly changed: (change: HealthChange) => void;
  /** Most attempts at once; null, or left out, for any number. A reload may change it. */
  readonly concurrency?: () => number | null;
}

/** What one gateway knows of one target from its own attempts there. Times are monotonic milliseconds. */
export class TargetHealth implements Watcher {
  readonly #settings: () => HealthSettings;
  readonly #changed: (change: HealthChange) => void;
  readonly #breaker: Breaker;
  readonly #outcomes: OutcomeWindow;
  readonly #firstToken: Average;
  readonly #latency: Average;
  readonly #tokensPerSecond: Average;
  /** Streams that have not begun, by when they were sent. */
  readonly #silent = new Set<WatchedAttempt>();
  #inFlight = 0;
  /** Retries and hedges, those that wait included. */
  #retries = 0;
  #retriesWaiting = 0;
  /** The most in flight, lately: what a slow start leads back to. */
  #busiest = 0;
  #busiestAtMs = 0;
  #pausedUntilMs = 0;
  /** Until when another gateway says that it asked for a pause. */
  #heardPauseUntilMs = 0;
  /** Until when nothing is left of a rate limit, by what its last answers said. */
  #emptyUntilMs = 0;
  readonly #turns: Turns;
  /** What goes through while the breaker is open. */
  readonly #trickle = new Trickle();
  /** What an operator said of the breaker; null where it follows what it sees. */
  #forced: ForcedState | null = null;
  /** Until when it counts as no faster than that. */
  #penalty = { ms: 0, untilMs: 0 };

  constructor({ settings, random, changed, concurrency = () => null }: HealthParts) {
    this.#settings = settings;
    this.#changed = changed;
    this.#turns = new Turns(concurrency);
    this.#breaker = new Breaker(settings, random);
    const { windowMs, ...memory } = settings();
    this.#outcomes = new OutcomeWindow(windowMs);
    this.#firstToken = new Average(memory, true);
    this.#latency = new Average(memory);
    this.#tokensPerSecond = new Average(memory);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests that wait for a turn here. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /** Why nothing more may be sent for the moment, however well it is: as many attempts as may be are under way; null where there is room. */
  full(): Failure | null {
    return this.#turns.isFull(this.#inFlight) ? full : null;
  }

  awaitTurn(wait: TurnWait, waiter: TurnWaiter): () => void {
    return this.#turns.wait(wait, waiter);
  }

  breaker(atMs: number): BreakerState {
    return this.#forced ?? this.#breaker.state(atMs);
  }

  get forced(): ForcedState | null {
    return this.#forced;
  }

  /** Holds the breaker open or closed whatever is seen, or lets it follow that again (null). It goes on watching meanwhile. */
  force(state: ForcedState | null): void {
    this.#forced = state;
  }

  /** Until when it asked to be left alone; null where it did not, or that time is over. */
  pausedUntil(atMs: number): number | null {
    const untilMs = Math.max(this.#hardPauseUntil(), this.#emptyUntilMs);
    return atMs < untilMs ? untilMs : null;
  }

  /** Whether nothing is left of a rate limit at its provider, as far as it said. */
  isEmpty(atMs: number): boolean {
    return atMs < this.#emptyUntilMs;
  }

  /** Whether it is left alone for its failures, which an operator's word and a provider's pause are not. */
  isEjected(atMs: number): boolean {
    return this.#forced === null && this.#breaker.state(atMs) !== "closed";
  }

  /** Whether one more attempt may be made though its breaker is open. */
  mayTry(atMs: number): boolean {
    if (this.#forced !== null || atMs < this.#hardPauseUntil() || this.full() !== null)
      return false;
    return this.#breaker.state(atMs) === "open" && this.#trickle.hasRoom(atMs);
  }

  /** How vain it would be to try it now all the same; null where it may not be. */
  vanity(atMs: number): Vanity | null {
    if (this.full() !== null) return null;
    if (this.holds(true, atMs) === null) {
      // It is not its health that holds the request off: the server says that it is down.
      const isSpared = this.isEjected(atMs) || this.holds(false, atMs) !== null;
      return isSpared ? { unanswered: 0, waitMs: 0 } : null;
    }
    if (!this.mayTry(atMs)) return null;
    return {
      unanswered: 1 - this.#trickle.answeredShare(atMs),
      waitMs: this.#breaker.waitMs(atMs),
    };
  }

  /** Why its health forbids to send there; null where it does not. Whether there is room is another question. */
  holds(last: boolean, atMs: number): Failure | null {
    if (this.#forced === "open") return takenOut;
    if (this.breaker(atMs) === "open") return broken(this.#breaker.waitMs(atMs));
    if (atMs < this.#hardPauseUntil()) return paused(this.#hardPauseUntil() - atMs);
    // A guess, if a good one: who has nowhere else to go may try.
    if (!last && atMs < this.#emptyUntilMs) return paused(this.#emptyUntilMs - atMs);
    if (this.#forced === null && !last && this.#inFlight >= this.#mostInFlight(atMs))
      return sparing;
    return null;
  }

  #hardPauseUntil(): number {
    return Math.max(this.#pausedUntilMs, this.#heardPauseUntilMs);
  }

  /** What it is left alone for by what was seen here; null where it is not. */
  heldOff(atMs: number): HeldFor | null {
    const openMs = this.#breaker.isHeard ? 0 : this.#breaker.waitMs(atMs);
    const pauseMs = Math.max(0, this.#pausedUntilMs - atMs);
    return openMs + pauseMs === 0 ? null : { openMs, pauseMs };
  }

  /** Another gateway leaves it alone: believed as long as its own attempts here were not mostly answered of late. */
  hear({ openMs, pauseMs }: HeldFor, atMs: number): void {
    const { longestPauseMs } = this.#settings();
    const pauseUntilMs = atMs + Math.min(pauseMs, longestPauseMs);
    this.#heardPauseUntilMs = Math.max(this.#heardPauseUntilMs, pauseUntilMs);
    const { all, failed } = this.#outcomes.at(atMs);
    if (openMs <= 0 || (all > 0 && failed * 2 < all)) return;
    if (!this.#breaker.hear(openMs, atMs)) return;
    this.#trickle.begin(atMs);
    this.#changed("heard");
  }

  mayRetry(): boolean {
    // What is left alone is asked once: a retry would only make its request wait.
    if (this.#breaker.isOpen) return false;
    const { retryShare, retryFloor } = this.#settings();
    const firsts = this.#inFlight + this.#retriesWaiting - this.#retries;
    return this.#retries < Math.max(retryFloor, Math.floor(retryShare * firsts));
  }

  retryWaits(): () => void {
    this.#retries += 1;
    this.#retriesWaiting += 1;
    let waits = true;
    return () => {
      if (!waits) return;
      waits = false;
      this.#retries -= 1;
      this.#retriesWaiting -= 1;
    };
  }

  sent(attempt: SentAttempt): OpenAttempt {
    const { extra, streamed, atMs } = attempt;
    const trickle = this.isEjected(atMs) && this.#breaker.state(atMs) === "open";
    const probe = this.#breaker.sent(atMs);
    if (probe) this.#trickle.begin(atMs);
    if (trickle) {
      this.#trickle.sent(atMs);
      this.#changed("tried");
    }
    this.#inFlight += 1;
    if (extra) this.#retries += 1;
    this.#busiest = Math.max(this.#busiestAt(atMs), this.#inFlight);
    this.#busiestAtMs = atMs;
    const watched = new WatchedAttempt(this, { extra, probe, trickle, sentAtMs: atMs });
    if (streamed) this.#silent.add(watched);
    return watched;
  }

  /** An answer says that nothing is left of a rate limit for so long; believed no longer than other waits. */
  exhausted(forMs: number, atMs: number): void {
    const untilMs = atMs + Math.min(forMs, this.#settings().longestPauseMs);
    if (this.pausedUntil(atMs) === null && untilMs > atMs) this.#changed("paused");
    this.#emptyUntilMs = Math.max(this.#emptyUntilMs, untilMs);
  }

  begun(watched: WatchedAttempt, atMs: number): void {
    if (!this.#silent.delete(watched)) return;
    this.#firstToken.add(atMs - watched.sentAtMs, atMs);
    this.#tellTrickle(watched, atMs);
  }

  ended(watched: WatchedAttempt, record: AttemptRecord | null): void {
    this.#inFlight -= 1;
    if (watched.extra) this.#retries -= 1;
    const wasSilent = this.#silent.delete(watched);
    if (watched.trickle) this.#trickle.ended();
    if (record === null || record.outcome.kind === "aborted") {
      this.#breaker.withdrawn(watched.probe);
      if (record !== null && wasSilent) this.#waitedInVain(watched, record.endedAtMs);
    } else if (record.outcome.kind === "ok") {
      this.#succeeded(watched, record);
    } else {
      this.#failed(watched, record.outcome.failure, record.endedAtMs);
    }
    this.#turns.next(() => this.#inFlight, record?.endedAtMs ?? Number.NEGATIVE_INFINITY);
  }

  /** A measure from attempts here; undefined where there were none of late. */
  measured(measure: Measure, atMs: number): number | undefined {
    switch (measure) {
      case "queue":
        return this.#inFlight + this.#turns.waiting;
      case "ttft":
        return this.#timeToFirstToken(atMs);
      case "latency":
        return this.#latency.at(atMs);
      case "tps":
        return this.#tokensPerSecond.at(atMs);
      case "error_rate": {
        const { all, failed } = this.#outcomes.at(atMs);
        return all === 0 ? undefined : failed / all;
      }
      default:
        return undefined;
    }
  }

  /** The average, or longer where somebody waits longer right now, or where a failure says that it lies. */
  #timeToFirstToken(atMs: number): number | undefined {
    const average = this.#firstToken.at(atMs);
    const [oldest] = this.#silent;
    const waited = oldest === undefined ? 0 : atMs - oldest.sentAtMs;
    const penalty = atMs < this.#penalty.untilMs ? this.#penalty.ms : 0;
    const least = Math.max(waited, penalty);
    if (average === undefined) return least === 0 ? undefined : least;
    return Math.max(average, least);
  }

  /** Once for each attempt that was sent though the breaker was open. */
  #tellTrickle(watched: WatchedAttempt, atMs: number): void {
    if (!watched.trickle || watched.heard) return;
    watched.heard = true;
    this.#trickle.answered(atMs);
  }

  #succeeded(watched: WatchedAttempt, record: AttemptRecord): void {
    const { startedAtMs, firstTokenAtMs, endedAtMs, usage } = record;
    this.#answered(watched.probe, endedAtMs);
    this.#tellTrickle(watched, endedAtMs);
    this.#outcomes.add(false, false, endedAtMs);
    this.#latency.add(endedAtMs - startedAtMs, endedAtMs);
    if (firstTokenAtMs === null || usage === null || endedAtMs <= firstTokenAtMs) return;
    const rate = (usage.outputTokens * 1_000) / (endedAtMs - firstTokenAtMs);
    this.#tokensPerSecond.add(rate, endedAtMs);
  }

  #failed(watched: WatchedAttempt, failure: Failure, atMs: number): void {
    const verdict = verdictOf(failure);
    if (verdict === "nothing") this.#breaker.withdrawn(watched.probe);
    else if (verdict === "answered") this.#answered(watched.probe, atMs);
    else this.#countAgainst(watched, failure, verdict, atMs);
  }

  #countAgainst(watched: WatchedAttempt, failure: Failure, verdict: Verdict, atMs: number): void {
    this.#outcomes.add(true, verdict !== "busy", atMs);
    const pauseMs = verdict === "broken" ? 0 : this.#pauseFor(failure, atMs);
    const { penaltyMs } = this.#settings();
    this.#penalty = {
      ms: Math.max(penaltyMs, pauseMs),
      untilMs: Math.max(this.#penalty.untilMs, atMs + Math.max(penaltyMs, pauseMs)),
    };
    this.#tellBreaker(watched.probe, verdict, atMs);
  }

  #tellBreaker(probe: boolean, verdict: Verdict, atMs: number): void {
    // It is there and answers; when it may be asked again is what the pause says.
    if (verdict === "busy") {
      this.#answered(probe, atMs);
      return;
    }
    const { leastAttempts, failureShare } = this.#settings();
    const { all, broken: failures } = this.#outcomes.at(atMs);
    const tooMany = all >= leastAttempts && failures >= failureShare * all;
    // A full server refuses some and serves others: only how many it refuses tells.
    if (verdict === "full" && !tooMany && !probe) return;
    if (!this.#breaker.failed(probe, tooMany, atMs)) return;
    this.#outcomes.clear();
    this.#trickle.begin(atMs);
    this.#changed("opened");
  }

  #answered(probe: boolean, atMs: number): void {
    if (!this.#breaker.answered(probe, atMs)) return;
    // What was tried in vain while it was left alone does not open it again.
    this.#outcomes.clear();
    this.#changed("closed");
  }

  /** Leaves it alone for as long as it asked, within reason. */
  #pauseFor({ cause, retryAfterMs }: Failure, atMs: number): number {
    const { pauseMs, longestPauseMs, quotaPauseMs } = this.#settings();
    const otherwise = cause === "auth" ? quotaPauseMs : pauseMs;
    const asked = retryAfterMs !== undefined && retryAfterMs >= 0 ? retryAfterMs : otherwise;
    const ms = Math.min(asked, longestPauseMs);
    if (ms === 0) return 0;
    if (atMs >= this.#pausedUntilMs) this.#changed("paused");
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, atMs + ms);
    return ms;
  }

  /** A wait that was given up tells that the first token takes longer than that. */
  #waitedInVain({ sentAtMs }: WatchedAttempt, atMs: number): void {
    const waited = atMs - sentAtMs;
    if (waited > (this.#firstToken.at(atMs) ?? Number.POSITIVE_INFINITY))
      this.#firstToken.add(waited, atMs);
  }

  #busiestAt(atMs: number): number {
    return this.#busiest * Math.exp((this.#busiestAtMs - atMs) / this.#settings().forgiveMs);
  }

  /** After a recovery a part of what it carried before, rising; no bound at any other time. */
  #mostInFlight(atMs: number): number {
    const { slowStartMs } = this.#settings();
    const sinceMs = atMs - this.#breaker.closedAtMs;
    if (sinceMs >= slowStartMs) return Number.POSITIVE_INFINITY;
    return Math.max(1, (this.#busiestAt(atMs) * sinceMs) / slowStartMs);
  }
}
