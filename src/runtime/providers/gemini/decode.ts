import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { createSseDecoder, type SseEvent } from "../../../protocol/sse.ts";
import type { ResponseHead } from "../adapter.ts";
import { badResponse } from "../classify.ts";
import type { AnswerDecoder, Decoded } from "../decoder.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { AnswerReader } from "./answer-reader.ts";
import { failureInside } from "./read-error.ts";

/** Characters of an error that stands in a stream without being an event; more says nothing new. */
const mostStray = 64 * 1024;

/**
 * Reads a `streamGenerateContent` stream (`alt=sse`) into events. `askedModel` is the target's own id; `onResponse` gets the JSON of
 * each response that was read.
 */
export class GeminiDecoder implements AnswerDecoder {
  readonly #answer: AnswerReader;
  readonly #decoder = createSseDecoder(undefined, (line) => this.#stray(line));
  readonly #onResponse: ((json: string) => void) | undefined;
  #strayText = "";
  #failure: Failure | null = null;

  constructor(
    head: ResponseHead,
    askedModel: string | null = null,
    onResponse?: (json: string) => void,
  ) {
    this.#answer = new AnswerReader(head, askedModel);
    this.#onResponse = onResponse;
  }

  get done(): boolean {
    return this.#answer.done;
  }

  get failure(): Failure | null {
    return this.#failure ?? this.#answer.failure;
  }

  push(chunk: Uint8Array): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const events = this.#takeAll(this.#decoder.push(chunk));
    if (this.#decoder.overflowed)
      this.#failure ??= badResponse("one event of the provider's stream is too long");
    return events;
  }

  end(): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const last = this.#decoder.end().filter((event) => parseJson(event.data) !== undefined);
    const events = this.#takeAll(last);
    this.#failure ??= failureInside(parseJson(this.#strayText));
    if (this.failure !== null) return events;
    return [...events, ...this.#answer.end()];
  }

  #takeAll(events: readonly SseEvent[]): readonly AnswerEvent[] {
    const out: AnswerEvent[] = [];
    for (const { data } of events) {
      // Relays that speak several wires end every stream like this.
      if (data.trim() === "[DONE]") continue;
      if (this.failure !== null) break;
      const value = parseJson(data);
      if (value === undefined)
        this.#failure = badResponse("an event of the provider's stream is not JSON");
      else {
        for (const event of this.#answer.take(value)) out.push(event);
        if (this.failure === null) this.#onResponse?.(data);
      }
    }
    return out;
  }

  /** Errors may come as bare JSON, on one line or many. They are the last that comes, so the end is soon enough to read them. */
  #stray(line: string): void {
    if (this.#strayText.length + line.length <= mostStray) this.#strayText += `${line}\n`;
  }
}

/** Decodes a whole answer: one object, or the list of them that a stream is where it does not come as events. */
export function decodeGeminiBody(
  head: ResponseHead,
  bytes: Uint8Array,
  askedModel: string | null = null,
): Decoded {
  const value = parseJson(new TextDecoder("utf-8").decode(bytes));
  if (value === undefined)
    return { ok: false, failure: badResponse("the provider's answer is not JSON", head.status) };
  const pieces: readonly unknown[] = Array.isArray(value) ? value : [value];
  const answer = new AnswerReader(head, askedModel);
  const events = pieces.flatMap((piece) => answer.take(piece));
  if (answer.failure === null && !pieces.some(isAnswer))
    return { ok: false, failure: badResponse("the provider's answer holds no candidates") };
  for (const event of answer.end(!Array.isArray(value))) events.push(event);
  return answer.failure === null ? { ok: true, events } : { ok: false, failure: answer.failure };
}

function isAnswer(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { candidates, promptFeedback } = value;
  if (Array.isArray(candidates) && candidates.length > 0) return true;
  return isFields(promptFeedback) && typeof promptFeedback["blockReason"] === "string";
}
