import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { createSseDecoder, type SseEvent } from "../../../protocol/sse.ts";
import type { ResponseHead } from "../adapter.ts";
import { badResponse, cutStream } from "../classify.ts";
import type { AnswerDecoder, Decoded } from "../decoder.ts";
import { isFields, parseJson } from "../error-signal.ts";
import type { Differences } from "./differences.ts";
import { readBody } from "./read-body.ts";
import { StreamNormaliser } from "./stream-normaliser.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Decodes an OpenAI event stream; the departures of each host are mended as for clients of the same wire. */
export class ChatDecoder implements AnswerDecoder {
  done = false;
  readonly #decoder = createSseDecoder();
  readonly #chunks: StreamNormaliser;
  readonly #pieces = new Pieces();

  constructor(row: Differences, choices: number) {
    this.#chunks = new StreamNormaliser(row, choices, true);
  }

  get failure(): Failure | null {
    return this.#chunks.failure;
  }

  push(chunk: Uint8Array): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const events = this.#takeAll(this.#decoder.push(chunk));
    if (this.#decoder.overflowed)
      this.#chunks.failure ??= badResponse("one event of the provider's stream is too long");
    return events;
  }

  end(): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const whole = ({ data }: SseEvent): boolean =>
      data.trim() === "[DONE]" || parseJson(data) !== undefined;
    const events = this.#takeAll(this.#decoder.end().filter(whole));
    if (this.done || this.failure !== null) return events;
    if (this.#chunks.finished.size < this.#chunks.choices)
      this.#chunks.failure = cutStream("the provider's stream ended before its answer did");
    else this.done = true;
    return events;
  }

  #takeAll(events: readonly SseEvent[]): readonly AnswerEvent[] {
    const out: AnswerEvent[] = [];
    for (const { data } of events) {
      if (this.done || this.failure !== null) break;
      if (data.trim() === "[DONE]") this.#finish();
      else this.#take(parseJson(data), out);
    }
    return out;
  }

  #finish(): void {
    if (this.#chunks.finished.size > 0) this.done = true;
    else this.#chunks.failure = cutStream("the provider's stream ended without a finish reason");
  }

  #take(value: unknown, out: AnswerEvent[]): void {
    const before = this.#chunks.usage;
    const chunk = this.#chunks.take(value);
    if (chunk !== null) this.#pieces.chunk(chunk, out);
    const { usage, tier } = this.#chunks;
    if (usage !== null && usage !== before) out.push({ kind: "usage", usage, tier });
  }
}

/** Decodes a whole chat completion. */
export function decodeCompletion(head: ResponseHead, bytes: Uint8Array, row: Differences): Decoded {
  const answer = readBody(head, bytes, row);
  if (!answer.ok) return answer;
  const { body, usage } = answer.reply;
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const value = parseJson(text) as Fields;
  const choices = value["choices"] as readonly unknown[];
  const events: AnswerEvent[] = [];
  const pieces = new Pieces();
  pieces.chunk({ ...value, choices: choices.map(asDelta) }, events);
  const tier = value["service_tier"];
  if (usage !== null)
    events.push({ kind: "usage", usage, tier: typeof tier === "string" ? tier : null });
  return { ok: true, events };
}

/** A whole choice as the one delta that says it all. */
function asDelta(choice: unknown, index: number): unknown {
  if (!isFields(choice)) return choice;
  const message = isFields(choice["message"]) ? choice["message"] : {};
  const calls = message["tool_calls"];
  const numbered = Array.isArray(calls)
    ? { tool_calls: calls.map((call: unknown, at) => ({ ...(call as Fields), index: at })) }
    : {};
  const finish_reason = choice["finish_reason"] ?? "stop";
  return { ...choice, index, finish_reason, delta: { ...message, ...numbered } };
}

/** Turns mended chunks into events. */
class Pieces {
  #started = false;
  /** By choice and index, the calls that have begun. */
  readonly #begun = new Set<string>();
  readonly #reasoned = new Map<number, string>();

  chunk(chunk: Fields, out: AnswerEvent[]): void {
    const { id, model, created, choices } = chunk;
    const told = Array.isArray(choices) ? (choices as readonly unknown[]) : [];
    if (!this.#started && (told.length > 0 || typeof id === "string")) {
      this.#started = true;
      out.push({
        kind: "start",
        id: typeof id === "string" ? id : "",
        model: typeof model === "string" ? model : "",
        created: typeof created === "number" ? created : 0,
      });
    }
    for (const choice of told) if (isFields(choice)) this.#choice(choice, out);
  }

  #choice(from: Fields, out: AnswerEvent[]): void {
    const choice = typeof from["index"] === "number" ? from["index"] : 0;
    if (isFields(from["delta"])) this.#delta(choice, from["delta"], from["logprobs"], out);
    const reason = from["finish_reason"];
    if (typeof reason !== "string") return;
    this.#endReasoning(choice, out);
    const { stop_reason: stop } = from;
    const stopSequence = typeof stop === "string" ? stop : null;
    out.push({ kind: "finish", choice, reason, native: reason, stopSequence });
  }

  #delta(choice: number, delta: Fields, logprobs: unknown, out: AnswerEvent[]): void {
    const { reasoning_content: thought, reasoning_details: details, content, refusal } = delta;
    if (filled(thought)) {
      this.#reasoned.set(choice, (this.#reasoned.get(choice) ?? "") + thought);
      out.push({ kind: "reasoning", choice, text: thought, summary: false });
    }
    if (Array.isArray(details)) this.#details(choice, details, out);
    const calls = Array.isArray(delta["tool_calls"]) ? (delta["tool_calls"] as unknown[]) : [];
    if (filled(content) || filled(refusal) || calls.length > 0) this.#endReasoning(choice, out);
    if (filled(content)) out.push({ kind: "text", choice, text: content, ...logprobsOf(logprobs) });
    if (filled(refusal)) out.push({ kind: "refusal", choice, text: refusal });
    const annotations = delta["annotations"];
    for (const citation of Array.isArray(annotations) ? (annotations as unknown[]) : [])
      if (isFields(citation)) out.push({ kind: "citation", choice, citation });
    for (const call of calls) if (isFields(call)) this.#call(choice, call, out);
    mediaOf(choice, delta, out);
  }

  /** Signed or sealed thinking of a relay; plain pieces of text are told by `reasoning_content` already. */
  #details(choice: number, details: readonly unknown[], out: AnswerEvent[]): void {
    for (const detail of details) {
      if (!isFields(detail)) continue;
      const signature = textOf(detail["signature"]);
      const encrypted = textOf(detail["data"]);
      if (signature === null && encrypted === null) continue;
      const told = textOf(detail["text"]) ?? textOf(detail["summary"]) ?? "";
      // In a stream the detail that is signed may hold the last piece of the text alone.
      const before = this.#reasoned.get(choice) ?? "";
      const text = before.endsWith(told) ? before : told;
      const summary = detail["type"] === "reasoning.summary";
      const { id, model } = detail;
      const who = { id: textOf(id), model: textOf(model) };
      const reasoning = { text, summary, signature, encrypted, ...who };
      this.#reasoned.delete(choice);
      out.push({ kind: "reasoning_end", choice, reasoning });
    }
  }

  #endReasoning(choice: number, out: AnswerEvent[]): void {
    const text = this.#reasoned.get(choice);
    if (text === undefined) return;
    this.#reasoned.delete(choice);
    const reasoning = {
      text,
      summary: false,
      signature: null,
      encrypted: null,
      id: null,
      model: null,
    };
    out.push({ kind: "reasoning_end", choice, reasoning });
  }

  #call(choice: number, from: Fields, out: AnswerEvent[]): void {
    const call = typeof from["index"] === "number" ? from["index"] : 0;
    const custom = isFields(from["custom"]);
    const called = from["function"] ?? from["custom"];
    if (!isFields(called)) return;
    const key = `${choice} ${call}`;
    if (!this.#begun.has(key)) {
      this.#begun.add(key);
      const name = textOf(called["name"]) ?? "";
      const id = textOf(from["id"]) ?? `call_${call}`;
      const signature = signatureOf(from);
      const signed = signature === null ? {} : { signature };
      out.push({ kind: "call_start", choice, call, id, name, custom, ...signed });
    }
    const text = custom ? called["input"] : called["arguments"];
    if (filled(text)) out.push({ kind: "call_args", choice, call, text });
  }
}

const filled = (value: unknown): value is string => typeof value === "string" && value !== "";

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

function signatureOf(call: Fields): string | null {
  const extra = isFields(call["extra_content"]) ? call["extra_content"]["google"] : null;
  return isFields(extra) ? textOf(extra["thought_signature"]) : null;
}

function logprobsOf(value: unknown): { readonly logprobs?: readonly Fields[] } {
  const content = isFields(value) ? value["content"] : null;
  return Array.isArray(content) ? { logprobs: content.filter(isFields) } : {};
}

function mediaOf(choice: number, { images, audio }: Fields, out: AnswerEvent[]): void {
  for (const image of Array.isArray(images) ? (images as unknown[]) : []) {
    const at = isFields(image) && isFields(image["image_url"]) ? image["image_url"]["url"] : null;
    const inline = /^data:([^;,]+);base64,/.exec(textOf(at) ?? "");
    if (inline === null) continue;
    const [head, mediaType = ""] = inline;
    out.push({ kind: "media", choice, mediaType, data: String(at).slice(head.length) });
  }
  if (!isFields(audio) || !filled(audio["data"])) return;
  const { data, ...about } = audio;
  out.push({ kind: "media", choice, mediaType: "audio/wav", data: data as string, about });
}
