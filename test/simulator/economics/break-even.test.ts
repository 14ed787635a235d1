import fc from "fast-check";
import { expect, test } from "vitest";
import { breakEvenOf, type GpuWork, gpusFor } from "../../../src/simulator/economics/break-even.ts";
import type { Monthly } from "../../../src/simulator/economics/economics.ts";
import { breakEvenTexts } from "../../../src/simulator/economics/economics-texts.ts";
import { gpuRents } from "../../../src/simulator/economics/gpu-rents.ts";
import { hardwareOf } from "../../../src/simulator/economics/hardware.ts";

const monthly = (month: number | null, low = month, high = month): Monthly => ({
  ...{ total: 1, month, low, high },
});

const economics = (avoided: Monthly) => ({
  spend: monthly(120),
  local: { cost: monthly(20), avoided },
});

/** A hundred dollars a month. */
const card = hardwareOf({ price: 3_600, years: 3, watts: 0 }, undefined);

test("cards pay where they spare more than they cost a month", () => {
  const even = breakEvenOf(economics(monthly(400, 300, 500)), card, {
    ...{ gpus: 2, busiest: 1.5, tooFew: 1 },
  });
  expect(even).toMatchObject({
    ...{ monthlyCost: 200, monthlyNet: 200, low: 100, high: 300 },
    // Without them 100 + 400 would be spent, of which they need the half of what they spare.
    ...{ breakEvenSpend: 250, breakEvenTraffic: 0.5, paybackMonths: 18 },
  });
  expect(breakEvenTexts(even)[2]).toMatch(
    /from \$250\.00 a month .* 0\.5 times this traffic and keeps them 37\.5 % at work/,
  );
});

test("where nothing is spared they never pay, and without a month nothing is said", () => {
  const idle = { gpus: 1, busiest: 0, tooFew: 0 };
  const nothing = breakEvenOf(economics(monthly(0)), card, idle);
  expect(nothing).toMatchObject({
    ...{ monthlyNet: -100, breakEvenSpend: null, breakEvenTraffic: null, paybackMonths: null },
  });
  expect(breakEvenTexts(nothing)[2]).toBe("they spare nothing, so they pay at no traffic");
  expect(breakEvenOf(economics(monthly(null)), card, idle)).toMatchObject({
    ...{ monthlyCost: 100, monthlyNet: null, breakEvenSpend: null },
  });
});

test.each<[GpuWork, number | null]>([
  // Ten times the traffic would pay for one card. It can take that where it is full a tenth of the time at most.
  [{ busiest: 0.05, tooFew: 0 }, 10],
  [{ busiest: 0.1, tooFew: 0 }, 10],
  [{ busiest: 0.11, tooFew: 0 }, null],
  [{ busiest: 1, tooFew: 0 }, null],
])("with %j of a card at work it pays from %s times the traffic on", (work, times) => {
  const even = breakEvenOf(economics(monthly(10)), card, { gpus: 1, ...work });
  expect(even.breakEvenTraffic).toBe(times);
  expect(even.breakEvenSpend).toBe(times === null ? null : 1_100);
});

test("a p95 that was reached at this traffic is not promised at more", () => {
  const textOf = (avoided: number) =>
    breakEvenTexts(
      breakEvenOf(economics(monthly(avoided)), card, {
        ...{ gpus: 1, busiest: 0.05, tooFew: 0, p95Ms: 2_000 },
      }),
    )[2];
  expect(textOf(10)).toMatch(/10 times .* whether the p95 still holds then, --traffic tells$/);
  expect(textOf(200)).toMatch(/0\.5 times .* in its busiest hour$/);
});

test("cards that a p95 keeps from being full pay no sooner than so filled", () => {
  const even = (avoided: number) =>
    breakEvenOf(economics(monthly(avoided)), card, { gpus: 4, busiest: 1.2, tooFew: 3 });
  // From 1.25 times the traffic on they would pay, and are still enough.
  expect(even(320).breakEvenTraffic).toBe(1.25);
  // For 1.6 times the traffic five would be needed.
  expect(even(250).breakEvenTraffic).toBeNull();
  expect(breakEvenTexts(even(250))[2]).toMatch(/^they pay at no traffic .* no fuller than the p95/);
});

test("a card that is too dear at full work is told with what it spares and costs an hour", () => {
  const rented = hardwareOf({}, undefined, gpuRents["h100"] ?? null);
  // Full in the busiest hour with three times the traffic: $30 a month of 730.5 hours.
  const even = breakEvenOf(economics(monthly(10)), rented, {
    ...{ gpus: 1, busiest: 1 / 3, tooFew: 0 },
  });
  const [cost, , pays] = breakEvenTexts(even);
  expect(cost).toMatch(/at \$3\.99 an hour \(H100 .*, runpod\.io\/pricing on 2026-11-09\)$/);
  expect(pays).toMatch(
    /^they pay at no traffic .*full in its busiest hour spares \$0\.04107 an hour and costs \$3\.99/,
  );
});

test("at the traffic that is told as the first to pay, the cards it takes cost what is spared, and no fewer are paid for", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.01, max: 100_000, noNaN: true }),
      (gpus, share, avoided) => {
        const work = { busiest: gpus * share, tooFew: gpus - 1 };
        const even = breakEvenOf(economics(monthly(avoided)), card, { gpus, ...work });
        const { breakEvenTraffic: times } = even;
        expect(gpusFor(1, work)).toBe(gpus);
        if (times !== null) {
          expect(gpusFor(times, work)).toBeLessThanOrEqual(gpus);
          expect(times * avoided).toBeCloseTo(even.monthlyCost, 6);
          return;
        }
        for (const more of [1, 1.5, 3, 10, 1_000])
          expect(more * avoided).toBeLessThanOrEqual(gpusFor(more, work) * 100 * (1 + 1e-9));
      },
    ),
  );
});
