import {
  addMoney,
  mostPicodollars,
  type Picodollars,
  priceOfTokens,
  shareOfMoney,
} from "../../base/money.ts";
import { tierShare } from "../../catalog/cost.ts";
import { runningCostOf } from "../../catalog/running-cost.ts";
import type { PriceBand, Target } from "../../catalog/target.ts";
import { longestBackoffMs } from "../../protocol/backoff.ts";
import type { BilledTier } from "../../protocol/usage.ts";
import type { CheckedOptions } from "../checker/checked-policy.ts";

/** What the operator's configuration says of plans that say nothing of their own; DispatchDefaults fits. */
export interface PlanDefaults {
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly firstTokenMs: number;
  readonly retries: number;
  readonly maxAttempts: number;
}

/** The limits in force of one plan. */
export interface PlanLimits {
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly retries: number;
  readonly maxAttempts: number;
}

/** What bounds a plan once its options and the operator's defaults are put together. */
export function limitsOf(options: CheckedOptions, defaults: PlanDefaults): PlanLimits {
  return {
    timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
    deadlineMs: options.deadlineMs ?? defaults.deadlineMs,
    retries: options.retries ?? defaults.retries,
    maxAttempts: defaults.maxAttempts,
  };
}

/** The most attempts over so many different targets: each once and its retries, and never more than are allowed at all. */
export function mostAttempts(targets: number, { retries, maxAttempts }: PlanLimits): number {
  return Math.min(maxAttempts, targets * (1 + retries));
}

/** The longest a plan over so many different targets can take, in milliseconds: its waits included, never past its deadline. */
export function longestTimeMs(targets: number, limits: PlanLimits): number {
  const attempts = mostAttempts(targets, limits);
  const perTarget = 1 + limits.retries;
  const full = Math.floor(attempts / perTarget);
  const waits = full * waitsMs(limits.retries) + waitsMs((attempts % perTarget) - 1);
  return Math.min(limits.deadlineMs, attempts * limits.timeoutMs + waits);
}

/** The longest waits before so many retries of one target, together. */
function waitsMs(retries: number): number {
  let sum = 0;
  for (let retry = 0; retry < retries; retry += 1) sum += longestBackoffMs(retry);
  return sum;
}

/** What an amount of money is, or why there is none: a price that nobody listed, or tokens that nothing bounds. */
export type Amount =
  | { readonly kind: "known"; readonly value: Picodollars }
  | { readonly kind: "no-price" | "unbounded"; readonly target: string };

/** What bounds one attempt. Bounds of null are the target's own. */
export interface AttemptBounds {
  readonly promptTokens: number | null;
  readonly outputCeiling: number | null;
  /** Answers asked for at once. */
  readonly choices: number;
  /** The tier that is asked for; null for none, `any` where a client may ask for what it likes. */
  readonly tier: BilledTier | "any" | null;
  /** The longest that it may take. */
  readonly timeoutMs: number;
}

/**
 * The most that one attempt can cost at a target: the prompt's bound at the dearest price that holds for any prompt up to it,
 * at any hour, written to the provider's cache where that is dearer, and as many completion tokens as are allowed for each of
 * so many answers, in the dearest tier that may serve it; and all its time where a target costs by the second. No discount is
 * counted on.
 */
export function dearestAttempt(target: Target, bounds: AttemptBounds): Amount {
  const { name, contextTokens, maxOutputTokens } = target;
  const { choices, timeoutMs } = bounds;
  const prompt = least(bounds.promptTokens, contextTokens);
  const bands = bandsOf(target).filter(
    ({ abovePromptTokens }) => prompt === null || abovePromptTokens < Math.max(prompt, 1),
  );
  if (bands.length === 0) return { kind: "no-price", target: name };
  const share = dearestTier(target, bounds.tier);
  if (share === null) return { kind: "no-price", target: name };
  const input = Math.max(...bands.map(dearestInput));
  const output = Math.max(...bands.map(dearestOutput));
  const completion = least(least(bounds.outputCeiling, maxOutputTokens), contextTokens);
  if ((prompt === null && input > 0) || (completion === null && output > 0)) {
    return { kind: "unbounded", target: name };
  }
  const list = addMoney(
    priceOfTokens(prompt ?? 0, input),
    priceOfTokens((completion ?? 0) * choices, output),
  );
  const value = shareOfMoney(list, [share, dearestPlace(target)]);
  const { runningCost } = target;
  const running = runningCost === undefined ? 0 : runningCostOf(runningCost, timeoutMs);
  return { kind: "known", value: addMoney(value, running) };
}

function dearestInput(band: PriceBand): number {
  const { input, cachedRead, cachedWrite, cachedWriteLong = 0, audioInput = 0 } = band;
  return Math.max(input, cachedRead, cachedWrite, cachedWriteLong, audioInput);
}

function dearestOutput({ output, reasonedOutput = 0, audioOutput = 0 }: PriceBand): number {
  return Math.max(output, reasonedOutput, audioOutput);
}

/** What a surcharge makes of list prices: the target's own, else that of the dearest region that a client may ask for. */
function dearestPlace({ surcharge, prices }: Target): number {
  if (surcharge !== undefined) return 1 + surcharge;
  return Math.max(1, ...prices.flatMap(({ regions }) => Object.values(regions ?? {})));
}

/** The largest share of list prices that an attempt may be billed; null where the tier that is asked for has no known price. */
function dearestTier(target: Target, tier: AttemptBounds["tier"]): number | null {
  const shares = target.prices.flatMap((table) => {
    if (tier === "any") return Object.values(table.tiers ?? {});
    return tierShare(table, tier) ?? [];
  });
  if (shares.length === 0 && tier !== "any" && tier !== "flex") return null;
  // What is asked for may be served as usual.
  return Math.max(1, ...shares);
}

/**
 * What one attempt costs at least when it writes all that it may: this prompt at the cheapest price that ever holds for it,
 * nothing cached, nobody asking for a tier but the plan, the largest discount taken off. Never more than `dearestAttempt` for any
 * prompt that is not smaller; rises with the prompt.
 */
export function fullAttempt(
  target: Target,
  promptTokens: number,
  { outputCeiling, tier }: Pick<AttemptBounds, "outputCeiling"> & { readonly tier: "flex" | null },
): Amount {
  const tables = target.prices.flatMap(({ bands, peak }) => [bands, ...(peak ? [peak.bands] : [])]);
  const inForce = tables.flatMap((bands) => bandFor(bands, promptTokens));
  if (inForce.length === 0) return { kind: "no-price", target: target.name };
  const ceiling = least(outputCeiling, target.maxOutputTokens);
  // Where only the context bounds the answer, it bounds it together with the prompt: nothing of it is certain.
  const completion = ceiling === null ? 0 : (least(ceiling, target.contextTokens) ?? 0);
  const costs = inForce.map(({ input, output }) =>
    addMoney(priceOfTokens(promptTokens, input), priceOfTokens(completion, output)),
  );
  const shares = [1, ...target.prices.flatMap((table) => tierShare(table, tier) ?? [])];
  const discount = Math.max(0, ...(target.discounts ?? []).map(({ share }) => share));
  const place = 1 + (target.surcharge ?? 0);
  const value = shareOfMoney(Math.min(...costs), [Math.min(...shares), place, 1 - discount]);
  return { kind: "known", value };
}

function bandFor(bands: readonly PriceBand[], promptTokens: number): readonly PriceBand[] {
  const found = bands.findLast(({ abovePromptTokens }) => promptTokens > abovePromptTokens);
  return [found ?? bands[0]].filter((band) => band !== undefined);
}

function bandsOf({ prices }: Target): readonly PriceBand[] {
  return prices.flatMap(({ bands, peak }) => [...bands, ...(peak?.bands ?? [])]);
}

function least(one: number | null, other: number | null): number | null {
  if (one === null) return other;
  return other === null ? one : Math.min(one, other);
}

/**
 * The most that a chain costs when every attempt that can be made is made, the dearest targets first: `attempts` lists what one
 * attempt costs at each different target.
 */
export function dearestChain(attempts: readonly Amount[], limits: PlanLimits): Amount {
  const open = attempts.find(({ kind }) => kind === "no-price") ?? attempts.find(isOpen);
  if (open !== undefined) return open;
  const costs = attempts.flatMap((each) => (each.kind === "known" ? [each.value] : []));
  let left = mostAttempts(costs.length, limits);
  let sum = 0;
  for (const cost of costs.toSorted((a, b) => b - a)) {
    const times = Math.min(left, 1 + limits.retries);
    sum = addMoney(sum, Math.min(cost * times, mostPicodollars));
    left -= times;
  }
  return { kind: "known", value: sum };
}

function isOpen({ kind }: Amount): boolean {
  return kind !== "known";
}
