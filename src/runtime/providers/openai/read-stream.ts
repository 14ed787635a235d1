import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { ChatRequest } from "../../../protocol/chat-request.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { doneEvent, encodeSse, maxEventLength } from "../../../protocol/sse.ts";
import type { Usage } from "../../../protocol/usage.ts";
import type { StreamReader } from "../adapter.ts";
import { badResponse, classify, cutStream } from "../classify.ts";
import { errorSignal, isFields, noSignal, parseJson } from "../error-signal.ts";
import { createEventCutter, eventEnd } from "../event-cutter.ts";
import { bytesReadAsLatin1, OutputMeter } from "../output-meter.ts";
import { createDeltaTemplate } from "./delta-template.ts";
import type { Differences } from "./differences.ts";
import { finishOf, normaliseMessage } from "./normalise.ts";
import { readAnswerUsage } from "./read-usage.ts";
import { createStreamCallRepair } from "./repair-stream-calls.ts";

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
export function openChatStream(request: ChatRequest, row: Differences): StreamReader {
  const reader = new ChatStreamReader(request, row);
  return reader;
}

class ChatStreamReader implements StreamReader {
  meaningful = false;
  done = false;
  failure: Failure | null = null;
  usage: Usage | null = null;
  finishReason: string | null = null;
  readonly #cutter = createEventCutter(maxEventLength);
  readonly #repair: ReturnType<typeof createStreamCallRepair> | null;
  readonly #interesting: RegExp;
  readonly #showsUsage: boolean;
  readonly #choices: number;
  /** Whether a finish of `stop` stands for calls once one was seen; of several choices nobody knows whose calls they were. */
  readonly #mendsStop: boolean;
  #called = false;
  readonly #finished = new Set<unknown>();
  readonly #template = createDeltaTemplate();
  readonly #output = new OutputMeter();
  #started = false;
  #id: string | null = null;
  #model: string | null = null;

  constructor(request: ChatRequest, row: Differences) {
    this.#repair = row.repairsToolCalls ? createStreamCallRepair() : null;
    this.#interesting = row.repairsToolCalls ? tellingOrCalls : telling;
    this.#showsUsage = request.body.stream_options?.include_usage === true;
    this.#choices = request.body.n ?? 1;
    this.#mendsStop = row.callsFinishAsStop && this.#choices === 1;
  }

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const whole = this.#cutter.push(chunk);
    if (this.#cutter.overflowed)
      this.failure = badResponse("one event of the provider's stream is too long");
    if (whole === null) return null;
    if (this.meaningful && (this.#isKnown(whole) || this.#isPlain(asBuffer(whole)))) return whole;
    return this.#readEvents(asBuffer(whole));
  }

  end(): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    const rest = this.#cutter.rest();
    const last = rest === null ? null : this.#readLast(asBuffer(rest));
    if (this.done || this.failure !== null) return last;
    if (this.#finished.size < this.#choices) {
      this.failure = cutStream("the provider's stream ended before its answer did");
      return last;
    }
    this.done = true;
    const done = Buffer.from(doneEvent);
    return last === null ? done : Buffer.concat([last, done]);
  }

  /** Whether these bytes differ from earlier ones in their text alone. */
  #isKnown(whole: Uint8Array): boolean {
    const textBytes = this.#template.textOf(whole);
    if (textBytes > 0) this.#output.addBytes(textBytes);
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
    if (this.#mendsStop && !this.#called) this.#called = callsField.test(text);
    this.#template.learn(text);
    return true;
  }

  /** These one-line events where each is JSON under the stream's id and model: a broken one must not reach a client. */
  #ofOneName(text: string): readonly Fields[] | null {
    const values: Fields[] = [];
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf("\n\n", at);
      const value = parseJson(text.slice(at + 6, end));
      if (!isFields(value) || this.#named(value) !== value) return null;
      values.push(value);
      at = end + 2;
    }
    return values;
  }

  #meterLatin1({ choices }: Fields): void {
    if (!Array.isArray(choices)) return;
    for (const choice of choices as readonly unknown[]) {
      if (isFields(choice) && isFields(choice["delta"]))
        this.#output.addDelta(choice["delta"], bytesReadAsLatin1);
    }
  }

  /** The event under the id and model of the first that had them, since clients put a stream together by its id. */
  #named(value: Fields): Fields {
    const { id, model } = value;
    if (this.#id === null) {
      if (typeof id === "string" && id !== "") this.#id = id;
      if (this.#id !== null && typeof model === "string") this.#model = model;
      return value;
    }
    if (id === this.#id && (this.#model === null || model === this.#model)) return value;
    return { ...value, id: this.#id, ...(this.#model === null ? {} : { model: this.#model }) };
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
    const kept = this.#takeValue(value);
    if (kept === null) return;
    if (kept === value && isCanonical) out.push(raw);
    else out.push(Buffer.from(encodeSse(kept === value ? oneLine(data) : JSON.stringify(kept))));
  }

  #takeDone(out: Uint8Array[]): void {
    if (this.#finished.size === 0) {
      this.failure = cutStream("the provider's stream ended without a finish reason");
      return;
    }
    this.done = true;
    out.push(Buffer.from(doneEvent));
  }

  /** Takes one parsed event in: what to hand on, the very value where nothing changes, null for nothing. */
  #takeValue(received: unknown): Fields | null {
    const signal = errorSignal(received);
    if (signal !== null) {
      this.failure = classify(200, signal);
      return null;
    }
    if (!isFields(received)) {
      this.failure = badResponse("an event of the provider's stream is not JSON");
      return null;
    }
    const value = this.#named(received);
    const usage = readAnswerUsage(value);
    if (usage !== null) this.usage = usage;
    const choices = Array.isArray(value["choices"]) ? (value["choices"] as readonly unknown[]) : [];
    const hidden = usage !== null && !this.#showsUsage;
    if (choices.length === 0) return hidden ? null : value;
    const kept = this.#takeChoices(value, choices, usage !== null);
    return hidden && kept !== null ? withoutUsage(kept) : kept;
  }

  #takeChoices(value: Fields, choices: readonly unknown[], bills: boolean): Fields | null {
    let changed = false;
    const kept: unknown[] = [];
    for (const choice of choices) {
      const taken = this.#takeChoice(choice);
      if (this.failure !== null) return null;
      if (taken !== choice) changed = true;
      if (taken !== null) kept.push(taken);
    }
    if (!changed) return value;
    if (kept.length === 0 && !(bills && this.#showsUsage)) return null;
    return { ...value, choices: kept };
  }

  #takeChoice(choice: unknown): unknown {
    if (!isFields(choice)) return choice;
    const reason = finishOf(choice["finish_reason"]);
    if (reason === "error") {
      const code = String(choice["finish_reason"]);
      this.failure = classify(200, { ...noSignal, code });
      return null;
    }
    if (reason !== null && this.#finished.has(choice["index"])) return null;
    const delta = isFields(choice["delta"]) ? this.#takeDelta(choice["delta"]) : null;
    const shown = reason === "stop" && this.#mendsStop && this.#called ? "tool_calls" : reason;
    if (shown !== null) {
      this.#finished.add(choice["index"]);
      this.finishReason ??= shown;
      this.meaningful = true;
    }
    const sameDelta = delta === null || delta === choice["delta"];
    if (sameDelta && (shown ?? choice["finish_reason"]) === choice["finish_reason"]) return choice;
    return { ...choice, ...(delta === null ? {} : { delta }), finish_reason: shown };
  }

  #takeDelta(delta: Fields): Fields {
    let out = normaliseMessage(delta);
    const calls = out["tool_calls"];
    if (Array.isArray(calls) && calls.length > 0) {
      this.#called = true;
      if (this.#repair !== null) out = { ...out, tool_calls: this.#repair.repair(calls) };
    }
    this.#output.addDelta(out);
    if (!this.meaningful && says(out)) this.meaningful = true;
    return out;
  }
}

/** Whether a delta holds anything a reader would see: content, reasoning, a refusal, a call, audio. */
function says(delta: Fields): boolean {
  const filled = (value: unknown): boolean => typeof value === "string" && value !== "";
  const calls = delta["tool_calls"];
  return (
    filled(delta["content"]) ||
    filled(delta["refusal"]) ||
    filled(delta["reasoning_content"]) ||
    (Array.isArray(calls) && calls.length > 0) ||
    isFields(delta["function_call"]) ||
    isFields(delta["audio"])
  );
}

/** For a client that did not ask for counts: some providers put them beside a choice. */
function withoutUsage({ usage: _hidden, ...rest }: Fields): Fields {
  return rest;
}

/** The `data:` lines of one event joined; null when it has none. */
function dataOf(event: string): string | null {
  let data: string | null = null;
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (!line.startsWith("data:")) continue;
    const value = line.slice(line[5] === " " ? 6 : 5);
    data = data === null ? value : `${data}\n${value}`;
  }
  return data;
}

const oneLine = (json: string): string => json.replaceAll("\n", " ");

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array | null {
  if (pieces.length === 0) return null;
  return pieces.length === 1 ? (pieces[0] ?? null) : Buffer.concat(pieces);
}
