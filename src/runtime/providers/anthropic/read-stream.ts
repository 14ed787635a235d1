import type { ChatRequest } from "../../../protocol/chat-request.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { createSseDecoder, doneEvent, type SseEvent } from "../../../protocol/sse.ts";
import type { Usage } from "../../../protocol/usage.ts";
import type { ResponseHead, StreamReader } from "../adapter.ts";
import { badResponse, classify, cutStream } from "../classify.ts";
import { errorSignal, isFields, noSignal, parseJson } from "../error-signal.ts";
import { OutputMeter } from "../output-meter.ts";
import { createdAt } from "./read-body.ts";
import { finishOfStop, mergeUsage, thinkingDetail, usageObject, usageOf } from "./to-openai.ts";

type Fields = Readonly<Record<string, unknown>>;

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

/** Reads a Messages event stream and writes chat completion chunks; whole events only, so that cuts do not show. */
export function openMessageStream(head: ResponseHead, request: ChatRequest): StreamReader {
  return new MessageStreamReader(
    createdAt(head),
    request.body.stream_options?.include_usage === true,
  );
}

class MessageStreamReader implements StreamReader {
  meaningful = false;
  done = false;
  failure: Failure | null = null;
  finishReason: string | null = null;
  readonly #decoder = createSseDecoder();
  readonly #created: number;
  readonly #showsUsage: boolean;
  readonly #output = new OutputMeter();
  #counts: Fields = {};
  #model = "";
  #frame = "";
  #calls = 0;
  #block: OpenBlock | null = null;

  constructor(created: number, showsUsage: boolean) {
    this.#created = created;
    this.#showsUsage = showsUsage;
  }

  get usage(): Usage | null {
    return usageOf(this.#counts);
  }

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const out = this.#takeAll(this.#decoder.push(chunk));
    if (this.#decoder.overflowed)
      this.failure ??= badResponse("one event of the provider's stream is too long");
    return out === "" ? null : Buffer.from(out);
  }

  end(): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    let out = this.#takeAll(
      this.#decoder.end().filter((event) => parseJson(event.data) !== undefined),
    );
    if (!this.done && this.failure === null) {
      if (this.finishReason === null)
        this.failure = cutStream("the provider's stream ended before its answer did");
      else out += this.#finish();
    }
    return out === "" ? null : Buffer.from(out);
  }

  #takeAll(events: readonly SseEvent[]): string {
    let out = "";
    for (const event of events) {
      if (this.done || this.failure !== null) break;
      out += this.#take(event);
    }
    return out;
  }

  #take(event: SseEvent): string {
    const value = parseJson(event.data);
    if (!isFields(value)) {
      this.failure = badResponse("an event of the provider's stream is not JSON");
      return "";
    }
    if (value["type"] === "message_start") return this.#start(value["message"]);
    return this.#frame === "" ? this.#early(value) : this.#later(value);
  }

  /** Before the start only pings, what is not known, and errors can come: a chunk needs the answer's id and model. */
  #early(value: Fields): string {
    if (!/^(?:content_block|message)_/.test(String(value["type"]))) return this.#other(value);
    this.failure = badResponse("the provider's stream has no beginning");
    return "";
  }

  #later(value: Fields): string {
    switch (value["type"]) {
      case "content_block_start":
        return this.#openBlock(value["content_block"]);
      case "content_block_delta":
        return isFields(value["delta"]) ? this.#delta(value["delta"]) : "";
      case "content_block_stop":
        return this.#closeBlock();
      case "message_delta":
        return this.#stop(value);
      case "message_stop":
        return this.#finish();
      default:
        return this.#other(value);
    }
  }

  /** Pings and unknown events are nothing; an error, of whatever shape, is the end. */
  #other(value: Fields): string {
    const signal = value["error"] === undefined ? null : errorSignal(value);
    if (signal !== null || value["type"] === "error")
      this.failure = classify(200, signal ?? errorSignal(value) ?? noSignal);
    return "";
  }

  #start(message: unknown): string {
    if (!isFields(message)) return "";
    this.#counts = mergeUsage({}, message["usage"]);
    this.#model = String(message["model"] ?? "");
    const frame = {
      id: message["id"],
      object: "chat.completion.chunk",
      created: this.#created,
      model: this.#model,
    };
    this.#frame = `data: ${JSON.stringify(frame).slice(0, -1)}`;
    return this.#chunk({ role: "assistant", content: "" });
  }

  #chunk(delta: Fields, reason: string | null = null): string {
    return `${this.#frame},"choices":[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(reason)}}]}\n\n`;
  }

  #openBlock(block: unknown): string {
    if (!isFields(block)) return "";
    const isCall = block["type"] === "tool_use";
    this.#block = {
      type: block["type"],
      call: isCall ? this.#calls++ : -1,
      filled: false,
      thinking: "",
      signature: "",
    };
    if (isCall) return this.#startCall(block, this.#block);
    if (block["type"] === "text" && block["text"])
      return this.#delta({ type: "text_delta", text: block["text"] });
    const hidden =
      block["type"] === "redacted_thinking" ? thinkingDetail(block, this.#model) : null;
    return hidden === null ? "" : this.#chunk({ reasoning_details: [hidden] });
  }

  #startCall(block: Fields, open: OpenBlock): string {
    this.meaningful = true;
    const input =
      isFields(block["input"]) && Object.keys(block["input"]).length > 0 ? block["input"] : null;
    if (input !== null) open.filled = true;
    const args = input === null ? "" : JSON.stringify(input);
    const called = { name: block["name"], arguments: args };
    this.#output.addText(block["name"]);
    this.#output.addText(args);
    return this.#chunk({
      tool_calls: [{ index: open.call, id: block["id"], type: "function", function: called }],
    });
  }

  #delta(delta: Fields): string {
    switch (delta["type"]) {
      case "text_delta":
        return this.#said({ content: delta["text"] }, delta["text"]);
      case "thinking_delta":
        if (this.#block !== null) this.#block.thinking += String(delta["thinking"] ?? "");
        return this.#said({ reasoning_content: delta["thinking"] }, delta["thinking"]);
      case "signature_delta":
        if (this.#block !== null) this.#block.signature += String(delta["signature"] ?? "");
        return "";
      case "input_json_delta":
        return this.#args(delta["partial_json"]);
      default:
        return "";
    }
  }

  #said(delta: Fields, text: unknown): string {
    if (typeof text !== "string" || text === "") return "";
    this.meaningful = true;
    this.#output.addText(text);
    return this.#chunk(delta);
  }

  #args(part: unknown): string {
    if (this.#block === null || this.#block.call < 0 || typeof part !== "string" || part === "")
      return "";
    this.#block.filled = true;
    this.#output.addText(part);
    return this.#chunk({
      tool_calls: [{ index: this.#block.call, function: { arguments: part } }],
    });
  }

  #closeBlock(): string {
    const block = this.#block;
    this.#block = null;
    if (block === null) return "";
    if (block.call >= 0 && !block.filled)
      return this.#chunk({ tool_calls: [{ index: block.call, function: { arguments: "{}" } }] });
    const detail = block.type === "thinking" ? thinkingDetail({ ...block }, this.#model) : null;
    return detail === null ? "" : this.#chunk({ reasoning_details: [detail] });
  }

  #stop(value: Fields): string {
    this.#counts = mergeUsage(this.#counts, value["usage"]);
    const reason = isFields(value["delta"]) ? finishOfStop(value["delta"]["stop_reason"]) : null;
    if (reason === null || this.finishReason !== null) return "";
    this.finishReason = reason;
    this.meaningful = true;
    return this.#chunk({}, reason);
  }

  #finish(): string {
    if (this.finishReason === null) {
      this.failure = cutStream("the provider's stream ended without a stop reason");
      return "";
    }
    this.done = true;
    const usage = this.usage;
    const billed =
      this.#showsUsage && usage !== null
        ? `${this.#frame},"choices":[],"usage":${JSON.stringify(usageObject(usage))}}\n\n`
        : "";
    return billed + doneEvent;
  }
}
