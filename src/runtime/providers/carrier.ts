import type { Target } from "../../catalog/target.ts";
import type {
  Conversation,
  Dialect,
  Fields,
  ImagePart,
  Part,
  ReasoningWish,
  Source,
} from "../../protocol/conversation.ts";
import type { Failure } from "../../protocol/failure.ts";

/**
 * Notes what of a request a target's wire cannot carry. What the answer would lack refuses the attempt, unless the policy says to
 * drop; mere preferences, such as a seed, are left out. Either way the client is told.
 */
export class Carrier {
  readonly #drops: boolean;
  readonly #dropped = new Set<string>();
  #failure: Failure | null = null;

  constructor(drops: boolean) {
    this.#drops = drops;
  }

  /** Something that cannot be carried; the caller leaves it out and goes on. `param` is its place in the client's body. */
  cannot(param: string, what: string): void {
    if (this.#drops) this.#dropped.add(param);
    else this.#failure ??= unsupported(param, what);
  }

  /** A preference that is left out. */
  leavesOut(param: string): void {
    this.#dropped.add(param);
  }

  /** Why the request cannot be sent; null when it can. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Places in the client's body of what is left out. */
  get dropped(): readonly string[] {
    return [...this.#dropped];
  }
}

/** What `isKeptElsewhere` tells of. */
export const keptElsewhere = "a file that was left with another provider";

/** Whether a file named by its id is known to another house than those whose clients speak `own`; where nobody said, it may be this one. */
export function isKeptElsewhere(source: Source, own: readonly Dialect[]): boolean {
  return source.kind === "id" && source.dialect !== undefined && !own.includes(source.dialect);
}

/** A request that this wire cannot carry, as a failure that names the field; no retry mends it, another target may. */
export function unsupported(param: string, what: string): Failure {
  return {
    cause: "unavailable",
    retrySame: false,
    status: 400,
    code: "unsupported_parameter",
    param,
    message: `'${param}': ${what} cannot be sent to this provider`,
  };
}

/** Settings without which the answer would be another one than was asked for, by any wire's name: they refuse. */
const weighty: ReadonlyMap<string, string> = new Map([
  ["functions", "the old tool interface"],
  ["audio", "an answer in sound"],
  ["modalities", "an answer in more than text"],
  ["responseModalities", "an answer in more than text"],
  ["web_search_options", "a search of the web"],
  ["enable_search", "a search of the web"],
  ["previous_response_id", "an answer kept by another provider"],
  ["conversation", "a conversation kept by another provider"],
  ["background", "an answer in the background"],
  ["prompt", "a prompt kept by another provider"],
  ["suffix", "text behind the answer"],
  ["echo", "the prompt in the answer"],
  ["best_of", "the best of several answers"],
  ["n", "more than one choice"],
  ["stop", "stop sequences"],
  ["logprobs", "the likelihood of tokens"],
  ["top_logprobs", "the likelihood of tokens"],
  ["container", "a container kept by another provider"],
  ["mcp_servers", "tools of other servers"],
  ["cachedContent", "a cache kept by another provider"],
  ["cached_content", "a cache kept by another provider"],
  ["imageConfig", "an answer in pictures"],
  ["speechConfig", "an answer in sound"],
  ["responseMimeType", "an answer of this type"],
]);

/** What takes nothing from the client: words for the gateway and its policies, how a stream is cut, who made a call, and the speed that is told as a tier. */
const unsaid: ReadonlySet<string> = new Set([
  "metadata",
  "labels",
  "client_metadata",
  "speed",
  "stream_options",
  "user",
  "cache_control",
  "eager_input_streaming",
  "caller",
]);

/** Values that say what is so anyway; so do false and null, but for calls at once, and texts and lists that hold nothing. */
const neutral: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["temperature", 1],
  ["top_p", 1],
  ["presence_penalty", 0],
  ["frequency_penalty", 0],
  ["n", 1],
  ["best_of", 1],
  ["top_logprobs", 0],
  ["truncation", "disabled"],
]);

/** Tiers, and looks at an image, that are had without asking. */
const usual: ReadonlySet<unknown> = new Set(["auto", "default"]);

/** What is told elsewhere, or holds in an answer on every wire. */
const carriedIncludes: ReadonlySet<unknown> = new Set([
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
]);

/**
 * Tells of one setting that a target does not take, by its name in the client's body: the same refuses, is left out, or is passed
 * over, whatever the target's wire.
 */
export function tellSetting(carrier: Carrier, name: string, value: unknown): void {
  if (unsaid.has(name) || isSoAnyway(name, value)) return;
  const what = weighty.get(name);
  if (what === undefined) carrier.leavesOut(name);
  else carrier.cannot(name, what);
}

/** Tells of a wish about thinking that a target does not take. Not to think is what such a target does anyway. */
export function tellReasoning(
  carrier: Carrier,
  { effort, budgetTokens, enabled }: Pick<ReasoningWish, "effort" | "budgetTokens" | "enabled">,
): void {
  if (enabled === false) return;
  if (effort !== null && effort !== "none") carrier.leavesOut("reasoning_effort");
  if (enabled === true || (budgetTokens ?? 0) > 0) carrier.leavesOut("thinking");
}

/** Whether a target is known not to think. Of a model that neither the catalog nor the operator knows nobody can say. */
export function isKnownNotToThink({
  abilities,
  lacks,
}: Pick<Target, "abilities" | "lacks">): boolean {
  return lacks !== undefined && !abilities.has("reasoning");
}

function isSoAnyway(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === neutral.get(name)) return true;
  if (name === "parallel_tool_calls") return value !== false;
  if (name === "service_tier" || name === "detail") return usual.has(value);
  if (value === false || value === "") return true;
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (/modalities$/i.test(name)) return list.every((one) => /^text$/i.test(String(one)));
    if (name === "include") return list.every((one) => carriedIncludes.has(one));
    return list.length === 0;
  }
  return name === "logit_bias" && typeof value === "object" && Object.keys(value).length === 0;
}

/** Of what all conversations can say, the settings that a wire has no word for. */
const wordless: Readonly<Partial<Record<Dialect, readonly string[]>>> = {
  messages: [
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "min_p",
    "n",
    "prediction",
    "presence_penalty",
    "seed",
    "verbosity",
  ],
  responses: [
    "frequency_penalty",
    "logit_bias",
    "min_p",
    "n",
    "prediction",
    "presence_penalty",
    "seed",
    "stop",
    "top_k",
  ],
  generate: ["logit_bias", "min_p", "prediction", "verbosity"],
};

/** The tiers that a wire has words for, beside the usual ones; a wire that is not here has all of OpenAI's. */
const tiers: Readonly<Partial<Record<Dialect, readonly string[]>>> = {
  messages: [],
  generate: ["flex", "priority", "fast"],
  plain: [],
};

/** Wires that cannot say how closely to look at an image. */
const detailless: ReadonlySet<Dialect> = new Set(["messages", "plain"]);

/** The most that a wire takes of a setting, where others take more. */
const most: Readonly<Partial<Record<Dialect, Readonly<Record<string, number>>>>> = {
  messages: { temperature: 1 },
};

/** A setting as far as a wire takes it; what is cut off is told. */
export function clampSetting(carrier: Carrier, own: Dialect, name: string, value: number): number {
  const limit = most[own]?.[name] ?? Number.POSITIVE_INFINITY;
  if (value > limit) carrier.leavesOut(name);
  return Math.min(value, limit);
}

/** Tells of how closely an image was to be looked at. */
export function tellDetail(carrier: Carrier, { path, detail }: ImagePart): void {
  if (detail !== null && !isSoAnyway("detail", detail)) carrier.leavesOut(`${path}.detail`);
}

/** Wires that have no place for the name of a speaker. */
const nameless: ReadonlySet<Dialect> = new Set(["messages", "responses"]);

/** The settings that have a place of their own in a conversation, under the names of chat completions. */
function plainSettings({ sampling, ...asked }: Conversation): Readonly<Record<string, unknown>> {
  return {
    frequency_penalty: sampling.frequencyPenalty,
    logit_bias: sampling.logitBias,
    logprobs: sampling.topLogprobs,
    min_p: sampling.minP,
    n: asked.choices,
    prediction: asked.prediction,
    presence_penalty: sampling.presencePenalty,
    seed: sampling.seed,
    stop: asked.stops.length === 0 ? null : asked.stops,
    top_k: sampling.topK,
    verbosity: asked.verbosity,
  };
}

/**
 * Tells of everything that only another wire than `own` knows: parts, tools and settings. `takes` says which foreign settings the
 * target has a place for all the same.
 */
export function refuseForeign(
  conversation: Conversation,
  carrier: Carrier,
  own: Dialect,
  takes: (name: string, value: unknown) => boolean = () => false,
): void {
  for (const turn of conversation.turns) {
    refuseParts(turn.parts, carrier, own);
    tellExtras(turn, carrier);
    if (turn.name !== null && nameless.has(own)) carrier.leavesOut(`${turn.path}.name`);
  }
  for (const tool of conversation.tools) {
    tellExtras(tool, carrier);
    if (tool.kind !== "foreign" || tool.dialect === own) continue;
    const path = "type" in tool.value ? `${tool.path}.type` : tool.path;
    carrier.cannot(path, `a tool of type ${tool.type}`);
  }
  const said = plainSettings(conversation);
  for (const name of wordless[own] ?? []) tellSetting(carrier, name, said[name]);
  const { tier } = conversation;
  if (tier !== null && tiers[own]?.includes(tier) === false)
    tellSetting(carrier, "service_tier", tier);
  for (const [name, value] of Object.entries(conversation.foreign))
    if (!takes(name, value)) tellSetting(carrier, name, value);
}

interface Placed {
  readonly path: string;
  readonly foreign?: Fields;
}

/** Fields beside a turn, a part or a tool that its client's wire alone has. */
function tellExtras({ path, foreign = {} }: Placed, carrier: Carrier): void {
  for (const [name, value] of Object.entries(foreign))
    if (!unsaid.has(name) && !isSoAnyway(name, value)) carrier.leavesOut(`${path}.${name}`);
}

function refuseParts(parts: readonly Part[], carrier: Carrier, own: Dialect): void {
  for (const part of parts) {
    tellExtras(part, carrier);
    if (part.kind === "image" && detailless.has(own)) tellDetail(carrier, part);
    if (part.kind === "result") refuseParts(part.parts, carrier, own);
    else if (part.kind === "foreign" && part.dialect !== own)
      carrier.cannot(part.path, describe(part.type));
  }
}

/** Clients of Responses name what they were answered by id unless they are told that nothing is kept. */
function describe(type: string): string {
  return type === "item_reference"
    ? "an item_reference, which only the provider that keeps the answer can follow (with `store: false` clients send the item itself),"
    : `content of type ${type}`;
}
