import type { PriceBand, PriceTable, Target } from "../../catalog/target.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { requestedTarget } from "../../configuration/requested-target.ts";
import type { PriceChange } from "./scenario.ts";

/** A configuration whose targets cost what a scenario says. */
export function changePrices(
  configuration: Configuration,
  changes: readonly PriceChange[],
): Configuration {
  if (changes.length === 0) return configuration;
  const targets = new Map(
    [...configuration.targets].map(([name, target]) => [name, withPrices(target, changes)]),
  );
  return { ...configuration, targets };
}

/** A target that costs what a scenario says. */
export function withPrices(target: Target, changes: readonly PriceChange[]): Target {
  let { prices } = target;
  for (const change of changes) {
    if (!isMeant(change, target)) continue;
    if (prices.length === 0 && change.change.kind === "is") prices = [freeOfCharge];
    prices = prices.map((table) => tableWith(table, change));
  }
  return { ...target, prices };
}

function isMeant({ target: name }: PriceChange, target: Target): boolean {
  return name === "*" || name === target.name || name === target.provider;
}

/** What a target of unknown price begins with before it is given one. */
const freeOfCharge: PriceTable = {
  effectiveFrom: Number.NEGATIVE_INFINITY,
  bands: [{ abovePromptTokens: 0, input: 0, output: 0, cachedRead: 0, cachedWrite: 0 }],
  batchShare: null,
};

/** Why a change of prices would change nothing, or leave a price half known, in words; null where all is well. */
export function priceProblem(
  configuration: Configuration,
  changes: readonly PriceChange[],
): string | null {
  for (const change of changes) {
    // Of all that a provider or everybody has, what has a price is changed.
    if (change.target === "*" || configuration.providers.has(change.target)) continue;
    const target = requestedTarget(change.target, configuration);
    const problem = target === null ? null : problemAt(target, change, changes);
    if (problem !== null) return `\`${change.target}\` ${problem}`;
  }
  return null;
}

function problemAt(
  target: Target,
  { of, change }: PriceChange,
  changes: readonly PriceChange[],
): string | null {
  if (target.runningCost !== undefined) return "is billed by time, not by the token";
  const isUnknown = target.prices.length === 0;
  if (change.kind === "times") {
    if (isUnknown) return "has no known price to multiply: name one, such as $1/M";
    return isFree(target) ? "costs nothing, times whatever: name a price, such as $1/M" : null;
  }
  const sides = changes.filter((each) => isMeant(each, target) && each.change.kind === "is");
  const isWhole = (["input", "output"] as const).every((side) =>
    sides.some((each) => each.of === null || each.of === side),
  );
  if (!isUnknown || isWhole) return null;
  return `has no known price but that of its ${of ?? "tokens"}: name the other side's too`;
}

function isFree({ prices }: Target): boolean {
  return prices.every(({ bands }) => bands.every(({ input, output }) => input + output === 0));
}

function tableWith(table: PriceTable, change: PriceChange): PriceTable {
  const bands = table.bands.map((band) => bandWith(band, change));
  const { peak } = table;
  const dearer =
    peak === undefined
      ? {}
      : { peak: { ...peak, bands: peak.bands.map((band) => bandWith(band, change)) } };
  return { ...table, bands, ...dearer };
}

const ofInput = [
  "input",
  "cachedRead",
  "cachedWrite",
  "cachedWriteLong",
  "audioInput",
] as const satisfies readonly (keyof PriceBand)[];
const ofOutput = [
  "output",
  "audioOutput",
  "reasonedOutput",
] as const satisfies readonly (keyof PriceBand)[];

/** Prices of cached and audio tokens go with those of their side, in proportion. */
function bandWith(band: PriceBand, { of, change }: PriceChange): PriceBand {
  const result: Record<string, number | undefined> = { ...band };
  for (const [side, members] of [
    ["input", ofInput],
    ["output", ofOutput],
  ] as const) {
    if (of !== null && of !== side) continue;
    for (const member of members) {
      const price = band[member];
      if (price !== undefined) result[member] = priceWith(price, band[side], change);
    }
  }
  return result as unknown as PriceBand;
}

function priceWith(price: number, ofSide: number, change: PriceChange["change"]): number {
  if (change.kind === "times") return Math.round(price * change.factor);
  return ofSide === 0 ? change.price : Math.round((price * change.price) / ofSide);
}
