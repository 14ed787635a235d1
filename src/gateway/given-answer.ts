import type { AnswerEncoder, AnswerEvent } from "../protocol/answer-event.ts";
import type { Failure } from "../protocol/failure.ts";
import { failureToProblem } from "../protocol/failure-to-problem.ts";
import { pieces, withOwnId } from "../runtime/cache/replay.ts";
import type { Alarm } from "../runtime/dispatch/world.ts";
import type { ModelJob } from "../runtime/transport/model-job.ts";
import type { ClientAnswer } from "./client-answer.ts";
import type { Exchange } from "./exchange.ts";
import { keptBody } from "./kept-body.ts";

/** Whoever is given an answer that was not fetched for it. */
export interface AnswerTaker extends ModelJob {
  readonly sink: ClientAnswer;
  /** The client has its answer, or as much of it as there will be: the failure says what is wrong with that. */
  answered(failure: Failure | null): void;
  /** Runs what is called later: a fault in it ends this request and no other. */
  guarded(run: () => void): void;
}

/** An answer from the cache on its way to a client, whole or as a stream, in the API that the client speaks. */
export class GivenAnswer {
  readonly #exchange: Exchange;
  readonly #job: AnswerTaker;
  #encoder: AnswerEncoder | null = null;
  #alarm: Alarm | null = null;
  #isFull = false;
  #isReplaying = false;

  constructor(exchange: Exchange, job: AnswerTaker) {
    this.#exchange = exchange;
    this.#job = job;
  }

  /** Whether the client has the beginning of a stream. */
  get isBegun(): boolean {
    return this.#encoder !== null;
  }

  /** Whether it is being replayed at a pace. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** Gives a whole answer under an id of its own, at the pace that is set where it is a stream. */
  give(events: readonly AnswerEvent[], target: string): void {
    const job = this.#job;
    const { id, core } = this.#exchange;
    if (!job.streamed) {
      job.sink.reply({ target, attempts: 0 }, keptBody(job.request, events, id));
      job.answered(null);
      return;
    }
    const own = withOwnId(events, id);
    const { paceMs } = core.cache.settings;
    const encoder = this.#opened(target);
    if (paceMs > 0) {
      this.#isReplaying = true;
      this.#replay(encoder, pieces(own), paceMs);
      return;
    }
    this.#write(encoder, own);
    this.#finish();
  }

  /** Gives more of a stream. */
  says(events: readonly AnswerEvent[], target: string): void {
    this.#write(this.#opened(target), events);
  }

  /** The stream is whole. */
  ends(target: string): void {
    this.#opened(target);
    this.#finish();
  }

  fails(failure: Failure): void {
    const job = this.#job;
    if (this.#encoder !== null)
      job.sink.fail(failure, this.#encoder.broken?.(failureToProblem(failure)));
    job.answered(failure);
  }

  /** Gives no more. */
  stop(): void {
    this.#alarm?.clear();
    this.#alarm = null;
    this.#isReplaying = false;
  }

  #replay(encoder: AnswerEncoder, rest: Iterator<AnswerEvent>, paceMs: number): void {
    const { world } = this.#exchange.core;
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      this.#write(encoder, [next.value]);
      if (next.value.kind !== "text" && next.value.kind !== "reasoning") continue;
      this.#alarm?.clear();
      this.#alarm = world.createAlarm(() =>
        this.#job.guarded(() => this.#replay(encoder, rest, paceMs)),
      );
      this.#alarm.set(world.now() + paceMs);
      return;
    }
    this.#isReplaying = false;
    this.#finish();
  }

  /** The client's stream, begun when there is the first of it. */
  #opened(target: string): AnswerEncoder {
    if (this.#encoder === null) {
      const { sink, request } = this.#job;
      this.#encoder = request.writer.open(request);
      sink.open({ target, attempts: 0 });
    }
    return this.#encoder;
  }

  #write(encoder: AnswerEncoder, events: readonly AnswerEvent[]): void {
    let text = "";
    for (const event of events) text += encoder.encode(event);
    if (text === "") return;
    const { sink } = this.#job;
    // What a slow client leaves unread is held for it, bounded by the answer's size; one that reads nothing is cut off.
    if (sink.write(Buffer.from(text)) || this.#isFull) return;
    this.#isFull = true;
    sink.whenDrained(() => {
      this.#isFull = false;
    });
  }

  #finish(): void {
    const { sink } = this.#job;
    const last = this.#encoder?.end() ?? "";
    if (last !== "") sink.write(Buffer.from(last));
    sink.end();
    this.#job.answered(null);
  }
}
