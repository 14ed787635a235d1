import { addMoney, type Picodollars, priceOfTokens, shareOfMoney } from "../base/money.ts";
import type { BilledTier, Usage } from "../protocol/usage.ts";
import { runningCostOf } from "./running-cost.ts";
import type { PeakPrices, PriceBand, PriceTable, Target } from "./target.ts";

const msPerDay = 86_400_000;
const msPerMinute = 60_000;

/** What settles the prices of a target. */
export type Priced = Pick<Target, "prices" | "surcharge" | "discounts" | "runningCost" | "speed">;

function isPeak(peak: PeakPrices, atMs: number): boolean {
  const day = Math.floor(atMs / msPerDay);
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 4) % 7) + 7) % 7;
  if (!peak.weekdays.includes(weekday) || peak.except?.has(day) === true) return false;
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
  return table === null ? null : bandIn(table, promptTokens, atMs);
}

function bandIn(table: PriceTable, promptTokens: number, atMs: number): PriceBand | null {
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

/** Share of the list price paid in a tier; null where the seller names a tier whose price nobody listed. */
export function tierShare(table: PriceTable, tier: BilledTier | null): number | null {
  if (tier === null) return 1;
  if (tier === "batch") return table.batchShare;
  return tier === "ultrafast" ? null : (table.tiers?.[tier] ?? null);
}

/** Whether a target's seller has the cheaper, slower tier. */
export function hasFlex({ prices }: Pick<Target, "prices">): boolean {
  return prices.some(({ tiers }) => tiers?.flex !== undefined);
}

/** What is left to pay after the discount of a month's spend, as a share. A discount begins with the request after the one that passed its threshold. */
export function afterDiscount({ discounts = [] }: Priced, spent: bigint): number {
  let left = 1;
  for (const { above, share } of discounts) {
    if (spent > BigInt(above) * 1_000_000n) left = 1 - share;
  }
  return left;
}

/** What the cost of an attempt depends on besides its target, its tokens and the moment. */
export interface Circumstances {
  /** What was spent at the provider this month before, in picodollars; 0 when left out. */
  readonly spent?: bigint | undefined;
  /** How long the attempt took; null or left out for not known. Counts where a target costs by the second. */
  readonly durationMs?: number | null | undefined;
}

/**
 * What an attempt cost at a target when it ran, in picodollars: its tokens at the prices in force, the band chosen by the whole
 * prompt, reasoning inside the output; times the share of the tier that served it, a surcharge and a discount, rounded once,
 * halves up. Where no price is known, nor the fee of a tool that the provider ran, what the provider says itself; null when it says
 * nothing, which is not the same as free.
 */
export function costOf(
  target: Priced,
  usage: Usage,
  atMs: number,
  circumstances: Circumstances = {},
): Picodollars | null {
  const listed =
    usage.paidCalls === undefined ? tokenCostOf(target, usage, atMs, circumstances) : null;
  return listed ?? usage.statedCost ?? null;
}

/** The same without the fees of tools: the least that an attempt cost, where those are not known. Null where no price is. */
export function tokenCostOf(
  target: Priced,
  usage: Usage,
  atMs: number,
  { spent = 0n, durationMs = null }: Circumstances = {},
): Picodollars | null {
  const table = tableAt(target.prices, atMs);
  const band = table === null ? null : bandIn(table, usage.inputTokens, atMs);
  if (table === null || band === null) return null;
  const share = tierShare(table, usage.tier ?? null);
  if (share === null) return null;
  const list = listCost(band, usage);
  const place = 1 + (target.surcharge ?? regionSurcharge(table, usage.region));
  const tokens =
    share === 1 && place === 1 && target.discounts === undefined
      ? list
      : shareOfMoney(list, [share, place, afterDiscount(target, spent)]);
  if (target.runningCost === undefined) return tokens;
  return durationMs === null
    ? null
    : addMoney(tokens, runningCostOf(target.runningCost, durationMs));
}

/** What a provider's prompt cache made of an attempt's cost: saved, or added where more was written than read. 0 where no price is known. */
export function cacheSaving(
  target: Priced,
  usage: Usage,
  atMs: number,
  circumstances: Circumstances = {},
): Picodollars {
  if (usage.cachedReadTokens === 0 && usage.cachedWriteTokens === 0) return 0;
  const uncached = {
    ...usage,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    cachedWriteLongTokens: 0,
  };
  const plain = tokenCostOf(target, uncached, atMs, circumstances);
  const cost = tokenCostOf(target, usage, atMs, circumstances);
  return plain === null || cost === null ? 0 : plain - cost;
}

/** Whether a target reads from its prompt cache for less than it reads anew. */
export function hasCheapCache({ prices }: Pick<Target, "prices">): boolean {
  return prices.some(({ bands }) => bands.some(({ input, cachedRead }) => cachedRead < input));
}

function regionSurcharge({ regions }: PriceTable, region: string | undefined): number {
  if (regions === undefined || region === undefined || !Object.hasOwn(regions, region)) return 0;
  return (regions[region] ?? 1) - 1;
}

/** Tokens at the list prices of a band. Audio is taken to be of the part of the prompt that no cache had. */
function listCost(band: PriceBand, usage: Usage): Picodollars {
  const { cachedReadTokens, cachedWriteTokens, cachedWriteLongTokens: long = 0 } = usage;
  const plain = Math.max(usage.inputTokens - cachedReadTokens - cachedWriteTokens, 0);
  const heard = Math.min(usage.audioInputTokens ?? 0, plain);
  const spoken = Math.min(usage.audioOutputTokens ?? 0, usage.outputTokens);
  const output = usage.reasoningTokens > 0 ? (band.reasonedOutput ?? band.output) : band.output;
  let cost = priceOfTokens(plain - heard, band.input);
  cost = addMoney(cost, priceOfTokens(heard, band.audioInput ?? band.input));
  cost = addMoney(cost, priceOfTokens(cachedReadTokens, band.cachedRead));
  cost = addMoney(cost, priceOfTokens(Math.max(cachedWriteTokens - long, 0), band.cachedWrite));
  cost = addMoney(cost, priceOfTokens(long, band.cachedWriteLong ?? band.cachedWrite));
  cost = addMoney(cost, priceOfTokens(usage.outputTokens - spoken, output));
  return addMoney(cost, priceOfTokens(spoken, band.audioOutput ?? output));
}

/** The size of a request; output tokens of null are not bounded by the request itself. */
export interface RequestSize {
  readonly promptTokens: number;
  readonly outputTokens: number | null;
}

/** What an estimate rests on besides the size of the request. */
export interface Expected {
  /** The tier that is asked for; null, or left out, for none. A target without flex serves it at the list price. */
  readonly tier?: BilledTier | null | undefined;
  readonly spent?: bigint | undefined;
  /** Tokens of the prompt that the target probably has in its cache; 0 when undefined. */
  readonly cachedTokens?: number | undefined;
  /** Measured tokens per second of the answer; the configured ones when undefined. */
  readonly tokensPerSecond?: number | undefined;
}

/**
 * What a request would cost at a target, nothing of it cached but what is expected to be. Output tokens of null count as the target's own maximum, or as
 * what its context leaves; null when no price, no bound on the output, or no speed of a target that costs by the second, is
 * known.
 */
export function estimateCost(
  target: Priced & Pick<Target, "maxOutputTokens" | "contextTokens">,
  { promptTokens, outputTokens }: RequestSize,
  atMs: number,
  expected: Expected = {},
): Picodollars | null {
  const { tier = null, spent = 0n } = expected;
  const table = tableAt(target.prices, atMs);
  const band = table === null ? null : bandIn(table, promptTokens, atMs);
  if (table === null || band === null) return null;
  const share = tierShare(table, tier) ?? (tier === "flex" ? 1 : null);
  if (share === null) return null;
  const cached = Math.min(expected.cachedTokens ?? 0, promptTokens);
  const input = addMoney(
    priceOfTokens(promptTokens - cached, band.input),
    priceOfTokens(cached, band.cachedRead),
  );
  const output = outputTokens ?? target.maxOutputTokens ?? roomLeft(target, promptTokens);
  const isFreeOutput = band.output === 0 && target.runningCost === undefined;
  if (output === null && !isFreeOutput) return null;
  const list = addMoney(input, isFreeOutput ? 0 : priceOfTokens(output ?? 0, band.output));
  const shares = [share, 1 + (target.surcharge ?? 0), afterDiscount(target, spent)];
  const tokens = shares.every((each) => each === 1) ? list : shareOfMoney(list, shares);
  if (target.runningCost === undefined) return tokens;
  const size = { promptTokens, outputTokens: output ?? 0 };
  const busyMs = expectedMs(target, size, expected.tokensPerSecond);
  return busyMs === null ? null : addMoney(tokens, runningCostOf(target.runningCost, busyMs));
}

/** How long a target is busy with a request by its speed, in milliseconds; null when its speed is not known. */
export function expectedMs(
  { speed }: Pick<Target, "speed">,
  { promptTokens, outputTokens }: RequestSize,
  measured: number | undefined,
): number | null {
  const perSecond = measured ?? speed?.output ?? null;
  if (perSecond === null || perSecond <= 0) return null;
  const reading = speed?.prompt ? promptTokens / speed.prompt : 0;
  return (reading + (outputTokens ?? 0) / perSecond) * 1000;
}

function roomLeft(target: Pick<Target, "contextTokens">, promptTokens: number): number | null {
  return target.contextTokens === null ? null : Math.max(target.contextTokens - promptTokens, 0);
}
