import type { Target } from "../../../catalog/target.ts";
import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import { maxEventLength } from "../../../protocol/sse.ts";
import type { Usage } from "../../../protocol/usage.ts";
import type { Answer, Overrides, ResponseHead, StreamReader } from "../adapter.ts";
import type { Carrier } from "../carrier.ts";
import { badResponse } from "../classify.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { createEventCutter } from "../event-cutter.ts";
import { OutputMeter } from "../output-meter.ts";
import { spliceModel } from "../splice-model.ts";
import { decodeMessage, MessagesDecoder } from "./decode.ts";
import { withoutLostThinking } from "./lost-thinking.ts";
import { isSameModel } from "./same-model.ts";
import type { SignatureMemory } from "./signature-memory.ts";
import { boundThinking, fitThinking } from "./thinking.ts";

type Fields = Readonly<Record<string, unknown>>;
type Loose = Record<string, unknown>;

interface Surroundings {
  readonly overrides: Overrides;
  readonly carrier: Carrier;
  readonly memory: SignatureMemory;
}

/**
 * The client's own Messages body for this target: spliced where only the model changes. What the target's model refuses is left
 * out, and so is thinking that nobody signed, or that another model did.
 */
export function prepareOwn(
  request: ModelRequest,
  target: Target,
  around: Surroundings,
): Uint8Array | string {
  const changes = changesOf(request, target, around);
  const spliced = changes === null ? spliceModel(request, target.model, "") : null;
  return spliced ?? JSON.stringify({ ...request.native, ...changes, model: target.model });
}

/** Fields to be sent otherwise; undefined leaves one out. Null when all can stay. */
function changesOf(request: ModelRequest, target: Target, around: Surroundings): Loose | null {
  const { overrides, carrier, memory } = around;
  const { native } = request;
  const { maxTokens = Number.POSITIVE_INFINITY, set = {} } = overrides;
  const changes: Loose = {};
  const asked = native["max_tokens"];
  const ceiling = Math.min(maxTokens, target.maxOutputTokens ?? maxTokens);
  if (typeof asked === "number" && asked > ceiling) changes["max_tokens"] = ceiling;
  for (const [name, value] of Object.entries(set)) if (ownSettings.has(name)) changes[name] = value;
  // Under a plan's tier nothing dearer may be asked for; this wire has no flex.
  if (overrides.tier !== undefined)
    for (const name of ["service_tier", "speed"])
      if (native[name] !== undefined) changes[name] = undefined;
  if (target.rejectsSampling) leaveOutSampling(native, changes, carrier);
  if (target.rejectsForcedTools) loosenChoice(native["tool_choice"], changes, carrier);
  const messages = withoutForeignThoughts(native["messages"], (signature) => {
    const model = memory.modelOf(signature);
    return model === null || isSameModel(model, target.model);
  });
  if (messages !== null) changes["messages"] = messages;
  if (target.rejectsPrefill === true) leaveOutPrefill(native, changes, carrier);
  changeThinking(native, changes, { target, carrier });
  return Object.keys(changes).length === 0 ? null : changes;
}

/** An answer that the client began; one that the provider paused, to be gone on with, ends with more than words. */
function leaveOutPrefill(native: Fields, changes: Loose, carrier: Carrier): void {
  const messages = changes["messages"] ?? native["messages"];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : null;
  if (!Array.isArray(messages) || !isFields(last) || last["role"] !== "assistant") return;
  const { content } = last;
  const isWords = (block: unknown): boolean =>
    isFields(block) && /^(?:text|(?:redacted_)?thinking)$/.test(String(block["type"]));
  if (Array.isArray(content) && !content.every(isWords)) return;
  carrier.cannot(`messages[${messages.length - 1}]`, "an answer that the client began");
  changes["messages"] = messages.slice(0, -1);
}

/** Thinking and effort as the target's model takes them. A budget is bounded anew only where it may have become too large, or is too small. */
function changeThinking(
  native: Fields,
  changes: Loose,
  { target, carrier }: { readonly target: Target; readonly carrier: Carrier },
): void {
  const config = isFields(native["output_config"]) ? native["output_config"] : {};
  const said = {
    thinking: isFields(native["thinking"]) ? native["thinking"] : null,
    effort: typeof config["effort"] === "string" ? config["effort"] : null,
  };
  const limit = changes["max_tokens"] ?? native["max_tokens"];
  const maxTokens = typeof limit === "number" ? limit : null;
  const { effort, ...fitted } = fitThinking(said, target, maxTokens, carrier);
  const messages = changes["messages"] ?? native["messages"];
  const isOther = changes["messages"] !== undefined || fitted.thinking !== said.thinking;
  const kept =
    isOther && Array.isArray(messages)
      ? withoutLostThinking(fitted.thinking, messages, carrier)
      : fitted.thinking;
  const isLowered = changes["max_tokens"] !== undefined || kept !== said.thinking;
  const thinking = boundThinking(kept, isLowered ? maxTokens : null, carrier);
  if (thinking !== said.thinking) changes["thinking"] = thinking ?? undefined;
  const { effort: _effort, ...rest } = config;
  const sent = target.rejectsEffort ? null : effort;
  if (sent === null && said.effort !== null) carrier.leavesOut("output_config.effort");
  if (sent === said.effort) return;
  const changed = sent === null ? rest : { ...rest, effort: sent };
  changes["output_config"] = Object.keys(changed).length === 0 ? undefined : changed;
}

function leaveOutSampling(native: Fields, changes: Loose, carrier: Carrier): void {
  for (const name of ["temperature", "top_p", "top_k"]) {
    if (native[name] === undefined && changes[name] === undefined) continue;
    if (native[name] !== undefined && native[name] !== 1) carrier.leavesOut(name);
    changes[name] = undefined;
  }
}

function loosenChoice(choice: unknown, changes: Loose, carrier: Carrier): void {
  if (!isFields(choice) || !/^(?:any|tool)$/.test(String(choice["type"]))) return;
  const { name: _name, ...rest } = choice;
  changes["tool_choice"] = { ...rest, type: "auto" };
  carrier.leavesOut("tool_choice");
}

/** What a policy may set that this wire knows. */
const ownSettings: ReadonlySet<string> = new Set(["temperature", "top_p"]);

/** The messages without thinking that the target's model would refuse; null where there is none. */
function withoutForeignThoughts(
  messages: unknown,
  accepts: (signature: string) => boolean,
): readonly unknown[] | null {
  if (!Array.isArray(messages)) return null;
  let changed = false;
  const kept = messages.flatMap((message: unknown) => {
    const blocks: unknown = isFields(message) ? message["content"] : null;
    if (!isFields(message) || !Array.isArray(blocks)) return [message];
    const content = blocks.filter((block) => {
      if (!isFields(block) || block["type"] !== "thinking") return true;
      const { signature } = block;
      return typeof signature === "string" && signature !== "" && accepts(signature);
    });
    if (content.length === blocks.length) return [message];
    changed = true;
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  return changed ? kept : null;
}

/** What a request holds that a count of its prompt has no place for. */
const notCounted: ReadonlySet<string> = new Set([
  "max_tokens",
  "metadata",
  "service_tier",
  "stop_sequences",
  "stream",
  "temperature",
  "top_k",
  "top_p",
]);

/** The body of a count for the prompt of a request that was made here. */
export function countBody(body: string): string {
  const fields = Object.entries(JSON.parse(body) as Fields);
  return JSON.stringify(Object.fromEntries(fields.filter(([name]) => !notCounted.has(name))));
}

/** The provider's count of a prompt's tokens: as it came for clients of this wire, else in the words of theirs. */
export function readCount(head: ResponseHead, bytes: Uint8Array, request: ModelRequest): Answer {
  const value = parseJson(new TextDecoder("utf-8").decode(bytes));
  const tokens = isFields(value) ? value["input_tokens"] : null;
  if (typeof tokens !== "number") {
    const message = "the provider's answer is not a count of tokens";
    return { ok: false, failure: badResponse(message, head.status) };
  }
  const { dialect, writer } = request;
  const body = dialect === "messages" ? withoutMark(bytes) : (writer.count?.(tokens) ?? "{}");
  return { ok: true, reply: { body, usage: null, finishReason: null } };
}

/** A whole answer, its bytes as they came. */
export function relayMessage(
  head: ResponseHead,
  bytes: Uint8Array,
  memory: SignatureMemory,
): Answer {
  const decoded = decodeMessage(head, bytes);
  if (!decoded.ok) return decoded;
  let usage: Usage | null = null;
  let finishReason: string | null = null;
  for (const event of decoded.events) {
    if (event.kind === "usage") usage = event.usage;
    if (event.kind === "finish") finishReason = event.reason;
    remember(event, memory);
  }
  return { ok: true, reply: { body: withoutMark(bytes), usage, finishReason } };
}

function remember(event: AnswerEvent, memory: SignatureMemory): void {
  if (event.kind !== "reasoning_end") return;
  const { signature, model } = event.reasoning;
  if (signature !== null && model !== null) memory.note(signature, model);
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

  #read(whole: Uint8Array): Uint8Array | null {
    this.#note(this.#decoder.push(whole));
    return this.failure === null ? whole : null;
  }

  #note(events: readonly AnswerEvent[]): void {
    for (const event of events) {
      remember(event, this.#memory);
      if (event.kind === "usage") this.usage = event.usage;
      else if (event.kind === "finish") this.finishReason ??= event.reason;
      if (event.kind === "text" || event.kind === "reasoning" || event.kind === "call_args")
        this.#output.addText(event.text);
      if (event.kind !== "start" && event.kind !== "usage" && event.kind !== "ping")
        this.meaningful = true;
    }
  }
}
