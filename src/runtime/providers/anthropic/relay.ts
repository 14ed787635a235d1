import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { maxEventLength } from "../../../protocol/sse.ts";
import { modelUsage, type Usage } from "../../../protocol/usage.ts";
import type { Answer, ResponseHead, StreamReader } from "../adapter.ts";
import { badResponse } from "../classify.ts";
import { createEventCutter, eventEnd } from "../event-cutter.ts";
import { OutputMeter } from "../output-meter.ts";
import { decodeMessage, MessagesDecoder } from "./decode.ts";
import type { SignatureMemory } from "./signature-memory.ts";

/** A whole answer, its bytes as they came. */
export function relayMessage(
  head: ResponseHead,
  bytes: Uint8Array,
  memory: SignatureMemory,
): Answer {
  const decoded = decodeMessage(head, bytes);
  if (!decoded.ok) return decoded;
  let usage: Usage | null = null;
  let model = "";
  let finishReason: string | null = null;
  for (const event of decoded.events) {
    if (event.kind === "start") model = event.model;
    if (event.kind === "usage") usage = modelUsage(event.usage, model);
    if (event.kind === "finish") finishReason = event.reason;
    remember(event, memory);
  }
  return { ok: true, reply: { body: withoutMark(bytes), usage, finishReason } };
}

function remember(event: AnswerEvent, memory: SignatureMemory): void {
  if (event.kind !== "reasoning_end") return;
  const { signature, encrypted, model } = event.reasoning;
  const proof = signature ?? encrypted;
  if (proof !== null && model !== null) memory.note(proof, model);
}

/** Hands a Messages stream on as it comes; deltas of content are only measured, every other event is read. */
export function openMessagesRelay(memory: SignatureMemory): StreamReader {
  return new MessagesRelay(memory);
}

const deltaEvent = "event: content_block_delta\n";
/** Deltas that are read: a signature is remembered. Quotes inside strings are escaped, so that text cannot hit this. */
const telling = /"signature_delta"/;
/** What one event of a delta carries besides what the model said. */
const perDelta = 96;

class MessagesRelay implements StreamReader {
  meaningful = false;
  finishReason: string | null = null;
  usage: Usage | null = null;
  readonly #cutter = createEventCutter(maxEventLength);
  readonly #decoder = new MessagesDecoder({ status: 200, headers: {} });
  readonly #output = new OutputMeter();
  readonly #memory: SignatureMemory;
  #model = "";
  #overflow: Failure | null = null;

  constructor(memory: SignatureMemory) {
    this.#memory = memory;
  }

  get done(): boolean {
    return this.#decoder.done;
  }

  get failure(): Failure | null {
    return this.#overflow ?? this.#decoder.failure;
  }

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const whole = this.#cutter.push(chunk);
    if (this.#cutter.overflowed)
      this.#overflow = badResponse("one event of the provider's stream is too long");
    if (whole === null) return null;
    if (this.meaningful && this.#isDelta(whole)) return whole;
    return this.#read(whole);
  }

  end(): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const rest = this.#cutter.rest();
    const out = rest === null ? null : this.#read(rest);
    if (!this.done && this.failure === null) this.#note(this.#decoder.end());
    return out;
  }

  /** Whether these bytes are deltas of content and nothing else. */
  #isDelta(whole: Uint8Array): boolean {
    const text = Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString("latin1");
    let events = 0;
    for (let at = 0; at < text.length; events += 1) {
      if (!text.startsWith(deltaEvent, at)) return false;
      const end = text.indexOf("\n\n", at);
      if (end < 0 || !text.startsWith("data: {", at + deltaEvent.length)) return false;
      at = end + 2;
    }
    if (text.includes("\r") || telling.test(text)) return false;
    for (let each = 0; each < events; each += 1)
      this.#output.addBytes(Math.max(1, Math.floor(text.length / events) - perDelta));
    return true;
  }

  /** Event by event, so that what came before a broken one is handed on; null when nothing did. */
  #read(whole: Uint8Array): Uint8Array | null {
    for (let at = 0; at < whole.length; ) {
      const end = eventEnd(whole, at);
      this.#note(this.#decoder.push(whole.subarray(at, end)));
      if (this.failure !== null) return at === 0 ? null : whole.subarray(0, at);
      at = end;
    }
    return whole;
  }

  #note(events: readonly AnswerEvent[]): void {
    for (const event of events) {
      remember(event, this.#memory);
      if (event.kind === "start") this.#model = event.model;
      if (event.kind === "usage") this.usage = modelUsage(event.usage, this.#model);
      else if (event.kind === "finish") this.finishReason ??= event.reason;
      if (event.kind === "text" || event.kind === "reasoning" || event.kind === "call_args")
        this.#output.addText(event.text);
      if (event.kind !== "start" && event.kind !== "usage" && event.kind !== "ping")
        this.meaningful = true;
    }
  }
}
