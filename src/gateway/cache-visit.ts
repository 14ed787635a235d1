import type { RequestContext } from "../extract/context.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { AnswerEncoder, AnswerEvent } from "../protocol/answer-event.ts";
import type { Failure } from "../protocol/failure.ts";
import { failureToProblem } from "../protocol/failure-to-problem.ts";
import type { CacheEntry, EntryNames } from "../runtime/cache/cache-store.ts";
import type { Flight, Follower, Leader } from "../runtime/cache/flight.ts";
import {
  type ClientWish,
  clientWish,
  freshness,
  type Lifetime,
} from "../runtime/cache/freshness.ts";
import { pieces, withOwnId } from "../runtime/cache/replay.ts";
import { deadlineFailure } from "../runtime/dispatch/machine-failures.ts";
import type { Alarm } from "../runtime/dispatch/world.ts";
import type { CacheResult } from "../runtime/telemetry/cache-meters.ts";
import type { AnswerListener, ModelJob } from "../runtime/transport/model-job.ts";
import { cutStream } from "../runtime/transport/transport-failure.ts";
import { type KeyAsked, mayBeKept, rememberedKey, tenantOf } from "./cache-identity.ts";
import type { ClientAnswer } from "./client-answer.ts";
import type { Exchange } from "./exchange.ts";
import { type Come, keepAnswer } from "./keep-answer.ts";
import { problems } from "./problems.ts";
import { refreshAnswer } from "./refresh-answer.ts";

/** A request with leave to be sent. */
export interface Visitor extends ModelJob {
  readonly sink: ClientAnswer;
  visitParts(): VisitParts;
  /** Whether the client left, or the gateway stops; the request has then been ended. */
  hasEnded(): boolean;
  /** Sends the request, `waitedMs` after it could have been. */
  send(waitedMs: number): void;
  /** The client has its answer, or as much of it as there will be: the failure says what is wrong with that. */
  answered(failure: Failure | null): void;
  /** Nobody waits any more for the answer of a request that went on without its client. */
  abandon(): void;
  /** Runs what is called later: a fault in it ends this request and no other. */
  guarded(run: () => void): void;
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
}

/** Looks a request up whose plan keeps answers; null where the plan does not, or its answer cannot be kept. */
export function visitCache(exchange: Exchange, job: Visitor): CacheVisit | null {
  const { cache: option, staleMs = 0 } = job.plan.options;
  if (option?.kind !== "exact") return null;
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
  return new CacheVisit({ ...parts, exchange, job }, { asked, about, lifetime, wish });
}

interface CacheVisitParts extends VisitParts {
  readonly exchange: Exchange;
  readonly job: Visitor;
}

interface Lookup {
  readonly asked: KeyAsked;
  readonly about: EntryNames;
  readonly lifetime: Lifetime;
  readonly wish: ClientWish;
}

/** One request at the cache: given a kept answer, or the answer of another one under way, or sent, perhaps for others too. */
export class CacheVisit implements Follower, Leader {
  /** Hears the answer, where it may be kept or others wait for it. */
  listener: AnswerListener | undefined;
  readonly wantsWhole: boolean;
  readonly #parts: CacheVisitParts;
  readonly #lookup: Lookup;
  readonly #startedAtMs: number;
  #verdict: CacheResult = "miss";
  #ageMs: number | null = null;
  /** The request's own, when it is sent. */
  #flight: Flight | null = null;
  /** The one of another request that it waits for. */
  #followed: Flight | null = null;
  #alarm: Alarm | null = null;
  #encoder: AnswerEncoder | null = null;
  #isFull = false;
  #isReplaying = false;
  #isWhole = false;

  constructor(parts: CacheVisitParts, lookup: Lookup) {
    this.#parts = parts;
    this.#lookup = lookup;
    this.#startedAtMs = parts.exchange.core.world.now();
    this.wantsWhole = !parts.job.streamed || parts.job.accepts !== undefined;
  }

  get told(): CacheTold {
    return { verdict: this.#verdict, key: this.#lookup.about.key, ageMs: this.#ageMs };
  }

  /** Value of `x-signalbox-cache`. */
  get header(): string {
    if (this.#ageMs !== null) return `${this.#verdict}; age=${Math.floor(this.#ageMs / 1000)}`;
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
        (error: unknown) =>
          this.#parts.job.guarded(() => {
            throw error;
          }),
      );
  }

  /** What a dispatch came to that this request was sent by. */
  heard(isWhole: boolean): void {
    this.#isWhole = isWhole;
  }

  /** The request is over: its answer is kept, and given to whoever waits for it. */
  ended({ attempts, costs }: Pick<Come, "attempts" | "costs">): void {
    const { exchange, of } = this.#parts;
    const { asked, lifetime } = this.#lookup;
    exchange.core.cache.asked(of.policy, this.#verdict);
    this.#stopWaiting();
    const flight = this.#flight;
    this.#flight = null;
    if (flight === null) return;
    if (this.#isWhole) keepAnswer(exchange, { flight, asked, lifetime, attempts, costs });
    flight.ends(this.#isWhole);
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
    if (this.#followed === null && !this.#isReplaying) return "sent";
    this.#stopWaiting();
    if (isStopping && this.#encoder !== null) this.#parts.job.sink.breakOff(problems.stopping());
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
    this.#parts.job.guarded(() => this.#write(this.#opened(target), own));
  }

  whole(events: readonly AnswerEvent[], target: string): void {
    this.#parts.job.guarded(() => {
      this.#stopWaiting();
      const { job } = this.#parts;
      if (job.accepts?.(target, events) === false) this.#alone();
      else if (this.wantsWhole) this.#give(withOwnId(events, this.#parts.exchange.id), target);
      else {
        this.#write(this.#opened(target), []);
        this.#finish();
      }
    });
  }

  leftBehind(alone: boolean): void {
    this.#parts.job.guarded(() => {
      this.#stopWaiting();
      if (this.#encoder !== null) this.#fail(cutStream);
      else if (alone) this.#alone();
      else this.#ask();
    });
  }

  #found(entry: CacheEntry | null): void {
    const { about, lifetime, wish, asked } = this.#lookup;
    const { exchange, job } = this.#parts;
    const { cache, clock } = exchange.core;
    const ageMs = entry === null ? 0 : Math.max(clock.now() - entry.storedAtMs, 0);
    const state = entry === null ? "expired" : freshness(ageMs, lifetime, wish);
    const events = entry === null || state === "expired" ? null : cache.eventsOf(entry);
    if (entry === null || events === null || job.accepts?.(about.target, events) === false) {
      this.#ask();
      return;
    }
    this.#verdict = state === "fresh" ? "hit" : "stale";
    this.#ageMs = ageMs;
    cache.saved(about.target, entry.cost);
    if (state === "stale") {
      const { context, readOperand, of } = this.#parts;
      refreshAnswer(exchange, { about, asked, lifetime, job, context, readOperand, of });
    }
    this.#give(withOwnId(events, exchange.id), about.target);
  }

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
      this.#fail(deadlineFailure);
    });
  }

  #lead(): void {
    this.#verdict = "miss";
    const { cache } = this.#parts.exchange.core;
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

  /** Gives a whole answer, at the pace that is set where it is a stream. */
  #give(events: readonly AnswerEvent[], target: string): void {
    const { exchange, job } = this.#parts;
    if (!job.streamed) {
      job.sink.reply({ target, attempts: 0 }, job.request.writer.whole(job.request, events));
      this.#parts.job.answered(null);
      return;
    }
    const { paceMs } = exchange.core.cache.settings;
    const encoder = this.#opened(target);
    if (paceMs > 0) {
      this.#isReplaying = true;
      this.#replay(encoder, pieces(events), paceMs);
      return;
    }
    this.#write(encoder, events);
    this.#finish();
  }

  #replay(encoder: AnswerEncoder, rest: Iterator<AnswerEvent>, paceMs: number): void {
    const { world } = this.#parts.exchange.core;
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      this.#write(encoder, [next.value]);
      if (next.value.kind !== "text" && next.value.kind !== "reasoning") continue;
      this.#wake(world.now() + paceMs, () => this.#replay(encoder, rest, paceMs));
      return;
    }
    this.#isReplaying = false;
    this.#finish();
  }

  /** The client's stream, begun when there is the first of it. */
  #opened(target: string): AnswerEncoder {
    if (this.#encoder === null) {
      const { sink, request } = this.#parts.job;
      this.#encoder = request.writer.open(request);
      sink.open({ target, attempts: 0 });
    }
    return this.#encoder;
  }

  #write(encoder: AnswerEncoder, events: readonly AnswerEvent[]): void {
    let text = "";
    for (const event of events) text += encoder.encode(event);
    if (text === "") return;
    const { sink } = this.#parts.job;
    // What a slow client leaves unread is held for it, bounded by the answer's size; one that reads nothing is cut off.
    if (sink.write(Buffer.from(text)) || this.#isFull) return;
    this.#isFull = true;
    sink.whenDrained(() => {
      this.#isFull = false;
    });
  }

  #finish(): void {
    const { sink } = this.#parts.job;
    const last = this.#encoder?.end() ?? "";
    if (last !== "") sink.write(Buffer.from(last));
    sink.end();
    this.#parts.job.answered(null);
  }

  #fail(failure: Failure): void {
    const { sink } = this.#parts.job;
    if (this.#encoder !== null)
      sink.fail(failure, this.#encoder.broken?.(failureToProblem(failure)));
    this.#parts.job.answered(failure);
  }

  #wake(atMs: number, run: () => void): void {
    this.#alarm?.clear();
    this.#alarm = this.#parts.exchange.core.world.createAlarm(() => this.#parts.job.guarded(run));
    this.#alarm.set(atMs);
  }

  #stopWaiting(): void {
    this.#alarm?.clear();
    this.#alarm = null;
    this.#isReplaying = false;
    this.#followed?.unfollow(this);
    this.#followed = null;
  }
}
