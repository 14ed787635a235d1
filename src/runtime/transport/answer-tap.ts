import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { AnswerDecoder } from "../providers/decoder.ts";
import type { AnswerListener, ModelJob } from "./model-job.ts";

/** An answer is not what the policy's `accept` demands. */
export const notAccepted: Failure = {
  cause: "bad_output",
  retrySame: true,
  code: "not_accepted",
  message: "the model's answer is not one that the policy accepts",
};

/** What an answer says: kept until it is the client's, told to a listener from then on. */
export class SaidSoFar {
  readonly #listener: AnswerListener | undefined;
  #events: AnswerEvent[] = [];
  #isTold = false;

  constructor(listener: AnswerListener | undefined) {
    this.#listener = listener;
  }

  /** What was said and is not yet the client's. */
  get events(): readonly AnswerEvent[] {
    return this.#events;
  }

  add(events: readonly AnswerEvent[]): void {
    if (events.length === 0) return;
    if (this.#isTold) this.#listener?.says(events);
    else for (const event of events) this.#events.push(event);
  }

  /** From now on it is the client's. */
  commit(target: string, continues: boolean): void {
    const events = this.#events;
    this.#events = [];
    this.#isTold = true;
    this.#listener?.begins(target, continues);
    if (events.length > 0) this.#listener?.says(events);
  }
}

/** Reads an answer for what it says, beside what is made of it for the client. */
export class AnswerTap {
  readonly #decoder: AnswerDecoder;
  readonly #said: SaidSoFar;

  constructor(decoder: AnswerDecoder, listener: AnswerListener | undefined) {
    this.#decoder = decoder;
    this.#said = new SaidSoFar(listener);
  }

  push(bytes: Uint8Array): void {
    this.#said.add(this.#decoder.push(bytes));
  }

  commit(target: string, continues: boolean): void {
    this.#said.commit(target, continues);
  }

  /** The answer is whole; returns all that it says and is not yet the client's. */
  whole(): readonly AnswerEvent[] {
    if (!this.#decoder.done) this.#said.add(this.#decoder.end());
    return this.#said.events;
  }
}

/** What listens to an answer of a job; null where nobody does. */
export function tapOf(job: ModelJob, open: () => AnswerDecoder): AnswerTap | null {
  const isHeard = job.accepts !== undefined || job.listener !== undefined;
  return isHeard ? new AnswerTap(open(), job.listener) : null;
}
