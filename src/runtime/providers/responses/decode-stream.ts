import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { createSseDecoder, type SseEvent } from "../../../protocol/sse.ts";
import { badResponse, cutStream } from "../classify.ts";
import type { AnswerDecoder } from "../decoder.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { AnswerReader } from "./answer-reader.ts";

/** Reads an event stream of `POST /v1/responses`. */
export class ResponsesDecoder implements AnswerDecoder {
  readonly #sse = createSseDecoder();
  readonly #reader = new AnswerReader();
  #failure: Failure | null = null;

  get done(): boolean {
    return this.#reader.done;
  }

  get failure(): Failure | null {
    return this.#failure ?? this.#reader.failure;
  }

  push(chunk: Uint8Array): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const out = this.#takeAll(this.#sse.push(chunk));
    if (this.#sse.overflowed && !this.done && this.failure === null)
      this.#failure = badResponse("one event of the provider's stream is too long");
    return out;
  }

  end(): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const out = this.#takeAll(this.#sse.end());
    if (!this.done && this.failure === null)
      this.#failure = cutStream("the provider's stream ended before its answer did");
    return out;
  }

  #takeAll(events: readonly SseEvent[]): readonly AnswerEvent[] {
    const out: AnswerEvent[] = [];
    for (const event of events) {
      if (this.done || this.failure !== null) break;
      for (const said of this.#take(event)) out.push(said);
    }
    return out;
  }

  #take({ event, data, terminated }: SseEvent): readonly AnswerEvent[] {
    const value = parseJson(data);
    if (isFields(value))
      return this.#reader.take(value["type"] ? value : { ...value, type: event });
    if (terminated)
      this.#failure =
        data.trim() === "[DONE]"
          ? cutStream("the provider's stream ended before its answer did")
          : badResponse("an event of the provider's stream is not JSON");
    return [];
  }
}
