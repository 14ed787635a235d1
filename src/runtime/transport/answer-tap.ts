import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { AnswerDecoder } from "../providers/decoder.ts";

/** An answer is not what the policy's `accept` demands. */
export const notAccepted: Failure = {
  cause: "bad_output",
  retrySame: true,
  code: "not_accepted",
  message: "the model's answer is not one that the policy accepts",
};

/** Listens to an answer that is held back until the policy has looked at it. */
export class AnswerTap {
  readonly #decoder: AnswerDecoder;
  readonly #events: AnswerEvent[] = [];

  constructor(decoder: AnswerDecoder) {
    this.#decoder = decoder;
  }

  push(bytes: Uint8Array): void {
    for (const event of this.#decoder.push(bytes)) this.#events.push(event);
  }

  /** What the whole answer says. */
  whole(): readonly AnswerEvent[] {
    if (!this.#decoder.done) this.#events.push(...this.#decoder.end());
    return this.#events;
  }
}
