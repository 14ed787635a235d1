import type { ProviderKind } from "../../../configuration/configuration.ts";
import { foreignFields } from "./foreign-fields.ts";

/** Where one OpenAI-compatible provider departs from the common wire (wire-formats §4, §5). */
export interface Differences {
  /** Base path used when the provider's URL names none. */
  readonly basePath: string;
  readonly auth: "bearer" | "api-key";
  /** Which field bounds the answer: `max_tokens` alone, or both are known and only reasoning models insist on the newer. */
  readonly maxTokens: "max_tokens" | "both" | "newer-for-reasoning";
  readonly developerRole: "keep" | "system";
  /** Fields that the provider refuses or must not see. */
  readonly strip: ReadonlySet<string>;
  readonly rename: ReadonlyMap<string, string>;
  /** Whether `metadata` is only taken together with `store`. */
  readonly metadata: "keep" | "with-store";
  /** Whether usage in a stream has to be asked for. */
  readonly streamUsage: "option" | "always";
  /** Reasoning in replayed assistant turns. */
  readonly reasoningIn: "keep" | "strip" | "as-reasoning";
  /** Proofs of thinking in replayed turns, of a relay or of another maker: `reasoning_details`, and `extra_content` on calls. */
  readonly proofs: "keep" | "strip";
  /**
   * How a wish to think is told: as an effort, as one beside a type that turns it off, or by a switch and a budget of tokens of the
   * provider's own.
   */
  readonly thinking: "effort" | "effort-or-type" | "enable_thinking";
  /** An assistant's `content: null`. */
  readonly nullContent: "keep" | "empty";
  readonly cacheControl: "keep" | "strip";
  /** Tool call ids that the provider takes. */
  readonly toolIds: "any" | "nine-alphanumerics";
  /** JSON schemas: taken, or only "some JSON object" with the schema told in words. */
  readonly jsonSchema: "yes" | "as-object";
  /** Whether streamed tool calls come without ids or indexes, or all with index 0. */
  readonly repairsToolCalls: boolean;
  /** Whether an answer with tool calls may finish as `stop`, against the dialect. */
  readonly callsFinishAsStop: boolean;
  /** Whether it still has the older API of plain prompts, `/completions`. */
  readonly completes: boolean;
  /** Whether its models may be given tools that take free text. */
  readonly customTools: boolean;
  /** Whether it has the Responses API. */
  readonly hasResponses: boolean;
}

const common: Differences = {
  basePath: "/v1",
  auth: "bearer",
  maxTokens: "both",
  developerRole: "system",
  strip: new Set(),
  rename: new Map(),
  metadata: "keep",
  streamUsage: "option",
  reasoningIn: "keep",
  proofs: "keep",
  thinking: "effort",
  nullContent: "keep",
  cacheControl: "keep",
  toolIds: "any",
  jsonSchema: "yes",
  repairsToolCalls: true,
  callsFinishAsStop: true,
  completes: true,
  customTools: true,
  hasResponses: false,
};

const local: Differences = {
  ...common,
  proofs: "strip",
  customTools: false,
  strip: new Set(["metadata", "store", "service_tier", "safety_identifier"]),
  cacheControl: "strip",
};

const openAi: Differences = {
  ...common,
  maxTokens: "newer-for-reasoning",
  developerRole: "keep",
  strip: new Set([...foreignFields, "extra_body"]),
  metadata: "with-store",
  reasoningIn: "strip",
  proofs: "strip",
  cacheControl: "strip",
  repairsToolCalls: false,
  // A call that the client forces by name does finish as `stop` there.
  callsFinishAsStop: false,
  hasResponses: true,
};

/** The table; a kind that speaks another wire has no row. */
export const differences: Readonly<
  Record<Exclude<ProviderKind, "anthropic" | "gemini" | "ai-sdk">, Differences>
> = {
  openai: openAi,
  "azure-openai": { ...openAi, basePath: "/openai/v1", auth: "api-key" },
  mistral: {
    ...common,
    maxTokens: "max_tokens",
    strip: new Set([
      ...foreignFields,
      "audio",
      "function_call",
      "functions",
      "logit_bias",
      "logprobs",
      "metadata",
      "modalities",
      "moderation",
      "prompt_cache_options",
      "prompt_cache_retention",
      "safety_identifier",
      "service_tier",
      "store",
      "stream_options",
      "top_logprobs",
      "user",
      "verbosity",
      "web_search_options",
    ]),
    rename: new Map([["seed", "random_seed"]]),
    streamUsage: "always",
    reasoningIn: "strip",
    proofs: "strip",
    nullContent: "empty",
    cacheControl: "strip",
    toolIds: "nine-alphanumerics",
    completes: false,
    customTools: false,
  },
  deepseek: {
    ...common,
    basePath: "",
    maxTokens: "max_tokens",
    strip: new Set(["metadata", "store", "service_tier"]),
    proofs: "strip",
    cacheControl: "strip",
    thinking: "effort-or-type",
    jsonSchema: "as-object",
    repairsToolCalls: false,
    completes: false,
    customTools: false,
  },
  qwen: {
    ...common,
    basePath: "/compatible-mode/v1",
    thinking: "enable_thinking",
    maxTokens: "max_tokens",
    strip: new Set(["metadata", "store", "service_tier"]),
    proofs: "strip",
    repairsToolCalls: false,
    completes: false,
    customTools: false,
  },
  openrouter: { ...common, basePath: "/api/v1", reasoningIn: "as-reasoning" },
  tokenmix: common,
  "openai-compatible": common,
  vllm: { ...local, repairsToolCalls: false },
  sglang: { ...local, repairsToolCalls: false },
  llamacpp: { ...local, repairsToolCalls: false },
  ollama: { ...local, maxTokens: "max_tokens", nullContent: "empty" },
  lmstudio: { ...local, maxTokens: "max_tokens" },
};
