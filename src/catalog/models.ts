import { invariant } from "../base/assert.ts";
import carried from "./models.json" with { type: "json" };
import type {
  Ability,
  PeakPrices,
  PriceBand,
  PricedTier,
  PriceTable,
  ThinkingType,
} from "./target.ts";

/** Who bills for a model: the key under which the catalog lists its price. */
export type Seller = string;

/** A model as its seller lists it. Prices are list prices as of a day: verify before billing anyone. */
export interface CatalogModel {
  readonly seller: Seller;
  readonly id: string;
  /** Further ids under which the seller serves the same model. */
  readonly aliases: readonly string[];
  readonly kind: "chat" | "embedding";
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly abilities: ReadonlySet<Ability>;
  readonly rejectsSampling: boolean;
  readonly rejectsForcedTools: boolean;
  readonly rejectsEffort: boolean;
  readonly rejectsPrefill: boolean;
  /** Ways of thinking that its maker's own wire takes; null where the catalog does not say. */
  readonly thinking: ReadonlySet<ThinkingType> | null;
  readonly prices: readonly PriceTable[];
  /** Day, or month, on which the row was true. */
  readonly asOf: string;
  /** Letters of `catalogSources`. */
  readonly sources: string;
}

/** Prices of a band that few rows have. */
interface FurtherPrices {
  readonly cachedWriteLong?: number;
  readonly reasonedOutput?: number;
}

type CarriedBand = readonly (number | FurtherPrices)[];

interface CarriedPrices {
  readonly from: string | null;
  readonly bands: readonly CarriedBand[];
  readonly peak?: {
    readonly weekdays: readonly number[];
    readonly minutes: readonly (readonly number[])[];
    readonly bands: readonly CarriedBand[];
    readonly except?: readonly string[];
  };
}

function bandsOf(rows: readonly CarriedBand[]): PriceBand[] {
  return rows.map((row) => {
    const numbers = row.filter((each) => typeof each === "number");
    const [abovePromptTokens, input, output, cachedRead, cachedWrite] = numbers;
    invariant(
      abovePromptTokens !== undefined && input !== undefined && output !== undefined,
      "a carried band has five numbers",
    );
    invariant(cachedRead !== undefined && cachedWrite !== undefined, "a carried band has five");
    const further = row.find((each) => typeof each === "object");
    return { abovePromptTokens, input, output, cachedRead, cachedWrite, ...further };
  });
}

const msPerDay = 86_400_000;

function peakOf(peak: NonNullable<CarriedPrices["peak"]>): PeakPrices {
  const minutes = peak.minutes.map(([from = 0, to = 0]) => ({ from, to }));
  const except = new Set((peak.except ?? []).map((day) => Date.parse(day) / msPerDay));
  return { weekdays: peak.weekdays, minutes, bands: bandsOf(peak.bands), except };
}

/** What holds for every table of a row. */
interface CarriedShares {
  readonly batchShare: number | null;
  readonly tiers?: Readonly<Partial<Record<PricedTier, number>>>;
  readonly regions?: Readonly<Record<string, number>>;
}

function tableOf(prices: CarriedPrices, { batchShare, tiers, regions }: CarriedShares): PriceTable {
  return {
    effectiveFrom: prices.from === null ? Number.NEGATIVE_INFINITY : Date.parse(prices.from),
    bands: bandsOf(prices.bands),
    ...(prices.peak === undefined ? {} : { peak: peakOf(prices.peak) }),
    batchShare,
    ...(tiers === undefined ? {} : { tiers }),
    ...(regions === undefined ? {} : { regions }),
  };
}

/** Every model of the catalog, sellers together. */
export const catalogModels: readonly CatalogModel[] = carried.models.map((row) => ({
  seller: row.seller,
  id: row.id,
  aliases: row.aliases ?? [],
  kind: row.kind === "embedding" ? "embedding" : "chat",
  contextTokens: row.context,
  maxOutputTokens: row.maxOutput,
  abilities: new Set(row.abilities as readonly Ability[]),
  rejectsSampling: row.rejectsSampling,
  rejectsForcedTools: row.rejectsForcedTools ?? false,
  rejectsEffort: row.rejectsEffort ?? false,
  rejectsPrefill: row.rejectsPrefill ?? false,
  thinking: row.thinking === undefined ? null : new Set(row.thinking as readonly ThinkingType[]),
  prices: row.prices.map((prices) => tableOf(prices, row as CarriedShares)),
  asOf: row.asOf,
  sources: row.sources,
}));

/** What the letters in a row's `sources` stand for. */
export const catalogSources: Readonly<Record<string, string>> = carried.sources;

const bySellerAndId = new Map<string, CatalogModel>();
const byId = new Map<string, CatalogModel>();
for (const model of catalogModels) {
  for (const id of [model.id, ...model.aliases]) {
    bySellerAndId.set(`${model.seller}\n${id}`, model);
    if (!byId.has(id)) byId.set(id, model);
  }
}

/** A seller's model by its id or an alias; null when the catalog has none. A dated snapshot is another model. */
export function findModel(seller: Seller, id: string): CatalogModel | null {
  return bySellerAndId.get(`${seller}\n${id}`) ?? null;
}

/**
 * A model by id alone, or as `vendor/id`, for relays that sell others' models: its size and abilities hold there too, its price
 * does not.
 */
export function findModelAnywhere(id: string): CatalogModel | null {
  return byId.get(id) ?? byId.get(id.slice(id.indexOf("/") + 1)) ?? null;
}
