import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import type { Fields } from "../../../protocol/conversation.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { createSseDecoder, type SseEvent } from "../../../protocol/sse.ts";
import type { ResponseHead } from "../adapter.ts";
import { badResponse, classify, cutStream } from "../classify.ts";
import type { AnswerDecoder, Decoded } from "../decoder.ts";
import { errorSignal, isFields, noSignal, parseJson } from "../error-signal.ts";
import { headerOf, retryHintMs } from "../retry-hint.ts";
import { finishOfStop, mergeUsage, tierNamed, usageOf } from "./read-usage.ts";

/** The content block that is open; blocks come strictly one after another. */
interface OpenBlock {
  readonly type: unknown;
  /** Number of the call among the calls, from 0; -1 for other blocks. */
  readonly call: number;
  /** Whether any arguments were sent on. */
  filled: boolean;
  thinking: string;
  signature: string;
}

/** Seconds since the epoch by the provider's own clock; this wire carries no time in its body. */
function createdAt(head: ResponseHead): number {
  const ms = Date.parse(headerOf(head, "date") ?? "");
  return Number.isFinite(ms) ? Math.floor(ms / 1000) : 0;
}

/** Decodes a whole Messages answer. */
export function decodeMessage(head: ResponseHead, bytes: Uint8Array): Decoded {
  const text = new TextDecoder("utf-8").decode(bytes);
  const value = parseJson(text);
  if (value === undefined)
    return { ok: false, failure: badResponse("the provider's answer is not JSON", head.status) };
  const signal = errorSignal(value);
  if (signal !== null)
    return { ok: false, failure: classify(200, signal, retryHintMs(head, text)) };
  if (!isFields(value) || !Array.isArray(value["content"]))
    return { ok: false, failure: badResponse("the provider's answer is not a message") };
  const blocks = new Blocks(String(value["model"] ?? ""));
  const events: AnswerEvent[] = [startOf(value, createdAt(head))];
  for (const block of value["content"] as readonly unknown[]) {
    if (!isFields(block)) continue;
    addAll(events, blocks.open(block));
    addAll(events, blocks.close());
    if (blocks.overflowed) return { ok: false, failure: tooManyCalls() };
  }
  const usage = usageEvent(isFields(value["usage"]) ? value["usage"] : {});
  if (usage !== null) events.push(usage);
  addAll(events, refusalOf(value["stop_reason"], value["stop_details"]));
  events.push({ ...finishEvent(value), reason: finishOfStop(value["stop_reason"]) ?? "stop" });
  return { ok: true, events };
}

/** One by one, since there may be more than a call takes arguments. */
function addAll(events: AnswerEvent[], more: readonly AnswerEvent[]): void {
  for (const event of more) events.push(event);
}

/** Far more than any model makes in one answer. */
const mostCalls = 4096;

function tooManyCalls(): Failure {
  return badResponse("the provider's answer has too many calls of tools");
}

function startOf(message: Fields, created: number): AnswerEvent {
  const { id, model } = message;
  return { kind: "start", id: String(id ?? ""), model: String(model ?? ""), created };
}

function usageEvent(counts: Fields): AnswerEvent | null {
  const usage = usageOf(counts);
  return usage === null ? null : { kind: "usage", usage, tier: tierNamed(counts) };
}

/** Why a classifier stopped the answer, where it says so. */
function refusalOf(reason: unknown, details: unknown): readonly AnswerEvent[] {
  if (reason !== "refusal" || !isFields(details)) return [];
  const { explanation } = details;
  return typeof explanation === "string" && explanation !== ""
    ? [{ kind: "refusal", choice: 0, text: explanation }]
    : [];
}

function finishEvent(stop: Fields): Extract<AnswerEvent, { kind: "finish" }> {
  const { stop_reason: native, stop_sequence: sequence } = stop;
  return {
    kind: "finish",
    choice: 0,
    reason: finishOfStop(native) ?? "",
    native: typeof native === "string" ? native : null,
    stopSequence: typeof sequence === "string" ? sequence : null,
  };
}

/** Turns blocks, whole or growing, into events. */
class Blocks {
  readonly #model: string;
  #calls = 0;
  #block: OpenBlock | null = null;

  constructor(model: string) {
    this.#model = model;
  }

  /** Whether there are more calls than any model makes. */
  get overflowed(): boolean {
    return this.#calls > mostCalls;
  }

  open(block: Fields): readonly AnswerEvent[] {
    const isCall = block["type"] === "tool_use";
    const call = isCall ? this.#calls++ : -1;
    this.#block = { type: block["type"], call, filled: false, thinking: "", signature: "" };
    switch (block["type"]) {
      case "tool_use":
        return this.#call(block, this.#block);
      case "text":
        return [
          ...said("text", block["text"]),
          ...(Array.isArray(block["citations"]) ? block["citations"].flatMap(citationOf) : []),
        ];
      case "thinking":
        this.#block.signature = String(block["signature"] ?? "");
        return this.#think(block["thinking"]);
      case "redacted_thinking":
        return [this.#end({ encrypted: String(block["data"] ?? "") })];
      default:
        return [];
    }
  }

  grow(delta: Fields): readonly AnswerEvent[] {
    switch (delta["type"]) {
      case "text_delta":
        return said("text", delta["text"]);
      case "thinking_delta":
        return this.#think(delta["thinking"]);
      case "signature_delta":
        if (this.#block !== null) this.#block.signature += String(delta["signature"] ?? "");
        return [];
      case "input_json_delta":
        return this.#args(delta["partial_json"]);
      case "citations_delta":
        return citationOf(delta["citation"]);
      default:
        return [];
    }
  }

  close(): readonly AnswerEvent[] {
    const block = this.#block;
    this.#block = null;
    if (block === null) return [];
    if (block.call >= 0 && !block.filled)
      return [{ kind: "call_args", choice: 0, call: block.call, text: "{}" }];
    if (block.type !== "thinking" || (block.signature === "" && block.thinking === "")) return [];
    const signature = block.signature === "" ? null : block.signature;
    return [this.#end({ text: block.thinking, signature })];
  }

  #end(of: {
    readonly text?: string;
    readonly signature?: string | null;
    readonly encrypted?: string;
  }): AnswerEvent {
    const { text = "", signature = null, encrypted = null } = of;
    const model = this.#model;
    const dialect = "messages";
    const reasoning = {
      text,
      summary: false,
      signature,
      encrypted,
      id: null,
      model,
      dialect,
    } as const;
    return { kind: "reasoning_end", choice: 0, reasoning };
  }

  #call(block: Fields, open: OpenBlock): readonly AnswerEvent[] {
    const { id, name, input } = block;
    const start: AnswerEvent = {
      kind: "call_start",
      choice: 0,
      call: open.call,
      id: String(id ?? ""),
      name: String(name ?? ""),
      custom: false,
    };
    if (!isFields(input) || Object.keys(input).length === 0) return [start];
    open.filled = true;
    return [start, { kind: "call_args", choice: 0, call: open.call, text: JSON.stringify(input) }];
  }

  #think(text: unknown): readonly AnswerEvent[] {
    if (typeof text !== "string" || text === "") return [];
    if (this.#block !== null) this.#block.thinking += text;
    return [{ kind: "reasoning", choice: 0, text, summary: false }];
  }

  #args(part: unknown): readonly AnswerEvent[] {
    if (this.#block === null || this.#block.call < 0 || typeof part !== "string" || part === "")
      return [];
    this.#block.filled = true;
    return [{ kind: "call_args", choice: 0, call: this.#block.call, text: part }];
  }
}

function said(kind: "text", text: unknown): readonly AnswerEvent[] {
  return typeof text === "string" && text !== "" ? [{ kind, choice: 0, text }] : [];
}

/** A web page in OpenAI's shape; a place in a document as it came. */
function citationOf(value: unknown): readonly AnswerEvent[] {
  if (!isFields(value)) return [];
  const { url, title } = value;
  const citation =
    typeof url === "string"
      ? {
          type: "url_citation",
          url_citation: { url, title: title ?? "", start_index: 0, end_index: 0 },
        }
      : value;
  return [{ kind: "citation", choice: 0, citation }];
}

/** Decodes a Messages event stream. */
export class MessagesDecoder implements AnswerDecoder {
  done = false;
  failure: Failure | null = null;
  readonly #decoder = createSseDecoder();
  readonly #created: number;
  #counts: Fields = {};
  #blocks: Blocks | null = null;
  #finished = false;

  constructor(head: ResponseHead) {
    this.#created = createdAt(head);
  }

  push(chunk: Uint8Array): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const events = this.#takeAll(this.#decoder.push(chunk));
    if (this.#decoder.overflowed)
      this.failure ??= badResponse("one event of the provider's stream is too long");
    return events;
  }

  end(): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const events = this.#takeAll(
      this.#decoder.end().filter((event) => parseJson(event.data) !== undefined),
    );
    if (this.done || this.failure !== null) return events;
    if (!this.#finished)
      this.failure = cutStream("the provider's stream ended before its answer did");
    else this.done = true;
    return events;
  }

  #takeAll(events: readonly SseEvent[]): readonly AnswerEvent[] {
    const out: AnswerEvent[] = [];
    for (const event of events) {
      if (this.done || this.failure !== null) break;
      addAll(out, this.#take(event));
    }
    return out;
  }

  #take(event: SseEvent): readonly AnswerEvent[] {
    const value = parseJson(event.data);
    if (!isFields(value)) {
      this.failure = badResponse("an event of the provider's stream is not JSON");
      return [];
    }
    if (value["type"] === "message_start") return this.#start(value["message"]);
    return this.#blocks === null ? this.#early(value) : this.#later(value, this.#blocks);
  }

  /** Before the start only pings, what is not known, and errors can come: an answer needs its id and model. */
  #early(value: Fields): readonly AnswerEvent[] {
    if (!/^(?:content_block|message)_/.test(String(value["type"]))) return this.#other(value);
    this.failure = badResponse("the provider's stream has no beginning");
    return [];
  }

  #later(value: Fields, blocks: Blocks): readonly AnswerEvent[] {
    switch (value["type"]) {
      case "content_block_start":
        return this.#open(value["content_block"], blocks);
      case "content_block_delta":
        return isFields(value["delta"]) ? blocks.grow(value["delta"]) : [];
      case "content_block_stop":
        return blocks.close();
      case "message_delta":
        return this.#stop(value);
      case "message_stop":
        return this.#finish();
      default:
        return this.#other(value);
    }
  }

  #open(block: unknown, blocks: Blocks): readonly AnswerEvent[] {
    if (!isFields(block)) return [];
    const events = blocks.open(block);
    if (!blocks.overflowed) return events;
    this.failure = tooManyCalls();
    return [];
  }

  /** Pings and unknown events are nothing; an error, of whatever shape, is the end. */
  #other(value: Fields): readonly AnswerEvent[] {
    const signal = value["error"] === undefined ? null : errorSignal(value);
    if (signal !== null || value["type"] === "error")
      this.failure = classify(200, signal ?? errorSignal(value) ?? noSignal);
    return value["type"] === "ping" ? [{ kind: "ping" }] : [];
  }

  #start(message: unknown): readonly AnswerEvent[] {
    if (!isFields(message)) return [];
    this.#counts = mergeUsage({}, message["usage"]);
    this.#blocks = new Blocks(String(message["model"] ?? ""));
    const usage = usageEvent(this.#counts);
    return [startOf(message, this.#created), ...(usage === null ? [] : [usage])];
  }

  #stop(value: Fields): readonly AnswerEvent[] {
    this.#counts = mergeUsage(this.#counts, value["usage"]);
    const usage = usageEvent(this.#counts);
    const counted = usage === null ? [] : [usage];
    const delta = isFields(value["delta"]) ? value["delta"] : {};
    const finish = finishEvent(delta);
    if (finish.native === null || this.#finished) return counted;
    this.#finished = true;
    return [...counted, ...refusalOf(finish.native, delta["stop_details"]), finish];
  }

  #finish(): readonly AnswerEvent[] {
    if (this.#finished) this.done = true;
    else this.failure = cutStream("the provider's stream ended without a stop reason");
    return [];
  }
}
