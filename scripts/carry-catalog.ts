/**
 * Makes src/catalog/models.json from the researched price list (named as the first argument): exact whole numbers, what the
 * list leaves open filled in by the rules written here, and each correction with its reason. Run once per new list.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parsePrice } from "../src/base/money.ts";

interface ListedModel {
  readonly provider: string;
  readonly model_id: string;
  readonly kind: "chat" | "embedding";
  readonly context_window_tokens: number | null;
  readonly max_output_tokens: number | null;
  readonly usd_per_million_tokens: {
    readonly input: number;
    readonly cached_input_read: number | null;
    readonly cache_write_short_ttl: number | null;
    readonly cache_write_long_ttl: number | null;
    readonly output: number;
  };
  readonly batch_discount_fraction: number | null;
  readonly long_prompt_tier: {
    readonly threshold_prompt_tokens: number;
    readonly billing: string;
    readonly input: number;
    readonly cached_input: number;
    readonly output: number;
  } | null;
  readonly scheduled_changes: readonly {
    readonly effective: string;
    readonly input: number;
    readonly cached_input_read: number;
    readonly output: number;
  }[];
  readonly time_of_day_pricing: {
    readonly peak_window: string;
    readonly peak: {
      readonly input: number;
      readonly cached_input_read: number;
      readonly output: number;
    };
  } | null;
  readonly service_tier_multipliers: Readonly<Record<string, number>> | null;
  readonly rejects_sampling_params: boolean | string | null;
  readonly sources: readonly string[];
  readonly as_of: string;
}

/** Prompt tokens above which it holds, then input, output, cached read, cached write, in picodollars per token, and what few have. */
type Band = readonly [number, number, number, number, number, Further?];

interface Further {
  readonly cachedWriteLong?: number;
  readonly reasonedOutput?: number;
}

/** Where a row comes from, by the letter it stands under in the carried file. */
const sources: readonly (readonly [listed: string, letter: string, name: string])[] = [
  ["genai-prices-0.1.8", "g", "npm @pydantic/genai-prices 0.1.8 (2026-09-23)"],
  ["litellm-00035b69", "l", "BerriAI/litellm model_prices_and_context_window.json @ 00035b69"],
  ["models.dev-f3fc6922", "m", "anomalyco/models.dev @ f3fc6922 (2026-07-02)"],
  ["portkey-models-f654307e", "p", "Portkey-AI/models @ f654307e (2026-08-21)"],
  ["official-docs-excerpt", "o", "the provider's own documentation (October and November 2026)"],
  ["secondary-page-excerpt", "s", "secondary pages: release trackers and resellers"],
];

function letterOf(listed: string): string {
  const source = sources.find(([name]) => name === listed);
  if (source === undefined) throw new Error(`unknown source ${listed}`);
  return source[1];
}

/** What a model can take and give, by family; the first pattern that fits a `seller/id` holds. Reviewed by hand: the list has none. */
const abilitiesByFamily: readonly (readonly [RegExp, string])[] = [
  [/^openai\/gpt-4/, "tools images files json json_schema streaming"],
  [/^openai\//, "tools images files json json_schema reasoning streaming"],
  [/^anthropic\//, "tools images files json json_schema reasoning streaming"],
  [/^google\/gemini-2\.5-flash-lite/, "tools images audio files json json_schema streaming"],
  [/^google\//, "tools images audio files json json_schema reasoning streaming"],
  [/^mistral\/(mistral|ministral)-/, "tools images json json_schema streaming"],
  [/^mistral\//, "tools json json_schema streaming"],
  [/^deepseek\//, "tools json reasoning streaming"],
  [/^alibaba\/qwen3\.[78]-/, "tools json json_schema reasoning streaming"],
  [/^alibaba\/qwen3-coder/, "tools json streaming"],
  [/^alibaba\//, "tools json reasoning streaming"],
  [/^groq\/openai\//, "tools json json_schema reasoning streaming"],
  [/^groq\/qwen/, "tools json reasoning streaming"],
  [/^groq\//, "tools json streaming"],
  [/^together\//, "tools images json json_schema streaming"],
  [/^x-ai\//, "tools images json json_schema reasoning streaming"],
  [/^(moonshotai|zai|minimax)\//, "tools json reasoning streaming"],
];

/** Reasoning models without an effort `none` answer 400 to temperature; the list does not say so. */
const rejectsSamplingToo = new Set(["openai/o3", "openai/o4-mini", "openai/gpt-5-mini"]);

/** Models that answer 400 to a forced call of a tool, and to a reasoning effort; the list says neither. */
const rejectsForcedTools = new Set([
  "anthropic/claude-fable-5-1",
  "anthropic/claude-opus-5-5",
  "anthropic/claude-sonnet-5-5",
]);
const rejectsEffort = new Set(["anthropic/claude-haiku-4-5"]);

/**
 * Ways of thinking that a model's own wire takes (wire-formats §2.9; a budget is left out where the maker's page contradicts the
 * table there, since such models think adaptively anyway).
 */
const thinking: Readonly<Record<string, string>> = {
  "anthropic/claude-fable-5-1": "adaptive",
  "anthropic/claude-opus-5-5": "adaptive",
  "anthropic/claude-opus-5": "enabled adaptive disabled",
  "anthropic/claude-opus-4-8": "adaptive disabled",
  "anthropic/claude-sonnet-5-5": "adaptive between_tools",
  "anthropic/claude-sonnet-5": "adaptive disabled",
  "anthropic/claude-sonnet-4-6": "enabled adaptive disabled",
  "anthropic/claude-haiku-5-5": "adaptive disabled",
  "anthropic/claude-haiku-4-5": "enabled disabled",
};

/** Models that still go on with an answer that the client began; newer ones of the seller answer 400 (wire-formats §2.3). */
const takesPrefill = new Set(["anthropic/claude-sonnet-4-6", "anthropic/claude-haiku-4-5"]);

/** These sellers' long band begins at the threshold itself, all others' one token above it. */
const inclusiveThreshold = new Set(["x-ai"]);

const aliases: Readonly<Record<string, readonly string[]>> = {
  "mistral/mistral-medium-3-5": ["mistral-medium-latest", "mistral-medium-2604"],
  "deepseek/deepseek-flash": ["deepseek-v4-flash"],
};

/** Every completion token costs so much, in dollars per million, once the answer has reasoning in it; told in the list's notes. */
const reasonedOutput: Readonly<Record<string, number>> = { "alibaba/qwen-plus": 4 };

/** What inference kept in one region costs, as a share of the list price, by seller (wire-formats §2.2, §8). */
const regions: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  anthropic: { us: 1.1 },
};

/** The list's words for tiers, and the names that answers bear. */
const tierNames: Readonly<Record<string, readonly string[]>> = {
  flex: ["flex"],
  priority_or_fast: ["priority", "fast"],
  fast_mode: ["fast"],
};

/**
 * Weekdays on which a statutory holiday of China falls, which is off-peak there: worked out from the law and the lunar calendar
 * for the years that lie ahead. The days added by each year's official notice are not known beforehand: they are taken for
 * working days, so that costs err upwards.
 */
const holidays = [
  ...["2027-01-01", "2027-02-05", "2027-02-08", "2027-04-05"],
  ...["2027-06-09", "2027-09-15", "2027-10-01"],
];

/** The one peak window in use. */
const peakWindow = {
  text: "Mon-Fri 01:00-04:00 and 06:00-10:00 UTC",
  weekdays: [1, 2, 3, 4, 5],
  minutes: [
    [60, 240],
    [360, 600],
  ],
};

function exact(usd: number): number {
  const price = parsePrice(`${usd}/M`);
  if (price === null) throw new Error(`${usd} is finer than a micro-dollar per million tokens`);
  return price;
}

/** Cached tokens without a price of their own are ordinary input; a cache write keeps its share of the input price. */
function band(
  above: number,
  usd: { input: number; output: number; cachedRead: number | null },
  { short, long, reasoned }: Shares,
): Band {
  const written = (share: number): number => Math.round(exact(usd.input) * share);
  const further: Further = {
    ...(long === null ? {} : { cachedWriteLong: written(long) }),
    ...(reasoned === undefined ? {} : { reasonedOutput: exact(reasoned) }),
  };
  const five = [
    above,
    exact(usd.input),
    exact(usd.output),
    exact(usd.cachedRead ?? usd.input),
    short === null ? exact(usd.input) : written(short),
  ] as const;
  return Object.keys(further).length === 0 ? five : [...five, further];
}

/** What cache writes cost as a share of the input, and what an answer with reasoning costs. */
interface Shares {
  readonly short: number | null;
  readonly long: number | null;
  readonly reasoned: number | undefined;
}

function sharesOf({ usd_per_million_tokens: list, provider, model_id }: ListedModel): Shares {
  const share = (price: number | null): number | null =>
    price === null ? null : price / list.input;
  return {
    short: share(list.cache_write_short_ttl),
    long: share(list.cache_write_long_ttl),
    reasoned: reasonedOutput[`${provider}/${model_id}`],
  };
}

/** Models of the family whose tiers the list's own notes tell once for all (wire-formats §8). */
const tiersOfFamily = /^openai\/gpt-(6-astra|5\.6-)/;

function tiersOf({ service_tier_multipliers: listed, provider, model_id }: ListedModel): object {
  const isOfFamily = tiersOfFamily.test(`${provider}/${model_id}`);
  const tiers = Object.entries(
    listed ?? (isOfFamily ? { flex: 0.5, priority_or_fast: 2 } : {}),
  ).flatMap(([word, share]) => {
    if (word === "batch") return [];
    const names = tierNames[word];
    if (names === undefined) throw new Error(`unknown tier ${word}`);
    return names.map((name) => [name, share] as const);
  });
  return tiers.length === 0 ? {} : { tiers: Object.fromEntries(tiers) };
}

function pricesOf(model: ListedModel): object[] {
  const list = model.usd_per_million_tokens;
  const shares = sharesOf(model);
  const bands = [
    band(0, { input: list.input, output: list.output, cachedRead: list.cached_input_read }, shares),
  ];
  const long = model.long_prompt_tier;
  if (long !== null) {
    if (long.billing !== "whole_request") throw new Error(`${model.model_id}: ${long.billing}`);
    const above = long.threshold_prompt_tokens - (inclusiveThreshold.has(model.provider) ? 1 : 0);
    const usd = { input: long.input, output: long.output, cachedRead: long.cached_input };
    bands.push(band(above, usd, shares));
  }
  const first = { from: null, bands, ...peakOf(model, shares) };
  const later = model.scheduled_changes.map((change) => ({
    from: change.effective,
    bands: [band(0, { ...change, cachedRead: change.cached_input_read }, shares)],
  }));
  return [first, ...later];
}

function peakOf(model: ListedModel, shares: Shares): object {
  const clock = model.time_of_day_pricing;
  if (clock === null) return {};
  if (!clock.peak_window.startsWith(peakWindow.text)) throw new Error(clock.peak_window);
  const bands = [band(0, { ...clock.peak, cachedRead: clock.peak.cached_input_read }, shares)];
  const { weekdays, minutes } = peakWindow;
  return { peak: { weekdays, minutes, bands, except: holidays } };
}

function carry(model: ListedModel): object {
  const name = `${model.provider}/${model.model_id}`;
  const family = abilitiesByFamily.find(([pattern]) => pattern.test(name));
  if (family === undefined) throw new Error(`no abilities for ${name}`);
  const rejects = model.rejects_sampling_params;
  return {
    seller: model.provider,
    id: model.model_id,
    ...(aliases[name] === undefined ? {} : { aliases: aliases[name] }),
    kind: model.kind,
    context: model.context_window_tokens,
    maxOutput: model.max_output_tokens,
    abilities: model.kind === "chat" ? family[1].split(" ") : [],
    rejectsSampling: (rejects !== null && rejects !== false) || rejectsSamplingToo.has(name),
    ...(rejectsForcedTools.has(name) ? { rejectsForcedTools: true } : {}),
    ...(rejectsEffort.has(name) ? { rejectsEffort: true } : {}),
    ...(model.provider === "anthropic" && !takesPrefill.has(name) ? { rejectsPrefill: true } : {}),
    ...(thinking[name] === undefined ? {} : { thinking: thinking[name].split(" ") }),
    batchShare: model.batch_discount_fraction,
    ...tiersOf(model),
    ...(model.kind === "chat" && regions[model.provider] !== undefined
      ? { regions: regions[model.provider] }
      : {}),
    prices: pricesOf(model),
    asOf: model.as_of,
    sources: model.sources.map(letterOf).join(""),
  };
}

const [from] = process.argv.slice(2);
if (from === undefined) throw new Error("usage: carry-catalog.ts model-prices.json");
const list = JSON.parse(readFileSync(from, "utf8")) as {
  readonly _meta: { readonly generated: string };
  readonly models: readonly ListedModel[];
};
const lines = list.models.map((model) => `    ${JSON.stringify(carry(model))}`).join(",\n");
const head = JSON.stringify(
  {
    asOf: list._meta.generated,
    sources: Object.fromEntries(sources.map(([, letter, name]) => [letter, name])),
  },
  null,
  2,
);
writeFileSync(
  new URL("../src/catalog/models.json", import.meta.url),
  `${head.replace(/\n\}$/, "")},\n  "models": [\n${lines}\n  ]\n}\n`,
);
console.log(`${list.models.length} models carried from ${from}`);
