import type { Failure } from "../../../protocol/failure.ts";
import { maxEventLength } from "../../../protocol/sse.ts";
import type { Usage } from "../../../protocol/usage.ts";
import type { StreamReader } from "../adapter.ts";
import { badResponse, cutStream } from "../classify.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { createEventCutter, eventEnd } from "../event-cutter.ts";
import { asBuffer, dataOf } from "../event-data.ts";
import { OutputMeter } from "../output-meter.ts";
import { cutFinish, isCall, wholeFinish } from "./answer-reader.ts";
import { responseFailure } from "./failure.ts";
import { usageOfResponse } from "./usage.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Events that come before a model has said anything. */
const quiet: ReadonlySet<string> = new Set([
  "response.created",
  "response.queued",
  "response.in_progress",
  "response.content_part.added",
  "response.reasoning_summary_part.added",
  "keepalive",
]);
const terminal: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.cancelled",
  "error",
]);
/** The items that say something by being there. */
const silentItems: ReadonlySet<unknown> = new Set(["message", "reasoning"]);
const deltaField = '"delta":"';

/**
 * Hands a stream of responses on as it comes, to a client of the same wire. Only events whose name says that they bear on usage,
 * failure or the end are parsed; of the others a glance is taken. Whole events only are handed on, and none after the last.
 */
export function openResponsesRelay(): StreamReader {
  return new ResponsesRelay();
}

class ResponsesRelay implements StreamReader {
  meaningful = false;
  done = false;
  failure: Failure | null = null;
  usage: Usage | null = null;
  finishReason: string | null = null;
  readonly #cutter = createEventCutter(maxEventLength);
  readonly #output = new OutputMeter();

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const whole = this.#cutter.push(chunk);
    if (this.#cutter.overflowed)
      this.failure = badResponse("one event of the provider's stream is too long");
    return whole === null ? null : this.#readEvents(whole);
  }

  end(): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const rest = this.#cutter.rest();
    const last = rest === null ? null : this.#readLast(rest);
    if (!this.done && this.failure === null)
      this.failure = cutStream("the provider's stream ended before its answer did");
    return last;
  }

  /** The very bytes, unless the answer ends or fails within them. */
  #readEvents(whole: Uint8Array): Uint8Array | null {
    const text = asBuffer(whole).toString("latin1");
    const hasReturns = text.includes("\r");
    for (let at = 0; at < text.length; ) {
      const end = hasReturns ? eventEnd(whole, at) : endOf(text, at);
      this.#readEvent(text.slice(at, end), whole.subarray(at, end));
      if (this.failure !== null) return at === 0 ? null : whole.subarray(0, at);
      if (this.done) return end === whole.length ? whole : whole.subarray(0, end);
      at = end;
    }
    return whole;
  }

  /** An event whose blank line never came counts only when it is whole. */
  #readLast(rest: Uint8Array): Uint8Array | null {
    const data = dataOf(asBuffer(rest).toString("utf8"));
    if (data === null || !isFields(parseJson(data))) return null;
    this.#readEvent(asBuffer(rest).toString("latin1"), rest);
    return this.failure === null ? Buffer.concat([rest, Buffer.from("\n\n")]) : null;
  }

  #readEvent(latin1: string, raw: Uint8Array): void {
    const name = nameOf(latin1);
    if (name?.endsWith(".delta") === true && this.#takeDelta(latin1)) return;
    const isPlain = name !== null && (quiet.has(name) || (this.meaningful && !terminal.has(name)));
    if (isPlain && isOneObject(latin1, name.length)) return;
    const data = dataOf(asBuffer(raw).toString("utf8"));
    if (data === null) return;
    const value = parseJson(data);
    if (isFields(value)) this.#takeValue(String(value["type"] ?? name), value);
    else
      this.failure =
        data.trim() === "[DONE]"
          ? cutStream("the provider's stream ended before its answer did")
          : badResponse("an event of the provider's stream is not JSON");
  }

  /** Whether this is a delta as the API writes it: a name, one line of JSON, and in it some text. */
  #takeDelta(event: string): boolean {
    const found = event.indexOf(deltaField);
    if (found < 0 || !isOneObject(event, nameOf(event)?.length ?? 0)) return false;
    const start = found + deltaField.length;
    const bytes = closingQuote(event, start) - start;
    if (bytes < 0) return false;
    if (bytes > 0) {
      this.#output.addBytes(bytes);
      this.meaningful = true;
    }
    return true;
  }

  #takeValue(type: string, value: Fields): void {
    if (quiet.has(type)) return;
    const response = isFields(value["response"]) ? value["response"] : {};
    switch (type) {
      case "response.completed":
      case "response.incomplete":
        this.#complete(response, type === "response.incomplete");
        return;
      case "response.failed":
        this.usage = usageOfResponse(response);
        this.failure = responseFailure(response["error"]);
        return;
      case "error":
        this.failure = responseFailure(value);
        return;
      case "response.cancelled":
        this.failure = cutStream("the provider cancelled its answer");
        return;
      case "response.output_item.added":
        this.meaningful ||= isFields(value["item"]) && !silentItems.has(value["item"]["type"]);
        return;
      default:
        this.#output.addText(value["delta"]);
        this.meaningful ||= value["delta"] !== "";
    }
  }

  #complete(response: Fields, cut: boolean): void {
    const output = Array.isArray(response["output"]) ? response["output"] : [];
    const called = output.some((item) => isFields(item) && isCall(item));
    this.usage = usageOfResponse(response);
    this.finishReason = (cut ? cutFinish(response) : wholeFinish(called)).reason;
    this.meaningful = true;
    this.done = true;
  }
}

/** The `event:` field where it comes first, as the API writes it; null for any other form. */
function nameOf(event: string): string | null {
  if (!event.startsWith("event: ")) return null;
  const end = event.indexOf("\n");
  return end < 0 || event.charCodeAt(end - 1) === 0x0d ? null : event.slice(7, end);
}

/** Whether behind the name stands one line that looks like a JSON object, and nothing else. */
function isOneObject(event: string, nameLength: number): boolean {
  const at = 7 + nameLength + 1;
  return (
    event.startsWith("data: {", at) &&
    event.endsWith("}\n\n") &&
    event.indexOf("\n", at) === event.length - 2
  );
}

function endOf(text: string, from: number): number {
  const end = text.indexOf("\n\n", from);
  return end < 0 ? text.length : end + 2;
}

/** Index of the quote that ends the string begun before `from`; -1 when there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at;
    if (unit === 0x5c) at++;
  }
  return -1;
}
