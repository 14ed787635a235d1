import type { Microdollars, Picodollars, PicodollarsPerToken } from "../base/money.ts";

export type Ability =
  | "tools"
  | "images"
  | "audio"
  | "files"
  | "json"
  | "json_schema"
  | "reasoning"
  | "streaming";

/** How a model of the Messages wire may be told to think: within a budget, as it sees fit, not at all, only between calls of tools. */
export type ThinkingType = "enabled" | "adaptive" | "disabled" | "between_tools";

/** Prices of one band: it holds when the prompt, cached tokens included, is larger than `abovePromptTokens`, and then for the whole request. */
export interface PriceBand {
  readonly abovePromptTokens: number;
  readonly input: PicodollarsPerToken;
  readonly output: PicodollarsPerToken;
  readonly cachedRead: PicodollarsPerToken;
  readonly cachedWrite: PicodollarsPerToken;
  /** Prompt tokens written to a cache that keeps them an hour or longer; as other writes when absent. */
  readonly cachedWriteLong?: PicodollarsPerToken;
  /** Audio tokens of the prompt that no cache had; as input when absent. */
  readonly audioInput?: PicodollarsPerToken;
  /** Audio tokens of the completion; as output when absent. */
  readonly audioOutput?: PicodollarsPerToken;
  /** Every completion token of an answer with reasoning in it; as output when absent. */
  readonly reasonedOutput?: PicodollarsPerToken;
}

/** Dearer hours of a provider that prices by the clock; weekday and time are UTC. */
export interface PeakPrices {
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** Half-open, in minutes since midnight. */
  readonly minutes: readonly { readonly from: number; readonly to: number }[];
  readonly bands: readonly PriceBand[];
  /** Days without a peak, as days since 1970-01-01. */
  readonly except?: ReadonlySet<number>;
}

/** Service tiers with a price of their own, by the names that answers bear; `batch` is beside them. */
export type PricedTier = "flex" | "priority" | "fast";

/** Prices in force from a date on. Bands stand in rising order; the first starts at 0. */
export interface PriceTable {
  /** Milliseconds since the epoch; -Infinity for the first. */
  readonly effectiveFrom: number;
  readonly bands: readonly PriceBand[];
  readonly peak?: PeakPrices;
  /** Share of the list price paid in a batch, e.g. 0.5; null when there is none. */
  readonly batchShare: number | null;
  /** Share of the list price paid in a tier, e.g. 0.5; a tier that is not here has no known price. */
  readonly tiers?: Readonly<Partial<Record<PricedTier, number>>>;
  /** Share of the list price paid where the provider says that it kept inference in a region, e.g. `{ us: 1.1 }`. */
  readonly regions?: Readonly<Record<string, number>>;
}

/** What a provider takes off once a month's spend there has passed an amount. */
export interface Discount {
  readonly above: Microdollars;
  /** What is taken off, 0 to 1. */
  readonly share: number;
}

/** What a server of one's own costs while it works. */
export interface RunningCost {
  readonly watts: number;
  /** Price of a kilowatt-hour. */
  readonly kwh: Picodollars;
  /** Hardware, by the hour in use. */
  readonly hour: Picodollars;
  /** Requests that it works on at once, which share the cost. */
  readonly slots: number;
}

/** Tokens per second, as configured; null where nothing is said. */
export interface Speed {
  readonly output: number | null;
  readonly prompt: number | null;
}

/** A model at a provider, as an operator named it: what routes point to. */
export interface Target {
  readonly name: string;
  /** Key of the provider in the configuration. */
  readonly provider: string;
  /** The provider's own model id. */
  readonly model: string;
  readonly region: string | null;
  readonly local: boolean;
  /** True where its provider has a batch API that is spoken here; absent elsewhere. */
  readonly hasBatches?: boolean;
  readonly quantization: string | null;
  /** Price tables by date, rising; empty when no price is known. */
  readonly prices: readonly PriceTable[];
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly abilities: ReadonlySet<Ability>;
  /** What it is known not to take, by the catalog or the operator; absent where nobody knows. */
  readonly lacks?: ReadonlySet<Ability>;
  /** Scores in 0..1: `default`, and per intent. */
  readonly quality: Readonly<Record<string, number>>;
  /** True for models that answer 400 to temperature and its like. */
  readonly rejectsSampling: boolean;
  /** True for models that answer 400 when a call of a tool is forced on them. */
  readonly rejectsForcedTools: boolean;
  /** True for models that answer 400 to a reasoning effort on their maker's own wire. */
  readonly rejectsEffort: boolean;
  /** True for models that answer 400 to an answer that the client began. */
  readonly rejectsPrefill?: boolean;
  /** Ways of thinking that the model takes on its maker's own wire; absent where nobody knows. */
  readonly thinking?: ReadonlySet<ThinkingType>;
  /** What the provider adds to its list prices, e.g. 0.1; it takes the place of what a region costs. */
  readonly surcharge?: number;
  /** By rising spend. */
  readonly discounts?: readonly Discount[];
  /** For a server that costs by the second. Its token prices are zero then. */
  readonly runningCost?: RunningCost;
  readonly speed?: Speed;
  /** Most attempts there at once; absent for any number. */
  readonly concurrency?: number;
}
