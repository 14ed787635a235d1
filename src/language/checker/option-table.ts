import type { CheckedOptions } from "./checked-policy.ts";

/** One option of a plan as the language has it. */
export interface OptionEntry {
  /** Its first word, spelt with hyphens. */
  readonly word: string;
  /** Where its value goes in the checked options. */
  readonly key: keyof CheckedOptions;
  /** The option written out, for help and completion. */
  readonly usage: string;
  /** One sentence. */
  readonly doc: string;
}

function option(word: string, key: keyof CheckedOptions, usage: string, doc: string): OptionEntry {
  return { word, key, usage, doc };
}

/** Every option that may stand behind `with` (LANGUAGE §4). */
export const optionTable: readonly OptionEntry[] = [
  option("timeout", "timeoutMs", "timeout 10s", "Longest that each attempt may take."),
  option("deadline", "deadlineMs", "deadline 30s", "Longest that the whole request may take."),
  option(
    "first-token",
    "firstTokenMs",
    "first-token 800ms",
    "Longest until a stream's first meaningful piece.",
  ),
  option("idle", "idleMs", "idle 20s", "Longest silence in a stream that has begun."),
  option("tps", "minTps", "tps 20", "Least tokens per second of a stream that has begun."),
  option("retry", "retries", "retry 1", "Further attempts at the same target."),
  option(
    "hedge",
    "hedgeAfterMs",
    "hedge after 700ms",
    "Asks the next step too when the first is slow; the first answer wins.",
  ),
  option("continue", "continuations", "continue once", "Goes on with a stream that was cut."),
  option(
    "cache",
    "cache",
    "cache exact for 1h",
    "Keeps answers: `exact` for requests that ask the same, or `semantic above 0.95` for prompts that mean the same.",
  ),
  option("no", "cache", "no cache", "Neither reads a cache nor fills one."),
  option(
    "stale",
    "staleMs",
    "stale for 5m",
    "How long beyond its life a kept answer may be served, while a new one is fetched beside it or cannot be had.",
  ),
  option("max-tokens", "maxTokens", "max_tokens 1k", "Ceiling on the answer's tokens."),
  option(
    "tokens",
    "promptTokens",
    "tokens at most 100k",
    "Ceiling on the prompt's tokens; a longer prompt is rejected with 413.",
  ),
  option("cost", "cost", "cost at most $0.05", "Ceiling on what all attempts together may cost."),
  option(
    "drop",
    "dropUnsupported",
    "drop unsupported",
    "Leaves out of the request what the target does not take.",
  ),
  option("set", "set", "set temperature 0", "Sets a field of the request."),
  option(
    "priority",
    "priority",
    "priority high",
    "Whose turn comes first: `high`, `normal` (where nothing is said), `low`, which is turned away first when there is too much to do.",
  ),
  option(
    "tier",
    "tier",
    "tier flex",
    "The provider's cheaper, slower tier; a target without one serves it as usual.",
  ),
  option("batch", "batchWithinMs", "batch within 24h", "May wait for the provider's batch API."),
  option(
    "shadow",
    "shadow",
    "shadow 5% to claude",
    "Sends a share of the requests to another target as well; its answers are only measured.",
  ),
  option(
    "sticky",
    "sticky",
    "sticky by user for 10m",
    "Keeps a caller with the target that answered last.",
  ),
  option(
    "limit",
    "limits",
    "limit 20 per minute by user",
    "Most requests, or tokens, in a time; more are rejected with 429, or wait.",
  ),
  option("budget", "budgets", "budget $5 per day by team", "Most that may be spent in a time."),
  option("concurrency", "concurrency", "concurrency 8", "Most requests at once."),
  option(
    "accept",
    "accept",
    "accept when response.complete",
    "What an answer must be to be handed on; else it counts as `bad_output`.",
  ),
  option("tag", "tags", 'tag "batch"', "A word for logs and reports."),
];

const byWord: ReadonlyMap<string, OptionEntry> = new Map(
  optionTable.map((each) => [each.word, each]),
);

/** The option of a word, spelt with `-` or `_`; null when there is none. */
export function lookUpOption(word: string): OptionEntry | null {
  return byWord.get(word.replaceAll("_", "-")) ?? null;
}
