import { breakEvenOf } from "../../src/simulator/economics/break-even.ts";
import type { EconomicsReport } from "../../src/simulator/economics/economics-report.ts";
import type { Hardware } from "../../src/simulator/economics/hardware.ts";
import type { PlacedPoint, SweepReport } from "../../src/simulator/sweep/sweep-report.ts";

const hardware: Hardware = {
  ...{ price: 2_500, years: 3, watts: 400, kwh: 0.25, hour: 0 },
  from: {
    ...{ price: "said", years: "assumed", watts: "assumed" },
    ...{ kwh: "configuration", hour: "assumed" },
  },
};

/** What a log comes to in money, with something of everything; every name in it is one that `named` makes. */
export function economicsReport(named: (name: string) => string = (name) => name): EconomicsReport {
  const monthly = (total: number) => ({
    ...{ total, month: total * 30, low: total * 25, high: total * 36 },
  });
  const target = named("local-gpu");
  const spend = monthly(12);
  const local = {
    ...{ requests: 600, share: 0.25, cost: monthly(0.02), avoided: monthly(14) },
    ...{ at: [{ target: named("claude"), requests: 560 }], unpriced: 40 },
    work: [{ target, busiest: 15.2 }],
  };
  return {
    ...{ days: 1.4, drawnFrom: "hours", spend, local },
    waiting: {
      ...{ by: named("intent chat"), requests: 300, untold: 12 },
      tiers: [
        { tier: "batch", requests: 300, saving: monthly(2.25) },
        { tier: "flex", requests: 120, saving: monthly(1) },
      ],
    },
    gpus: {
      ...{ target, slots: 8, p95Ms: 2_000, modelled: true, needed: 3 },
      tried: [
        { gpus: 1, p95: 9_400, answered: 500, failed: 3, cost: 13.5 },
        { gpus: 2, p95: 2_600, answered: 590, failed: 0, cost: 12.25 },
        { gpus: 3, p95: 1_480, answered: 600, failed: 0, cost: 12 },
        { gpus: 4, p95: 1_310, answered: 600, failed: 0, cost: 12 },
        { gpus: 8, p95: null, answered: 0, failed: 0, cost: 12 },
      ],
    },
    breakEven: breakEvenOf({ spend, local }, hardware, {
      gpus: 3,
      busiest: 1.9,
      tooFew: 2,
      p95Ms: 2_000,
    }),
  };
}

/** A sweep whose dear points are quick and good, with one that is beaten and the present one. */
export function sweepReport(named: (name: string) => string = (name) => name): SweepReport {
  const point = (value: number, more: Partial<PlacedPoint>): PlacedPoint => ({
    ...{ value, requests: 2_400, cost: 12, localShare: value / 1_000, p50: 900, p95: 2_400 },
    ...{ failed: 0, limited: 0, quality: 0.9, targets: [], front: true, now: false },
    ...more,
  });
  return {
    of: named("tokens <"),
    aims: ["cost", "p95", "refused", "quality"],
    points: [
      point(100, { quality: 0.88 }),
      point(200, { cost: 9.5, p95: 2_700, quality: 0.86, now: true }),
      point(300, { cost: 9.75, p95: 3_300, quality: 0.85, front: false }),
      point(400, { cost: 4.1, p95: 4_100, failed: 7, quality: 0.8 }),
    ],
  };
}
