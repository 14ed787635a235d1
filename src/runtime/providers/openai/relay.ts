import type { Failure } from "../../../protocol/failure.ts";
import type { Relayed } from "../../../protocol/model-request.ts";
import { doneEvent, maxEventLength } from "../../../protocol/sse.ts";
import type { Usage } from "../../../protocol/usage.ts";
import type { Answer, ResponseHead, StreamReader } from "../adapter.ts";
import { badResponse, classify, cutStream } from "../classify.ts";
import { errorSignal, isFields, parseJson } from "../error-signal.ts";
import { createEventCutter, eventEnd } from "../event-cutter.ts";
import { OutputMeter } from "../output-meter.ts";
import { headerOf, retryHintMs } from "../retry-hint.ts";
import { finishOf } from "./normalise.ts";
import { readAnswerUsage, readUsage } from "./read-usage.ts";

/** A whole answer of an API that is relayed: bytes as they came, of whatever type; JSON that is an error is a failure. */
export function relayWhole(head: ResponseHead, bytes: Uint8Array, relayed: Relayed): Answer {
  const contentType = headerOf(head, "content-type") ?? "application/octet-stream";
  if (/html/.test(contentType))
    return { ok: false, failure: badResponse("the provider answered with a web page") };
  if (!/json/.test(contentType))
    return { ok: true, reply: { body: bytes, usage: null, finishReason: null, contentType } };
  const text = new TextDecoder("utf-8").decode(bytes);
  const value = parseJson(text);
  if (value === undefined)
    return { ok: false, failure: badResponse("the provider's answer is not JSON", head.status) };
  const signal = errorSignal(value);
  if (signal !== null)
    return { ok: false, failure: classify(200, signal, retryHintMs(head, text)) };
  const usage = isFields(value) ? (readAnswerUsage(value) ?? readOtherUsage(value["usage"])) : null;
  const body = relayed.fitAnswer?.(bytes, value) ?? bytes;
  return { ok: true, reply: { body, usage, finishReason: null, contentType } };
}

/** Usage as APIs of images and sound have it: `input_tokens` and `output_tokens`. */
function readOtherUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null;
  const { input_tokens: prompt_tokens, output_tokens: completion_tokens } = value;
  return readUsage({ prompt_tokens, completion_tokens });
}

/** Hands a stream of another API than chat on as it comes, reading usage, errors and the end. */
export function openRelay(choices: number): StreamReader {
  return new Relay(choices);
}

class Relay implements StreamReader {
  meaningful = false;
  done = false;
  failure: Failure | null = null;
  usage: Usage | null = null;
  finishReason: string | null = null;
  readonly #choices: number;
  readonly #cutter = createEventCutter(maxEventLength);
  readonly #output = new OutputMeter();
  #finished = 0;
  #ended = false;

  constructor(choices: number) {
    this.#choices = choices;
  }

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const whole = this.#cutter.push(chunk);
    if (this.#cutter.overflowed)
      this.failure = badResponse("one event of the provider's stream is too long");
    return whole === null ? null : this.#read(whole);
  }

  end(): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const rest = this.#cutter.rest();
    const out = rest === null ? null : this.#read(rest);
    if (this.done || this.failure !== null) return out;
    if (!this.#ended && this.#finished < this.#choices)
      this.failure = cutStream("the provider's stream ended before its answer did");
    else this.done = true;
    return out;
  }

  #read(whole: Uint8Array): Uint8Array | null {
    for (let at = 0; at < whole.length; ) {
      const end = eventEnd(whole, at);
      this.#take(Buffer.from(whole.subarray(at, end)).toString("utf8"));
      if (this.failure !== null) return at === 0 ? null : whole.subarray(0, at);
      at = end;
    }
    return whole;
  }

  #take(event: string): void {
    const data = event
      .split(/\r\n|\n|\r/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trim())
      .join("\n");
    if (data === "") return;
    if (data === doneEvent.slice(6).trim()) {
      this.done = true;
      return;
    }
    const value = parseJson(data);
    const signal = errorSignal(value);
    if (signal !== null) this.failure = classify(200, signal);
    else if (!isFields(value))
      this.failure = badResponse("an event of the provider's stream is not JSON");
    else this.#note(value);
  }

  #note(value: Readonly<Record<string, unknown>>): void {
    this.usage = readAnswerUsage(value) ?? readOtherUsage(value["usage"]) ?? this.usage;
    const choices = Array.isArray(value["choices"])
      ? (value["choices"] as readonly unknown[])
      : null;
    if (choices === null) {
      // Pictures and sound come in events of their own, the last of which says so in its type.
      this.meaningful = true;
      if (/(?:completed|done)$/.test(String(value["type"]))) this.#ended = true;
      return;
    }
    for (const choice of choices) {
      if (!isFields(choice)) continue;
      if (typeof choice["text"] === "string" && choice["text"] !== "") this.meaningful = true;
      this.#output.addText(choice["text"]);
      const reason = finishOf(choice["finish_reason"]);
      if (reason === null) continue;
      this.meaningful = true;
      this.#finished += 1;
      this.finishReason ??= reason;
    }
  }
}
