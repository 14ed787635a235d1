import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import { doneEvent, encodeSse, maxEventLength } from "../../../protocol/sse.ts";
import type { Usage } from "../../../protocol/usage.ts";
import type { StreamReader } from "../adapter.ts";
import { badResponse, cutStream } from "../classify.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { createEventCutter, eventEnd } from "../event-cutter.ts";
import { asBuffer, dataOf } from "../event-data.ts";
import { bytesReadAsLatin1 } from "../output-meter.ts";
import { createDeltaTemplate } from "./delta-template.ts";
import type { Differences } from "./differences.ts";
import { StreamNormaliser } from "./stream-normaliser.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * What makes an event worth parsing: a finish reason, usage, an error, reasoning under another name, or content in parts.
 * Quotes inside JSON strings are escaped, so text cannot hit this; where it matches for nothing, the event is merely parsed.
 */
const telling = /"(?:(?:finish_reason|usage|error|reasoning)"\s*:\s*[^n\s]|content"\s*:\s*\[)/;
const tellingOrCalls =
  /"(?:(?:finish_reason|usage|error|reasoning|tool_calls)"\s*:\s*[^n\s]|content"\s*:\s*\[)/;
const callsField = /"tool_calls"\s*:\s*\[/;
const closingBrace = 0x7d;

/**
 * Reads an OpenAI event stream. Once the answer has begun, chunks of plain deltas are handed on untouched after one look over
 * their bytes; every other event is parsed. Whole events only are handed on, so that the output does not depend on how the
 * upstream's bytes were cut.
 */
export function openChatStream(request: ModelRequest, row: Differences): StreamReader {
  return new ChatStreamReader(request, row);
}

class ChatStreamReader implements StreamReader {
  done = false;
  readonly #cutter = createEventCutter(maxEventLength);
  readonly #interesting: RegExp;
  readonly #template = createDeltaTemplate();
  readonly #chunks: StreamNormaliser;
  #started = false;

  constructor(request: ModelRequest, row: Differences) {
    const { n, stream_options: options } = request.body;
    this.#interesting = row.repairsToolCalls ? tellingOrCalls : telling;
    this.#chunks = new StreamNormaliser(row, n ?? 1, options?.include_usage === true);
  }

  get meaningful(): boolean {
    return this.#chunks.meaningful;
  }

  get failure(): Failure | null {
    return this.#chunks.failure;
  }

  get usage(): Usage | null {
    return this.#chunks.usage;
  }

  get finishReason(): string | null {
    return this.#chunks.finishReason;
  }

  outputTokens(): number {
    return this.#chunks.output.tokens();
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const whole = this.#cutter.push(chunk);
    if (this.#cutter.overflowed)
      this.#chunks.failure = badResponse("one event of the provider's stream is too long");
    if (whole === null) return null;
    if (this.meaningful && (this.#isKnown(whole) || this.#isPlain(asBuffer(whole)))) return whole;
    return this.#readEvents(asBuffer(whole));
  }

  end(): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const rest = this.#cutter.rest();
    const last = rest === null ? null : this.#readLast(asBuffer(rest));
    if (this.done || this.failure !== null) return last;
    if (this.#chunks.finished.size < this.#chunks.choices) {
      this.#chunks.failure = cutStream("the provider's stream ended before its answer did");
      return last;
    }
    this.done = true;
    const done = Buffer.from(doneEvent);
    return last === null ? done : Buffer.concat([last, done]);
  }

  /** Whether these bytes differ from earlier ones in their text alone. */
  #isKnown(whole: Uint8Array): boolean {
    const textBytes = this.#template.textOf(whole);
    if (textBytes > 0) this.#chunks.output.addBytes(textBytes);
    return textBytes >= 0;
  }

  /** Whether every event holds choices and neither finishes, bills nor fails. */
  #isPlain(whole: Buffer): boolean {
    const text = whole.toString("latin1");
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf("\n\n", at);
      if (end < 0 || text.charCodeAt(end - 1) !== closingBrace) return false;
      if (!text.startsWith("data: {", at)) return false;
      const choices = text.indexOf('"choices"', at);
      if (choices < 0 || choices > end) return false;
      at = end + 2;
    }
    if (this.#interesting.test(text) || text.includes("\r")) return false;
    const values = this.#ofOneName(text);
    if (values === null) return false;
    for (const value of values) this.#meterLatin1(value);
    const chunks = this.#chunks;
    if (chunks.mendsStop && !chunks.called) chunks.called = callsField.test(text);
    this.#template.learn(text);
    return true;
  }

  /** These one-line events where each is JSON under the stream's id and model: a broken one must not reach a client. */
  #ofOneName(text: string): readonly Fields[] | null {
    const values: Fields[] = [];
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf("\n\n", at);
      const value = parseJson(text.slice(at + 6, end));
      if (!isFields(value) || this.#chunks.named(value) !== value) return null;
      values.push(value);
      at = end + 2;
    }
    return values;
  }

  #meterLatin1({ choices }: Fields): void {
    if (!Array.isArray(choices)) return;
    for (const choice of choices as readonly unknown[]) {
      if (isFields(choice) && isFields(choice["delta"]))
        this.#chunks.output.addDelta(choice["delta"], bytesReadAsLatin1);
    }
  }

  #readEvents(whole: Buffer): Uint8Array | null {
    const out: Uint8Array[] = [];
    for (let at = 0; at < whole.length; ) {
      const end = eventEnd(whole, at);
      this.#readEvent(whole.subarray(at, end), out);
      if (this.done || this.failure !== null) break;
      at = end;
    }
    return joined(out);
  }

  /** An event whose blank line never came counts only when it is whole. */
  #readLast(raw: Buffer): Uint8Array | null {
    const out: Uint8Array[] = [];
    const data = dataOf(raw.toString("utf8"));
    if (data === "[DONE]" || (data !== null && parseJson(data) !== undefined))
      this.#readEvent(raw, out);
    return joined(out);
  }

  #readEvent(received: Buffer, out: Uint8Array[]): void {
    const raw = this.#started ? received : asBuffer(withoutMark(received));
    this.#started = true;
    const text = raw.toString("utf8");
    const isCanonical =
      text.startsWith("data: {") && text.endsWith("}\n\n") && !text.includes("\r");
    const isOneLine = isCanonical && text.indexOf("\n") === text.length - 2;
    const data = isOneLine ? text.slice(6, -2) : dataOf(text);
    if (data === null) {
      if (this.meaningful && /^:/m.test(text)) out.push(Buffer.from(": keep-alive\n\n"));
      return;
    }
    if (data.trim() === "[DONE]") {
      this.#takeDone(out);
      return;
    }
    const value = parseJson(data);
    const kept = this.#chunks.take(value);
    if (kept === null) return;
    // Beside its one line an event may hold others that no reader heeds: they end here.
    if (kept === value && isOneLine) out.push(raw);
    else out.push(Buffer.from(encodeSse(kept === value ? oneLine(data) : JSON.stringify(kept))));
  }

  #takeDone(out: Uint8Array[]): void {
    if (this.#chunks.finished.size === 0) {
      this.#chunks.failure = cutStream("the provider's stream ended without a finish reason");
      return;
    }
    this.done = true;
    out.push(Buffer.from(doneEvent));
  }
}

const oneLine = (json: string): string => json.replaceAll("\n", " ");

function joined(pieces: readonly Uint8Array[]): Uint8Array | null {
  if (pieces.length === 0) return null;
  return pieces.length === 1 ? (pieces[0] ?? null) : Buffer.concat(pieces);
}
