import { mostPicodollars, type Picodollars } from "../base/money.ts";
import type { RunningCost } from "./target.ts";

const microsecondsPerHour = 3_600_000_000n;

/**
 * What a server costs for a request that kept it busy for so long: power and hardware, shared by its slots. Exact for the
 * duration taken to a microsecond, rounded once to a whole picodollar, halves up.
 */
export function runningCostOf(
  { watts, kwh, hour, slots }: RunningCost,
  durationMs: number,
): Picodollars {
  // Picodollars per 1,000 hours, so that watts need no fraction.
  const rate = BigInt(watts) * BigInt(kwh) + 1000n * BigInt(hour);
  const spent = rate * BigInt(Math.max(Math.round(durationMs * 1000), 0));
  const whole = 1000n * microsecondsPerHour * BigInt(slots);
  const cost = (2n * spent + whole) / (2n * whole);
  return cost > BigInt(mostPicodollars) ? mostPicodollars : Number(cost);
}
