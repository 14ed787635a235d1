/**
 * Tokens billed for one attempt. `inputTokens` holds cached reads and writes, `outputTokens` holds reasoning
 * (wire-formats: OpenAI's convention; Anthropic's is converted).
 */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedReadTokens: number;
  readonly cachedWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** True when no provider count arrived and the gateway estimated. */
  readonly estimated: boolean;
  /** Of the cached writes, those kept an hour or longer; 0 when absent. */
  readonly cachedWriteLongTokens?: number;
  /** Audio within the input, and within the output; 0 when absent. */
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  /** The tier that served it, by the provider's own word, where its price is not the list price; absent for that. */
  readonly tier?: BilledTier;
  /** The region in which the provider says that it kept the work; absent where it says none. */
  readonly region?: string;
  /** The model that answered, by the provider's own word; absent where it names none. */
  readonly model?: string;
  /** What the provider itself says that it charges, in whole picodollars. */
  readonly statedCost?: number;
  /** Calls of tools that the provider ran itself and bills beside the tokens, such as searches; absent for none. */
  readonly paidCalls?: number;
}

/** Usage that nobody counted: a plain prompt and its answer, nothing of it cached. */
export function estimatedUsage(inputTokens: number, outputTokens: number): Usage {
  return {
    inputTokens,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens,
    reasoningTokens: 0,
    estimated: true,
  };
}

/** Tiers that are billed otherwise than the list price says. */
export type BilledTier = "flex" | "priority" | "fast" | "ultrafast" | "batch";

const billedTiers: ReadonlySet<unknown> = new Set<BilledTier>([
  "flex",
  "priority",
  "fast",
  "ultrafast",
  "batch",
]);

/** A tier as requests ask for it and answers name it; null for whatever costs the list price: `default`, `auto`, capacity bought beforehand. */
export function billedTier(word: unknown): BilledTier | null {
  const lower = typeof word === "string" ? word.toLowerCase() : word;
  return billedTiers.has(lower) ? (lower as BilledTier) : null;
}

/** A count of tokens as a provider sends it; 0 for whatever is none. */
export function tokenCount(value: unknown): number {
  return typeof value === "number" && value > 0
    ? Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER)
    : 0;
}

/** What a provider counted, already in the arithmetic of `Usage`; anything may stand in each count. */
export interface RawCounts {
  readonly input: unknown;
  readonly output: unknown;
  readonly cachedRead?: unknown;
  readonly cachedWrite?: unknown;
  readonly cachedWriteLong?: unknown;
  readonly reasoning?: unknown;
  readonly audioInput?: unknown;
  readonly audioOutput?: unknown;
  readonly tier?: unknown;
  readonly region?: unknown;
  readonly statedCost?: number | null;
  readonly paidCalls?: unknown;
}

/** Usage of what a provider counted: parts never exceed their whole, and none is negative. Parts that are 0 are left out where they may be. */
export function usageOfCounts(counts: RawCounts): Usage {
  const inputTokens = tokenCount(counts.input);
  const outputTokens = tokenCount(counts.output);
  const cachedReadTokens = Math.min(inputTokens, tokenCount(counts.cachedRead));
  const uncached = inputTokens - cachedReadTokens;
  const cachedWriteTokens = Math.min(uncached, tokenCount(counts.cachedWrite));
  const long = Math.min(cachedWriteTokens, tokenCount(counts.cachedWriteLong));
  const audioIn = Math.min(inputTokens, tokenCount(counts.audioInput));
  const audioOut = Math.min(outputTokens, tokenCount(counts.audioOutput));
  const tier = billedTier(counts.tier);
  const { region, statedCost = null } = counts;
  const paidCalls = tokenCount(counts.paidCalls);
  const usage: { -readonly [Key in keyof Usage]: Usage[Key] } = {
    inputTokens,
    cachedReadTokens,
    cachedWriteTokens,
    outputTokens,
    reasoningTokens: Math.min(outputTokens, tokenCount(counts.reasoning)),
    estimated: false,
  };
  if (long > 0) usage.cachedWriteLongTokens = long;
  if (audioIn > 0) usage.audioInputTokens = audioIn;
  if (audioOut > 0) usage.audioOutputTokens = audioOut;
  if (tier !== null) usage.tier = tier;
  if (isRegion(region)) usage.region = region;
  if (statedCost !== null) usage.statedCost = statedCost;
  if (paidCalls > 0) usage.paidCalls = paidCalls;
  return usage;
}

/** Tools that are billed beside their tokens; fetching a page and searching among tools cost nothing more. */
const billedCalls = ["web_search_requests", "code_execution_requests"] as const;

/** The calls in `server_tool_use` that cost more than their tokens. */
export function paidCallsOf(told: unknown): number {
  if (typeof told !== "object" || told === null) return 0;
  let calls = 0;
  for (const name of billedCalls)
    calls += tokenCount((told as Readonly<Record<string, unknown>>)[name]);
  return calls;
}

/** Usage under the tier that the answer names beside it. */
export function tieredUsage(usage: Usage, named: unknown): Usage {
  const tier = billedTier(named);
  return tier === null || usage.tier !== undefined ? usage : { ...usage, tier };
}

/** Longer names than any model has are no names. */
const longestModel = 200;

/** Usage with the model that the answer around it names as its own. */
export function modelUsage(usage: Usage, named: unknown): Usage {
  if (typeof named !== "string" || named === "" || named.length > longestModel) return usage;
  return usage.model === named ? usage : { ...usage, model: named };
}

function isRegion(value: unknown): value is string {
  return typeof value === "string" && /^[a-z][a-z0-9-]{0,39}$/.test(value);
}
