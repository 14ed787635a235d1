import type { PicodollarsPerToken } from "../base/money.ts";

export type Ability =
  | "tools"
  | "images"
  | "audio"
  | "files"
  | "json"
  | "json_schema"
  | "reasoning"
  | "streaming";

/** Prices of one band: it holds when the prompt, cached tokens included, is larger than `abovePromptTokens`, and then for the whole request. */
export interface PriceBand {
  readonly abovePromptTokens: number;
  readonly input: PicodollarsPerToken;
  readonly output: PicodollarsPerToken;
  readonly cachedRead: PicodollarsPerToken;
  readonly cachedWrite: PicodollarsPerToken;
}

/** Dearer hours of a provider that prices by the clock; weekday and time are UTC. */
export interface PeakPrices {
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** Half-open, in minutes since midnight. */
  readonly minutes: readonly { readonly from: number; readonly to: number }[];
  readonly bands: readonly PriceBand[];
}

/** Prices in force from a date on. Bands stand in rising order; the first starts at 0. */
export interface PriceTable {
  /** Milliseconds since the epoch; -Infinity for the first. */
  readonly effectiveFrom: number;
  readonly bands: readonly PriceBand[];
  readonly peak?: PeakPrices;
  /** Share of the list price paid in a batch, e.g. 0.5; null when there is none. */
  readonly batchShare: number | null;
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
  /** Scores in 0..1: `default`, and per intent. */
  readonly quality: Readonly<Record<string, number>>;
  /** True for models that answer 400 to temperature and its like. */
  readonly rejectsSampling: boolean;
  /** True for models that answer 400 when a call of a tool is forced on them. */
  readonly rejectsForcedTools: boolean;
  /** True for models that answer 400 to a reasoning effort on their maker's own wire. */
  readonly rejectsEffort: boolean;
}
