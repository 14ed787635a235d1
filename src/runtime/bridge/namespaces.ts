import { takenTtl } from "../providers/anthropic/cache-mark.ts";
import type { Fields } from "./language-model.ts";

/** How one namespace of packages says what the interface has no field for. Read in the packages' own option schemas. */
export interface Namespace {
  /** Options for thinking of at most so many tokens. */
  readonly thinks?: (budgetTokens: number) => Fields;
  /**
   * Whether for this model the package adds the budget to the limit that it is given, be the budget told or chosen by the package for an
   * effort. The maker counts both as one.
   */
  readonly addsBudget?: (model: string) => boolean;
  /** The least budget that the maker takes, in tokens; 1 when left out. */
  readonly leastBudget?: number;
  /** Option that takes the effort, for versions of the interface without one. */
  readonly effort?: string;
  /** Options for at most one call at a time. */
  readonly singleCall?: Fields;
  /** Option that takes the end user. */
  readonly user?: string;
  /** Options of a message behind which the prompt may be cached; `ttl` as the client wrote it, null for the usual. */
  readonly caches?: (ttl: string | null) => Fields;
  /** Where metadata has the proof of a thought. */
  readonly signature?: string;
}

function lifetime(asked: string | null): Fields {
  const ttl = takenTtl(asked);
  return ttl === null ? {} : { ttl };
}

const single: Fields = { parallelToolCalls: false };

const namespaces: Readonly<Record<string, Namespace>> = {
  alibaba: {
    thinks: (thinkingBudget) => ({ enableThinking: true, thinkingBudget }),
    singleCall: single,
  },
  anthropic: {
    thinks: (budgetTokens) => ({ thinking: { type: "enabled", budgetTokens } }),
    addsBudget: () => true,
    leastBudget: 1024,
    singleCall: { disableParallelToolUse: true },
    caches: (ttl) => ({ cacheControl: { type: "ephemeral", ...lifetime(ttl) } }),
  },
  bedrock: {
    thinks: (budgetTokens) => ({ reasoningConfig: { type: "enabled", budgetTokens } }),
    // Behind the name of a profile the package takes a model with a budget for one of Anthropic's.
    addsBudget: (model) => /anthropic|:application-inference-profile\//.test(model),
    leastBudget: 1024,
    caches: (ttl) => ({ cachePoint: { type: "default", ...lifetime(ttl) } }),
  },
  cerebras: { effort: "reasoningEffort", singleCall: single, user: "user" },
  cohere: {
    thinks: (tokenBudget) => ({ thinking: { type: "enabled", tokenBudget } }),
  },
  google: {
    thinks: (thinkingBudget) => ({ thinkingConfig: { thinkingBudget, includeThoughts: true } }),
    signature: "thoughtSignature",
  },
  groq: { effort: "reasoningEffort", singleCall: single, user: "user" },
  mistral: { effort: "reasoningEffort", singleCall: single },
  openai: { effort: "reasoningEffort", singleCall: single, user: "user" },
  openaiCompatible: { effort: "reasoningEffort", user: "user" },
  xai: { effort: "reasoningEffort", singleCall: single },
};

/** What is known of a namespace; nothing of one without a row. */
export function namespaceOf(name: string): Namespace {
  return namespaces[name] ?? {};
}
