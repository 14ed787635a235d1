import type { Asked, House, Said } from "./answer.ts";
import { asJson, type Json } from "./wire.ts";

/** Where one house departs from the common wire of chat completions, seen from its own side (wire-formats §4, §5). */
export interface Manners {
  /** Where its answers tell thinking; null where they never do. */
  readonly thinkingIn: "reasoning_content" | "reasoning" | "parts" | null;
  /** Whether thinking comes with a list of details to send back. */
  readonly details: boolean;
  /** Whether the last chunk of every stream holds usage, asked for or not. */
  readonly billsUnasked: boolean;
  /** How calls stand in a stream: grown piece by piece, or each whole in one delta. */
  readonly calls: "grown" | "whole";
  /** What it says while nothing has been written. */
  readonly keepAlive: string;
  /** What stands before the first chunk that holds a choice. */
  readonly preface: Json | null;
  /** Whether it refuses fields that it does not know. */
  readonly strict: boolean;
}

const common: Manners = {
  thinkingIn: "reasoning_content",
  details: false,
  billsUnasked: false,
  calls: "grown",
  keepAlive: "",
  preface: null,
  strict: false,
};

/** The manners of each house. */
export const manners: Readonly<Record<House, Manners>> = {
  open: common,
  vllm: { ...common, thinkingIn: "reasoning" },
  openai: { ...common, thinkingIn: null },
  azure: {
    ...common,
    thinkingIn: null,
    preface: { prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] },
  },
  mistral: { ...common, thinkingIn: "parts", billsUnasked: true, calls: "whole", strict: true },
  deepseek: { ...common, keepAlive: ": keep-alive\n\n" },
  qwen: common,
  openrouter: {
    ...common,
    thinkingIn: "reasoning",
    details: true,
    billsUnasked: true,
    keepAlive: ": OPENROUTER PROCESSING\n\n",
  },
};

const byPath: readonly (readonly [RegExp, House])[] = [
  [/\/api\/v1\//, "openrouter"],
  [/\/openai\/v1\//, "azure"],
  [/\/compatible-mode\//, "qwen"],
];
const byModel: readonly (readonly [RegExp, House])[] = [
  [/(?:^|\/)(?:mistral|ministral|magistral|codestral|devstral|pixtral)/i, "mistral"],
  [/^deepseek-(?!ai\/)/i, "deepseek"],
  [/^(?:gpt-|o\d)/, "openai"],
  [/^[A-Z][\w.-]*\//, "vllm"],
];

/** The house that answers at a path under a model's name. */
export function houseOf(path: string, model: string): House {
  const named =
    byPath.find(([pattern]) => pattern.test(path)) ??
    byModel.find(([pattern]) => pattern.test(model));
  return named?.[1] ?? "open";
}

/** Whether a body asks for thinking in the words of its house. */
export function asksThinking(house: House, body: Json): boolean {
  const effort = body["reasoning_effort"];
  const relayed = asJson(body["reasoning"]);
  const asked = typeof effort === "string" && effort !== "none";
  switch (house) {
    case "qwen":
      return body["enable_thinking"] === true;
    case "deepseek":
      return asked || asJson(body["thinking"])["type"] === "enabled";
    case "openrouter":
      return asked || relayed["enabled"] === true || typeof relayed["effort"] === "string";
    default:
      return asked;
  }
}

/** The fields of a message or delta that tell of thinking. */
export function thinkingFields(house: House, text: string, proof: string | null): Json {
  const { thinkingIn, details } = manners[house];
  if (thinkingIn === null || thinkingIn === "parts") return {};
  if (!details) return { [thinkingIn]: text };
  const detail = { type: "reasoning.text", text, format: "stand-in-v1", index: 0 };
  const signed = proof === null ? detail : { ...detail, signature: proof };
  return { [thinkingIn]: text, reasoning_details: [signed] };
}

/** Counts under the names that each house uses beside the common ones. */
export function houseUsage(asked: Asked, { thoughts }: Said): Json {
  const { read, written } = asked.cached ?? { read: 0, written: 0 };
  const completion_tokens_details = { reasoning_tokens: thoughts.length, audio_tokens: 0 };
  const common = { completion_tokens_details };
  switch (asked.house) {
    case "mistral":
      return { num_cached_tokens: read };
    case "deepseek":
      return {
        ...common,
        prompt_tokens_details: { cached_tokens: read },
        prompt_cache_hit_tokens: read,
        prompt_cache_miss_tokens: asked.promptTokens - read,
      };
    case "qwen":
      return {
        ...common,
        prompt_tokens_details: { cached_tokens: read, cache_creation_input_tokens: 0 },
      };
    case "openrouter":
      return {
        ...common,
        cost: 0,
        prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written },
      };
    default:
      return { ...common, prompt_tokens_details: { cached_tokens: read, audio_tokens: 0 } };
  }
}
