import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Flight, Follower, Leader } from "../../runtime/cache/flight.ts";
import { ageOf, freshness } from "../../runtime/cache/freshness.ts";
import type { SemanticHit } from "../../runtime/semantic/semantic-judge.ts";
import { bytesOfAnswer, type KeptAnswer } from "./kept-answers.ts";
import type { Lookup } from "./lookup.ts";
import type { Costs, Surroundings } from "./surroundings.ts";

/** How a kept answer was found. */
export interface Found {
  /** By the very same request, by a like prompt, or while another that asks the same was under way. */
  readonly by: "same" | "like" | "under way";
  /** Of a like prompt's answer whether it says what the log has this request answered; null where that is not known. */
  readonly agrees: boolean | null;
}

/** Who looks for a kept answer. */
export interface Visitor {
  /** Whether an answer of a target is one for it. */
  takes(target: string): boolean;
  /** The answer is there; `isStale` wants a new one fetched beside it. */
  given(answer: KeptAnswer, found: Found, isStale: boolean): void;
  /** There is none: it is sent, after having waited here for so long. */
  send(waitedMs: number): void;
  /** It waited for another's answer until its deadline. */
  tooLate(): void;
  /** The answer of another's that it had the beginning of broke. */
  broke(): void;
  /** Nobody waits for what it is sent for any more. */
  abandon(): void;
  readonly deadlineMs: number;
  /** Whether it can do nothing with the beginning of an answer. */
  readonly wantsWhole: boolean;
}

/** What an answer that came whole is kept as. */
export interface CameWhole {
  readonly target: string;
  readonly outputTokens: number;
  readonly costs: Costs;
}

const anyBytes = Number.POSITIVE_INFINITY;

/** What is heard of an answer that nothing else is known of: that it has begun. */
const beginning: readonly AnswerEvent[] = [{ kind: "start", id: "", model: "", created: 0 }];

/** One request at the cache of a virtual gateway, in the steps of the gateway's own visit. */
export class ReplayedVisit implements Follower, Leader {
  readonly #around: Surroundings;
  readonly #lookup: Lookup;
  readonly #visitor: Visitor;
  readonly #startedAtMs: number;
  /** Its own, when it is sent and others may wait for it. */
  #flight: Flight | null = null;
  /** The one that it waits for. */
  #followed: Flight | null = null;
  #callOff = (): void => undefined;
  /** Whether its client has the beginning of another's answer. */
  #isBegun = false;
  /** What was found for it while this time the model is asked as well. */
  #reasked: { readonly hit: SemanticHit; readonly answer: KeptAnswer } | null = null;

  constructor(around: Surroundings, lookup: Lookup, visitor: Visitor) {
    this.#around = around;
    this.#lookup = lookup;
    this.#visitor = visitor;
    this.#startedAtMs = around.world.now();
  }

  get wantsWhole(): boolean {
    return this.#visitor.wantsWhole;
  }

  begin(): void {
    const { wish, about, isLike } = this.#lookup;
    const by = isLike ? "like" : "same";
    if (!wish.reads && wish.keeps) this.#lead();
    else if (!wish.reads) this.#send();
    else if (!this.#isGiven(this.#around.kept.find(about.key), by) && !this.#isLike()) this.#ask();
  }

  /** Its answer comes from this target; `continues` one that another target has begun. */
  begins(target: string, continues: boolean): void {
    if (this.#flight !== null) beginFlight(this.#flight, target, continues);
  }

  /** It is over: a whole answer is kept, and given to whoever waits for it; null for none. */
  ended(came: CameWhole | null): void {
    this.#stopWaiting();
    const flight = this.#flight;
    this.#flight = null;
    if (came !== null && flight !== null) {
      // Where nothing was streamed it begins as it ends.
      if (flight.target === null) flight.begins(came.target, false);
      if (flight.notKept === null) {
        keepAnswer(this.#around, this.#lookup, came);
        this.#compare(came);
      }
    }
    flight?.ends(came !== null);
  }

  /** The client left. `goes-on`: what was sent is finished for others; `over`: nothing is under way; `sent`: it is the caller's to end. */
  leave(): "goes-on" | "over" | "sent" {
    if (this.#flight !== null) return this.#flight.leaderLeft() ? "goes-on" : "sent";
    if (this.#followed === null) return "sent";
    this.#stopWaiting();
    return "over";
  }

  takes(target: string): boolean {
    return this.#visitor.takes(target);
  }

  abandoned(): void {
    this.#visitor.abandon();
  }

  hears(): void {
    this.#isBegun = true;
  }

  whole(_events: readonly AnswerEvent[], target: string): void {
    this.#stopWaiting();
    const { kept, world } = this.#around;
    const about = this.#lookup.aboutAt(target);
    // One that is too large to be kept is given all the same.
    const now = { ...about, storedAtMs: world.now(), expiresAtMs: world.now() };
    const answer = kept.find(about.key) ?? { ...now, cost: null, bytes: 0, words: null };
    this.#visitor.given(answer, { by: "under way", agrees: null }, false);
  }

  leftBehind(alone: boolean): void {
    this.#stopWaiting();
    if (this.#isBegun) this.#visitor.broke();
    else if (alone) this.#send();
    else this.#ask();
  }

  #isGiven(answer: KeptAnswer | null, by: "same" | "like"): boolean {
    if (answer === null) return false;
    const { lifetime, wish } = this.#lookup;
    const state = freshness(ageOf(answer.storedAtMs, this.#around.world.now()), lifetime, wish);
    if (state === "expired") return false;
    const agrees = by === "like" ? this.#agrees(answer) : null;
    this.#visitor.given(answer, { by, agrees }, state === "stale");
    return true;
  }

  /** Whether a kept answer says what the log has this request answered; null where that is not known. */
  #agrees({ words }: KeptAnswer): boolean | null {
    const own = words === null ? null : this.#lookup.words();
    return own === null || words === null ? null : this.#around.kept.prompts.agree(own, words);
  }

  /** The model was asked although an answer was found: where the log does not tell, it is taken to say the same. */
  #compare({ target }: CameWhole): void {
    const reasked = this.#reasked;
    if (reasked === null || target !== this.#lookup.about.target) return;
    const { hit, answer } = reasked;
    this.#around.kept.prompts.reasked(hit, this.#agrees(answer) ?? true);
  }

  /** Whether the answer to a like prompt was given, unless the very same is being asked. */
  #isLike(): boolean {
    const { meaning, about, lifetime, wish } = this.#lookup;
    const { kept, world } = this.#around;
    if (meaning === null || kept.flights.find(about.key) !== null) return false;
    const oldestMs = Math.min(
      lifetime.forMs + lifetime.staleMs - 1,
      wish.maxAgeMs ?? Number.POSITIVE_INFINITY,
    );
    const nowMs = world.now();
    const finding = kept.prompts.find(meaning, nowMs - oldestMs, nowMs);
    if (finding.kind === "none") return false;
    const answer = kept.find(finding.hit.key);
    if (answer === null) kept.prompts.forget(finding.hit.key);
    else if (finding.kind === "reask") this.#reasked = { hit: finding.hit, answer };
    else return this.#isGiven(answer, "like");
    return false;
  }

  /** Waits for the answer of a request that asks the same, or is the one that others wait for. */
  #ask(): void {
    const { kept, world } = this.#around;
    const flight = kept.flights.find(this.#lookup.about.key);
    if (flight === null) this.#lead();
    else if (flight.follow(this)) {
      this.#followed = flight;
      this.#callOff = world.at(this.#startedAtMs + this.#visitor.deadlineMs, () => {
        this.#stopWaiting();
        this.#visitor.tooLate();
      });
    } else this.#send();
  }

  #lead(): void {
    this.#flight = this.#around.kept.flights.lead(this.#lookup.about, this, anyBytes);
    this.#send();
  }

  #send(): void {
    this.#visitor.send(this.#around.world.now() - this.#startedAtMs);
  }

  #stopWaiting(): void {
    this.#callOff();
    this.#callOff = () => undefined;
    this.#followed?.unfollow(this);
    this.#followed = null;
  }
}

/** An answer begins that others wait for: those who stream have its beginning from now on. */
export function beginFlight(flight: Flight, target: string, continues: boolean): void {
  flight.begins(target, continues);
  flight.says(beginning);
}

/** Keeps an answer under the target that gave it; by meaning that of the first target alone is found, as in the gateway. */
export function keepAnswer(
  { kept, world }: Pick<Surroundings, "kept" | "world">,
  { about, aboutAt, lifetime, meaning, words }: Lookup,
  { target, outputTokens, costs }: CameWhole,
): void {
  const storedAtMs = world.now();
  const isFirst = target === about.target;
  const answer: KeptAnswer = {
    ...(isFirst ? about : aboutAt(target)),
    ...{ storedAtMs, expiresAtMs: storedAtMs + lifetime.forMs + lifetime.staleMs },
    ...{ cost: costs.at(-1) ?? null, bytes: bytesOfAnswer(outputTokens), words: words() },
  };
  kept.keep(answer);
  if (isFirst && meaning !== null) kept.prompts.keep(meaning, answer, storedAtMs);
}
