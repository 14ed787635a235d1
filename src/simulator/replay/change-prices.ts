import type { PriceBand, PriceTable, Target } from "../../catalog/target.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import type { PriceChange } from "./scenario.ts";

/** A configuration whose targets cost what a scenario says. */
export function changePrices(
  configuration: Configuration,
  changes: readonly PriceChange[],
): Configuration {
  if (changes.length === 0) return configuration;
  const targets = new Map(
    [...configuration.targets].map(([name, target]) => [name, changed(target, changes)]),
  );
  return { ...configuration, targets };
}

function changed(target: Target, changes: readonly PriceChange[]): Target {
  let { prices } = target;
  for (const change of changes) {
    const { target: name } = change;
    if (name !== "*" && name !== target.name && name !== target.provider) continue;
    prices = prices.map((table) => tableWith(table, change));
  }
  return { ...target, prices };
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
