import { addMoney, type Picodollars, priceOfTokens, shareOfMoney } from "../base/money.ts";
import type { Usage } from "../protocol/usage.ts";
import type { PeakPrices, PriceBand, PriceTable, Target } from "./target.ts";

const msPerDay = 86_400_000;
const msPerMinute = 60_000;

function isPeak(peak: PeakPrices, atMs: number): boolean {
  const day = Math.floor(atMs / msPerDay);
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 4) % 7) + 7) % 7;
  if (!peak.weekdays.includes(weekday)) return false;
  const minute = (atMs - day * msPerDay) / msPerMinute;
  return peak.minutes.some(({ from, to }) => minute >= from && minute < to);
}

/** The prices in force at a moment for a prompt of so many tokens, cached ones included; null when none is known. */
export function bandAt(
  target: Pick<Target, "prices">,
  promptTokens: number,
  atMs: number,
): PriceBand | null {
  const table = tableAt(target.prices, atMs);
  if (table === null) return null;
  const bands =
    table.peak !== undefined && isPeak(table.peak, atMs) ? table.peak.bands : table.bands;
  let found: PriceBand | null = bands[0] ?? null;
  for (const band of bands) if (promptTokens > band.abovePromptTokens) found = band;
  return found;
}

function tableAt(prices: readonly PriceTable[], atMs: number): PriceTable | null {
  let found: PriceTable | null = null;
  for (const table of prices) if (table.effectiveFrom <= atMs) found = table;
  return found;
}

/**
 * What an attempt's tokens cost at a target when it ran, in picodollars: exact, the band chosen by the whole prompt, reasoning
 * inside the output; in a batch the seller's share of it, or all where it names none. Null when no price is known, which is not the same as free.
 */
export function costOf(
  target: Pick<Target, "prices">,
  usage: Usage,
  atMs: number,
): Picodollars | null {
  const band = bandAt(target, usage.inputTokens, atMs);
  if (band === null) return null;
  const list = listCost(band, usage);
  if (usage.tier !== "batch") return list;
  const share = tableAt(target.prices, atMs)?.batchShare ?? 1;
  return shareOfMoney(list, share);
}

/** Tokens at the prices of a band. */
function listCost(band: PriceBand, usage: Usage): Picodollars {
  const { cachedReadTokens, cachedWriteTokens } = usage;
  const plain = Math.max(usage.inputTokens - cachedReadTokens - cachedWriteTokens, 0);
  const input = priceOfTokens(plain, band.input);
  const read = priceOfTokens(cachedReadTokens, band.cachedRead);
  const written = priceOfTokens(cachedWriteTokens, band.cachedWrite);
  const output = priceOfTokens(usage.outputTokens, band.output);
  return addMoney(addMoney(input, output), addMoney(read, written));
}

/**
 * What a request would cost at a target, nothing of it cached. Output tokens of null count as the target's own maximum, or as
 * what its context leaves; null when no price, or no bound on the output, is known.
 */
export function estimateCost(
  target: Pick<Target, "prices" | "maxOutputTokens" | "contextTokens">,
  promptTokens: number,
  outputTokens: number | null,
  atMs: number,
): Picodollars | null {
  const band = bandAt(target, promptTokens, atMs);
  if (band === null) return null;
  const input = priceOfTokens(promptTokens, band.input);
  if (band.output === 0) return input;
  const output = outputTokens ?? target.maxOutputTokens ?? roomLeft(target, promptTokens);
  return output === null ? null : addMoney(input, priceOfTokens(output, band.output));
}

function roomLeft(target: Pick<Target, "contextTokens">, promptTokens: number): number | null {
  return target.contextTokens === null ? null : Math.max(target.contextTokens - promptTokens, 0);
}
