import type { Economics } from "./economics.ts";
import { type Hardware, monthlyOf } from "./hardware.ts";
import { daysOfMonth } from "./money-by-hour.ts";

/** How much work the GPUs have at the log's own traffic. */
export interface GpuWork {
  /** So many of them would be full all through the busiest hour. */
  readonly busiest: number;
  /** As many as were seen not to reach a wanted p95; 0 where none were. */
  readonly tooFew: number;
}

/** That of so many, which reach a p95 where one was asked for. */
export interface CountedWork extends GpuWork {
  readonly gpus: number;
  /** Milliseconds. */
  readonly p95Ms?: number | null;
}

/** Whether so many pay for themselves. Dollars a month; null where the log tells no month. */
export interface BreakEven extends GpuWork {
  readonly gpus: number;
  /** The p95 that so many reach at the log's own traffic, milliseconds; null where none was asked for. */
  readonly p95Ms: number | null;
  readonly hardware: Hardware;
  readonly monthlyCost: number;
  /** What remote targets are spared. */
  readonly monthlyAvoided: number | null;
  readonly monthlyNet: number | null;
  /** The net with 95 % confidence. */
  readonly low: number | null;
  readonly high: number | null;
  /** What one with all the work that it can take spares an hour, on average over the month; null where nothing is spared. */
  readonly fullAvoidedHourly: number | null;
  readonly hourlyCost: number;
  /**
   * The month's spend without any target at home from which on they pay, with traffic of this kind; null where they spare nothing, or
   * less than is paid for as many as that traffic takes.
   */
  readonly breakEvenSpend: number | null;
  /** The same as so many times the log's traffic. */
  readonly breakEvenTraffic: number | null;
  /** Months after which their price is earned; null where it never is, or nothing was bought. */
  readonly paybackMonths: number | null;
}

/**
 * The GPUs that so many times the traffic takes: none is more than full in the busiest hour, and the counts that are known to be too few
 * for a wanted p95 grow with the traffic.
 */
export function gpusFor(times: number, { busiest, tooFew }: GpuWork): number {
  // What only rounding makes more than a whole number is that number.
  const full = Math.ceil(times * busiest - 1e-9);
  return Math.max(1, full, Math.floor(times * tooFew) + 1);
}

/** Holds what targets at home spare against what they cost to run; their prices in the configuration are left out, as they stand for the same cost. */
export function breakEvenOf(
  {
    spend,
    local,
  }: Pick<Economics, "spend"> & { readonly local: Pick<Economics["local"], "cost" | "avoided"> },
  hardware: Hardware,
  { gpus, p95Ms = null, ...work }: CountedWork,
): BreakEven {
  const each = monthlyOf(hardware);
  const hours = daysOfMonth * 24;
  const monthlyCost = gpus * (each.hardware + each.power);
  const avoided = local.avoided.month;
  const spares = avoided !== null && avoided > 0;
  const remoteOnly = (spend.month ?? 0) - (local.cost.month ?? 0) + (avoided ?? 0);
  const times = spares ? monthlyCost / avoided : null;
  const pays = times !== null && gpusFor(times, work) <= gpus;
  const full = Math.max(work.busiest, work.tooFew);
  const earned = (avoided ?? 0) - gpus * (each.power + hardware.hour * hours);
  const less = (value: number | null): number | null =>
    value === null ? null : value - monthlyCost;
  return {
    ...{ gpus, p95Ms, ...work, hardware, monthlyCost, monthlyAvoided: avoided },
    ...{ monthlyNet: less(avoided), low: less(local.avoided.low), high: less(local.avoided.high) },
    fullAvoidedHourly: spares && full > 0 ? avoided / full / hours : null,
    hourlyCost: monthlyCost / gpus / hours,
    breakEvenSpend: pays ? times * remoteOnly : null,
    breakEvenTraffic: pays ? times : null,
    paybackMonths: hardware.price > 0 && earned > 0 ? (gpus * hardware.price) / earned : null,
  };
}
