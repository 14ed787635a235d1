import type { Fields } from "../../protocol/conversation.ts";
import { isObject } from "../../protocol/field-checks.ts";
import type { Usage } from "../../protocol/usage.ts";

/** How an answer stands: what of a response changes while it comes. */
export interface ResponseState {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly output: readonly Fields[];
  readonly incompleteReason?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly usage?: Usage | null;
  readonly tier?: string | null;
}

/** Settings as the API echoes them when nothing was said. */
const defaults: Fields = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  safety_identifier: null,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
  user: null,
  metadata: {},
};

/**
 * The response object, with the request's settings beside it as the API echoes them. `store` and `background` tell the truth:
 * nothing is kept here, nothing runs on behind.
 */
export function responseObject(request: Fields, state: ResponseState): Fields {
  return {
    id: state.id,
    object: "response",
    created_at: state.created,
    status: state.status,
    background: false,
    error: state.error ?? null,
    incomplete_details:
      state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    model: state.model,
    output: state.output,
    ...settingsOf(request),
    service_tier: state.tier ?? request["service_tier"] ?? "auto",
    store: false,
    usage: state.usage ? usageObject(state.usage) : null,
  };
}

function settingsOf(request: Fields): Fields {
  const settings: Record<string, unknown> = {};
  for (const name in defaults) settings[name] = request[name] ?? defaults[name];
  const reasoning = objectOf(request["reasoning"]);
  const text = objectOf(request["text"]);
  settings["reasoning"] = {
    effort: reasoning["effort"] ?? null,
    summary: reasoning["summary"] ?? null,
  };
  settings["text"] = {
    format: text["format"] ?? { type: "text" },
    verbosity: text["verbosity"] ?? "medium",
  };
  return settings;
}

function usageObject(usage: Usage): Fields {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedReadTokens,
      cache_write_tokens: usage.cachedWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

const objectOf = (value: unknown): Fields => (isObject(value) ? value : {});
