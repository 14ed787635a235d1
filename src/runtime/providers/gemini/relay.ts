import type { Target } from "../../../catalog/target.ts";
import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import { type Fields, noReasoningWish } from "../../../protocol/conversation.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import { modelUsage, tieredUsage, type Usage } from "../../../protocol/usage.ts";
import type { Answer, Overrides, ResponseHead, StreamReader } from "../adapter.ts";
import { type Carrier, tellReasoning, tellSetting } from "../carrier.ts";
import type { AnswerDecoder } from "../decoder.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { OutputMeter } from "../output-meter.ts";
import { tierAt } from "../override-conversation.ts";
import { createWholeDecoder, isWhole, translateWhole } from "../translation.ts";
import { decodeGeminiBody, GeminiDecoder } from "./decode.ts";
import { foreignCallSignature } from "./model-parts.ts";
import { type ModelTraits, traitsOf } from "./model-traits.ts";
import { thinkingConfig } from "./thinking.ts";

type Loose = Record<string, unknown>;

interface Surroundings {
  readonly overrides: Overrides;
  readonly carrier: Carrier;
}

/**
 * The client's own body for this target, its very bytes where nothing of it changes: the plan's ceiling and settings hold, what the
 * target's model refuses is left out, and calls that no model of this wire signed get the sign for that.
 */
export function prepareOwn(
  request: ModelRequest,
  target: Target,
  around: Surroundings,
): Uint8Array | string {
  const { native, bytes, asSent } = request;
  const body = ownBody(native, target, around);
  return body === native && asSent === true ? bytes : JSON.stringify(body);
}

function ownBody(native: Fields, target: Target, { overrides, carrier }: Surroundings): Fields {
  const traits = traitsOf(target.model);
  const asked = isFields(native["generationConfig"]) ? native["generationConfig"] : {};
  const config = configFor(asked, target, { overrides, carrier, traits });
  const contents = traits.wantsSignatures ? signedContents(native["contents"]) : null;
  const { model: _model, serviceTier: said, ...rest } = native;
  // Under a plan's tier nothing dearer may be asked for.
  const tier = overrides.tier === undefined ? said : (tierAt(target, overrides.tier) ?? undefined);
  const stays = tier === said && native["model"] === undefined;
  if (config === asked && contents === null && stays) return native;
  return {
    ...rest,
    ...(tier === undefined ? {} : { serviceTier: tier }),
    ...(config === asked ? {} : { generationConfig: config }),
    ...(contents === null ? {} : { contents }),
  };
}

interface ConfigContext extends Surroundings {
  readonly traits: ModelTraits;
}

/** The generation's settings; the very object where they can stay. */
function configFor(asked: Fields, target: Target, context: ConfigContext): Fields {
  const { overrides, carrier } = context;
  const changes: Loose = {};
  const ceiling = ceilingOf(asked["maxOutputTokens"], target, overrides);
  if (ceiling !== null && ceiling !== asked["maxOutputTokens"])
    changes["maxOutputTokens"] = ceiling;
  setByPlan(changes, context);
  const effort = overrides.set?.["reasoning_effort"];
  if (typeof effort === "string") {
    const shown = isFields(asked["thinkingConfig"]) ? asked["thinkingConfig"] : {};
    const wish = { ...noReasoningWish, effort };
    const made = thinkingConfig(wish, context.traits.thinking, { limit: ceiling, halves: true });
    if (made === null || target.rejectsEffort) tellReasoning(carrier, wish);
    if (made !== null)
      changes["thinkingConfig"] = { ...made, includeThoughts: shown["includeThoughts"] === true };
  }
  const refused = [
    ...(target.rejectsSampling ? ["temperature", "topP", "topK"] : []),
    ...(target.rejectsEffort ? ["thinkingConfig"] : []),
  ];
  for (const name of refused) {
    if (asked[name] === undefined && changes[name] === undefined) continue;
    if (asked[name] !== undefined) carrier.leavesOut(`generationConfig.${name}`);
    changes[name] = undefined;
  }
  return Object.keys(changes).length === 0 ? asked : { ...asked, ...changes };
}

function ceilingOf(asked: unknown, target: Target, { maxTokens }: Overrides): number | null {
  const said = typeof asked === "number" ? asked : Number.POSITIVE_INFINITY;
  const allowed = Math.min(said, maxTokens ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(allowed)) return null;
  return Math.min(allowed, target.maxOutputTokens ?? Number.POSITIVE_INFINITY);
}

/** What a policy may set, by this wire's name for it. */
const ownSettings: ReadonlyMap<string, string> = new Map([
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["presence_penalty", "presencePenalty"],
  ["frequency_penalty", "frequencyPenalty"],
  ["seed", "seed"],
  ["stop", "stopSequences"],
]);

function setByPlan(changes: Loose, { overrides: { set = {} }, traits, carrier }: ConfigContext) {
  for (const [setting, value] of Object.entries(set)) {
    const name = ownSettings.get(setting);
    if (setting === "reasoning_effort") continue;
    if (name === undefined || (name.endsWith("Penalty") && !traits.takesPenalties))
      tellSetting(carrier, setting, value);
    else changes[name] = name === "stopSequences" ? [value] : value;
  }
}

/** The contents with a signature on the first call of each; null where none lacks one. */
function signedContents(contents: unknown): readonly unknown[] | null {
  if (!Array.isArray(contents)) return null;
  let changed = false;
  const signed = contents.map((content: unknown) => {
    const parts: unknown = isFields(content) ? content["parts"] : null;
    if (!isFields(content) || !Array.isArray(parts)) return content;
    const at = parts.findIndex((part) => isFields(part) && isFields(part["functionCall"]));
    const call: unknown = parts[at];
    if (
      !isFields(call) ||
      (typeof call["thoughtSignature"] === "string" && call["thoughtSignature"])
    )
      return content;
    changed = true;
    return {
      ...content,
      parts: parts.with(at, { ...call, thoughtSignature: foreignCallSignature }),
    };
  });
  return changed ? signed : null;
}

/** A whole answer, its bytes as they came. */
export function relayAnswer(head: ResponseHead, bytes: Uint8Array, request: ModelRequest): Answer {
  const decoded = decodeGeminiBody(head, bytes);
  // A list of pieces is a stream's, and no whole answer to a client.
  if (!decoded.ok || Array.isArray(parsedBody(bytes))) return translateWhole(decoded, request);
  let usage: Usage | null = null;
  let model = "";
  let finishReason: string | null = null;
  for (const event of decoded.events) {
    if (event.kind === "start") model = event.model;
    if (event.kind === "usage") usage = modelUsage(tieredUsage(event.usage, event.tier), model);
    if (event.kind === "finish") finishReason ??= event.reason;
  }
  return { ok: true, reply: { body: withoutMark(bytes), usage, finishReason } };
}

function parsedBody(bytes: Uint8Array): unknown {
  return parseJson(new TextDecoder("utf-8").decode(bytes));
}

/** Hands a stream on, each response as it came, framed as the client wants it: as events or in one list. */
export function openGenerateRelay(head: ResponseHead, request: ModelRequest): StreamReader {
  const listed = request.writer.listed === true;
  if (!isWhole(head))
    return new GenerateRelay((tell) => new GeminiDecoder(head, null, tell), listed);
  return new GenerateRelay(
    (tell) =>
      createWholeDecoder(head, (bytes) => {
        const decoded = decodeGeminiBody(head, bytes);
        if (!decoded.ok) return decoded;
        const value = parsedBody(bytes);
        for (const piece of Array.isArray(value) ? (value as readonly unknown[]) : [value])
          tell(JSON.stringify(piece));
        return decoded;
      }),
    listed,
  );
}

class GenerateRelay implements StreamReader {
  meaningful = false;
  finishReason: string | null = null;
  usage: Usage | null = null;
  readonly #decoder: AnswerDecoder;
  readonly #listed: boolean;
  readonly #output = new OutputMeter();
  /** Responses that were read and not handed on yet. */
  #told: string[] = [];
  #begun = false;
  #model = "";

  constructor(decoder: (tell: (response: string) => void) => AnswerDecoder, listed: boolean) {
    this.#decoder = decoder((response) => this.#told.push(response));
    this.#listed = listed;
  }

  get done(): boolean {
    return this.#decoder.done;
  }

  get failure(): Failure | null {
    return this.#decoder.failure;
  }

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    return this.#handOn(this.#decoder.push(chunk));
  }

  end(): Uint8Array | null {
    if (this.done || this.failure !== null) return null;
    return this.#handOn(this.#decoder.end());
  }

  #handOn(events: readonly AnswerEvent[]): Uint8Array | null {
    for (const event of events) this.#note(event);
    const told = this.#told;
    this.#told = [];
    const out = told.map((response) => this.#framed(response)).join("");
    const closed = this.#listed && this.done ? `${out}]` : out;
    return closed === "" ? null : Buffer.from(closed);
  }

  #framed(response: string): string {
    if (!this.#listed) return `data: ${response.replaceAll("\n", "\r\ndata: ")}\r\n\r\n`;
    const before = this.#begun ? ",\r\n" : "[";
    this.#begun = true;
    return before + response;
  }

  #note(event: AnswerEvent): void {
    if (event.kind === "start") this.#model = event.model;
    else if (event.kind === "usage")
      this.usage = modelUsage(tieredUsage(event.usage, event.tier), this.#model);
    else if (event.kind === "finish") this.finishReason ??= event.reason;
    if (event.kind === "text" || event.kind === "reasoning" || event.kind === "call_args")
      this.#output.addText(event.text);
    else if (event.kind === "call_start") this.#output.addText(event.name);
    if (event.kind !== "start" && event.kind !== "usage" && event.kind !== "ping")
      this.meaningful = true;
  }
}
