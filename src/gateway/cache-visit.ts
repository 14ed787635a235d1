import { tenantOf } from "../configuration/tenant-of.ts";
import type { RequestContext } from "../extract/context.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { CacheEntry, EntryNames } from "../runtime/cache/cache-store.ts";
import type { Flight, Follower, Leader } from "../runtime/cache/flight.ts";
import {
  ageOf,
  type ClientWish,
  clientWish,
  freshness,
  type Lifetime,
  wordsOfWish,
} from "../runtime/cache/freshness.ts";
import { withOwnId } from "../runtime/cache/replay.ts";
import { deadlineFailure } from "../runtime/dispatch/machine-failures.ts";
import type { Alarm } from "../runtime/dispatch/world.ts";
import { TooLate } from "../runtime/semantic/semantic-cache.ts";
import type { CacheResult } from "../runtime/telemetry/cache-meters.ts";
import type { AnswerListener } from "../runtime/transport/model-job.ts";
import { cutStream } from "../runtime/transport/transport-failure.ts";
import { type KeyAsked, mayBeKept, rememberedKey } from "./cache-identity.ts";
import type { Exchange } from "./exchange.ts";
import { type AnswerTaker, GivenAnswer } from "./given-answer.ts";
import { type Come, keepAnswer } from "./keep-answer.ts";
import type { Meaning } from "./meaning-index.ts";
import { problems } from "./problems.ts";
import { refreshAnswer } from "./refresh-answer.ts";
import {
  compareAnswers,
  meaningOf,
  type Sought,
  seekMeaning,
  shownSimilarity,
} from "./seek-meaning.ts";

/** A request with leave to be sent. */
export interface Visitor extends AnswerTaker {
  visitParts(): VisitParts;
  /** Whether the client left, or the gateway stops; the request has then been ended. */
  hasEnded(): boolean;
  /** Sends the request, `waitedMs` after it could have been. */
  send(waitedMs: number): void;
  /** Nobody waits any more for the answer of a request that went on without its client. */
  abandon(): void;
}

export interface VisitParts {
  readonly context: RequestContext;
  readonly readOperand: ReadOperand;
  readonly of: { readonly policy: string; readonly rule: string; readonly key: string };
}

/** What the record of a request tells of the cache. */
export interface CacheTold {
  readonly verdict: CacheResult;
  readonly key: string;
  /** Age of the answer that was given; null where none was. */
  readonly ageMs: number | null;
  /** How near its prompt was; null where the request asked the very same, or was given none. */
  readonly similarity: number | null;
  /** What the client wanted of the cache, as `wordsOfWish` has it. */
  readonly control?: string | null;
}

/** Looks a request up whose plan keeps answers; null where the plan does not, or its answer cannot be kept. */
export function visitCache(exchange: Exchange, job: Visitor): CacheVisit | null {
  const { cache: option, staleMs = 0 } = job.plan.options;
  if (option === undefined || option.kind === "off") return null;
  const { core, snapshot, request } = exchange;
  const name = job.plan.steps.find(({ target }) => target !== null)?.target ?? null;
  const target = name === null ? undefined : snapshot.targets.get(name);
  if (target === undefined || !mayBeKept(job.request, target)) return null;
  const parts = job.visitParts();
  const tenant = tenantOf(core.cache.settings.scope, parts.context.caller);
  const weights = core.servers.identityOf(target.target.name);
  const asked = { request: job.request, plan: job.plan, tenant, weights };
  const key = rememberedKey(asked, target, weights);
  const about = { key, tenant, target: target.target.name, tags: job.plan.tags };
  const lifetime = { forMs: option.forMs, staleMs };
  const wish = clientWish(request.headers["cache-control"]);
  let meaning: Meaning | null | undefined;
  return new CacheVisit(
    { ...parts, exchange, job },
    {
      ...{ asked, about, lifetime, wish, isSemantic: option.kind === "semantic" },
      meaning() {
        if (meaning === undefined) meaning = meaningOf(exchange, asked, target, parts.of);
        return meaning;
      },
    },
  );
}

/** Longest that a lookup by meaning holds a request, and the share of its deadline that it may take. */
const longestSeekMs = 1_000;
const shareOfDeadline = 0.5;

interface CacheVisitParts extends VisitParts {
  readonly exchange: Exchange;
  readonly job: Visitor;
}

interface Lookup {
  readonly asked: KeyAsked;
  readonly about: EntryNames;
  readonly lifetime: Lifetime;
  readonly wish: ClientWish;
  /** Whether the plan takes an answer to a like prompt, and tells how like. */
  readonly isSemantic: boolean;
  /** By what such a one is found, worked out when first asked for; null where none can be. */
  meaning(): Meaning | null;
}

/** One request at the cache: given a kept answer, or the answer of another one under way, or sent, perhaps for others too. */
export class CacheVisit implements Follower, Leader {
  /** Hears the answer, where it may be kept or others wait for it. */
  listener: AnswerListener | undefined;
  readonly wantsWhole: boolean;
  readonly #parts: CacheVisitParts;
  readonly #lookup: Lookup;
  readonly #given: GivenAnswer;
  readonly #startedAtMs: number;
  #verdict: CacheResult = "miss";
  #ageMs: number | null = null;
  /** What it was given, or is asked anew to be compared with, of a like prompt. */
  #sought: Sought | null = null;
  /** A lookup by meaning that is under way. */
  #seeking: AbortController | null = null;
  /** The request's own, when it is sent. */
  #flight: Flight | null = null;
  #askedAtMs = 0;
  /** The one of another request that it waits for. */
  #followed: Flight | null = null;
  #alarm: Alarm | null = null;
  #isWhole = false;

  constructor(parts: CacheVisitParts, lookup: Lookup) {
    this.#parts = parts;
    this.#lookup = lookup;
    this.#given = new GivenAnswer(parts.exchange, parts.job);
    this.#startedAtMs = parts.exchange.core.world.now();
    this.wantsWhole = !parts.job.streamed || parts.job.accepts !== undefined;
  }

  get told(): CacheTold {
    const [verdict, ageMs] = [this.#verdict, this.#ageMs];
    const { wish, about } = this.#lookup;
    const given = ageMs === null ? null : (this.#sought?.hit ?? null);
    const [key, control] = [given?.key ?? about.key, wordsOfWish(wish)];
    return { verdict, key, ageMs, similarity: given?.similarity ?? null, control };
  }

  /** Value of `x-signalbox-cache`. */
  get header(): string {
    if (this.#ageMs !== null) {
      const similarity = this.#lookup.isSemantic
        ? `; similarity=${shownSimilarity(this.#sought)}`
        : "";
      return `${this.#verdict}${similarity}; age=${Math.floor(this.#ageMs / 1000)}`;
    }
    return this.#verdict === "collapsed" ? "miss; collapsed" : this.#verdict;
  }

  begin(): void {
    const { wish, about } = this.#lookup;
    const { cache } = this.#parts.exchange.core;
    if (!wish.reads) {
      this.#verdict = wish.keeps ? "miss" : "bypass";
      if (wish.keeps) this.#lead();
      else this.#send();
      return;
    }
    const found = cache.find(about.key);
    if (!(found instanceof Promise)) this.#found(found);
    else
      found.then(
        (entry) => this.#parts.job.guarded(() => this.#parts.job.hasEnded() || this.#found(entry)),
        this.#throw,
      );
  }

  /** What a dispatch came to that this request was sent by. */
  heard(isWhole: boolean): void {
    this.#isWhole = isWhole;
  }

  /** The request is over: its answer is kept, and given to whoever waits for it. */
  ended(come: Pick<Come, "attempts" | "costs">): void {
    const { exchange, of } = this.#parts;
    exchange.core.cache.asked(of.policy, this.#verdict);
    this.#stopWaiting();
    const flight = this.#flight;
    this.#flight = null;
    if (flight === null) return;
    try {
      if (this.#isWhole) this.#keep(flight, come);
    } finally {
      // Whatever is wrong with what is kept, others still wait.
      flight.ends(this.#isWhole);
    }
  }

  #keep(flight: Flight, { attempts, costs }: Pick<Come, "attempts" | "costs">): void {
    const { exchange } = this.#parts;
    const { asked, lifetime } = this.#lookup;
    const meaning = this.#lookup.meaning();
    const askedAtMs = this.#askedAtMs;
    keepAnswer(exchange, { flight, askedAtMs, asked, lifetime, meaning, attempts, costs });
    if (meaning !== null && this.#sought !== null)
      compareAnswers(exchange.core.cache, { meaning, flight, asked, sought: this.#sought });
  }

  /** A fault of ours took the request away. */
  broken(): void {
    this.#stopWaiting();
    const flight = this.#flight;
    this.#flight = null;
    flight?.ends(false);
  }

  /**
   * The client left, or the gateway stops. `goes-on`: what was sent is finished for others; `over`: nothing is under way; `sent`:
   * what is under way is the caller's to end.
   */
  leave(isStopping: boolean): "goes-on" | "over" | "sent" {
    if (this.#flight !== null) {
      const goesOn = this.#flight.leaderLeft();
      return goesOn && !isStopping ? "goes-on" : "sent";
    }
    const { isReplaying, isBegun } = this.#given;
    if (this.#followed === null && !isReplaying && this.#seeking === null) return "sent";
    this.#stopWaiting();
    if (isStopping && isBegun) this.#parts.job.sink.breakOff(problems.stopping());
    return "over";
  }

  abandoned(): void {
    this.#parts.job.abandon();
  }

  takes(target: string): boolean {
    return this.#parts.job.plan.steps.some((step) => step.target === target);
  }

  hears(events: readonly AnswerEvent[], target: string): void {
    const own = withOwnId(events, this.#parts.exchange.id);
    this.#parts.job.guarded(() => this.#given.says(own, target));
  }

  whole(events: readonly AnswerEvent[], target: string): void {
    this.#parts.job.guarded(() => {
      this.#stopWaiting();
      const { job } = this.#parts;
      if (job.accepts?.(target, events) === false) this.#alone();
      else if (this.wantsWhole) this.#given.give(events, target);
      else this.#given.ends(target);
    });
  }

  leftBehind(alone: boolean): void {
    this.#parts.job.guarded(() => {
      this.#stopWaiting();
      if (this.#given.isBegun) this.#given.fails(cutStream);
      else if (alone) this.#alone();
      else this.#ask();
    });
  }

  #found(entry: CacheEntry | null): void {
    const events = entry === null ? null : this.#parts.exchange.core.cache.eventsOf(entry);
    if (entry === null || events === null || !this.#gives(entry, events)) this.#seek();
  }

  /** Gives a kept answer, unless it is too old or not accepted. */
  #gives(entry: CacheEntry, events: readonly AnswerEvent[]): boolean {
    const { about, lifetime, wish, asked } = this.#lookup;
    const { exchange, job, context, readOperand, of } = this.#parts;
    const { cache, clock } = exchange.core;
    const ageMs = ageOf(entry.storedAtMs, clock.now());
    const state = freshness(ageMs, lifetime, wish);
    if (state === "expired" || cache.versions.isOld(entry.target, events)) return false;
    if (job.accepts?.(about.target, events) === false) return false;
    this.#verdict = state === "fresh" ? "hit" : "stale";
    this.#ageMs = ageMs;
    cache.saved(about.target, entry.cost);
    cache.popular.note(exchange.surface, exchange.snapshot.configuration.server, job.request);
    if (state === "stale") {
      const meaning = this.#lookup.meaning();
      refreshAnswer(exchange, { about, asked, lifetime, meaning, job, context, readOperand, of });
    }
    this.#given.give(events, about.target);
    return true;
  }

  /** Looks for the answer to a like prompt, unless the very same is being asked. */
  #seek(): void {
    const { about, lifetime, wish } = this.#lookup;
    const { world, clock, cache } = this.#parts.exchange.core;
    const meaning = cache.flights.find(about.key) === null ? this.#lookup.meaning() : null;
    if (meaning === null) {
      this.#ask();
      return;
    }
    const over = (sought: Sought | null): void => {
      this.#stopWaiting();
      if (sought === null || !this.#isGiven(sought)) this.#ask();
    };
    const seeking = new AbortController();
    this.#seeking = seeking;
    const longestMs = Math.min(longestSeekMs, shareOfDeadline * this.#parts.job.plan.deadlineMs);
    this.#wake(world.now() + longestMs, () => {
      cache.meaning.lookedUp("late");
      seeking.abort(new TooLate());
      over(null);
    });
    const { signal } = seeking;
    const wanted = { meaning, about, lifetime, wish, atMs: clock.now(), signal };
    seekMeaning(cache, wanted).then((sought) => {
      // What comes too late, or when the client has left, finds nobody.
      if (this.#seeking === seeking) this.#parts.job.guarded(() => over(sought));
    }, this.#throw);
  }

  /** Gives an answer to a like prompt, or keeps it in mind to compare it with what the model says. */
  #isGiven(sought: Sought): boolean {
    const { exchange, job } = this.#parts;
    const { entry, events, kind } = sought;
    this.#sought = sought;
    const isGood =
      kind === "hit" ? this.#gives(entry, events) : job.accepts?.(entry.target, events) !== false;
    if (!isGood) this.#sought = null;
    exchange.core.cache.meaning.lookedUp(isGood ? kind : "rejected");
    return isGood && kind === "hit";
  }

  readonly #throw = (error: unknown): void =>
    this.#parts.job.guarded(() => {
      throw error;
    });

  /** Waits for the answer of a request that asks the same, or is the one that others wait for. */
  #ask(): void {
    const { exchange, job } = this.#parts;
    const { flights } = exchange.core.cache;
    const flight = flights.find(this.#lookup.about.key);
    if (flight === null) {
      this.#lead();
      return;
    }
    this.#followed = flight;
    this.#verdict = "collapsed";
    if (!flight.follow(this)) {
      this.#followed = null;
      this.#alone();
      return;
    }
    this.#wake(this.#startedAtMs + job.plan.deadlineMs, () => {
      this.#stopWaiting();
      this.#given.fails(deadlineFailure);
    });
  }

  #lead(): void {
    this.#verdict = "miss";
    const { cache } = this.#parts.exchange.core;
    this.#askedAtMs = cache.moment();
    this.#flight = cache.flights.lead(this.#lookup.about, this, cache.settings.answerBytes);
    this.listener = this.#flight ?? undefined;
    this.#send();
  }

  /** Asks for itself alone. */
  #alone(): void {
    this.#verdict = "miss";
    this.#send();
  }

  #send(): void {
    this.#parts.job.send(this.#parts.exchange.core.world.now() - this.#startedAtMs);
  }

  #wake(atMs: number, run: () => void): void {
    this.#alarm?.clear();
    this.#alarm = this.#parts.exchange.core.world.createAlarm(() => this.#parts.job.guarded(run));
    this.#alarm.set(atMs);
  }

  #stopWaiting(): void {
    this.#alarm?.clear();
    this.#alarm = null;
    this.#given.stop();
    this.#seeking?.abort();
    this.#seeking = null;
    this.#followed?.unfollow(this);
    this.#followed = null;
  }
}
