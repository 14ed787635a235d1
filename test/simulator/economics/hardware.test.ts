import { expect, test } from "vitest";
import { parseMoney } from "../../../src/base/money.ts";
import type { Monthly } from "../../../src/simulator/economics/economics.ts";
import { breakEvenTexts } from "../../../src/simulator/economics/economics-texts.ts";
import { gpuRents } from "../../../src/simulator/economics/gpu-rents.ts";
import {
  assumedHardware,
  breakEvenOf,
  hardwareOf,
  monthlyOf,
} from "../../../src/simulator/economics/hardware.ts";

const dollars = (text: string): number => parseMoney(text) ?? Number.NaN;
const running = { watts: 300, kwh: dollars("$0.40"), hour: dollars("$0.50"), slots: 8 };

test("figures are those that were said, else the configuration's, else assumed; each says where it is from", () => {
  const assumed = hardwareOf({}, undefined);
  expect(assumed).toMatchObject(assumedHardware);
  expect(new Set(Object.values(assumed.from))).toEqual(new Set(["assumed"]));
  const configured = hardwareOf({}, running);
  expect(configured).toMatchObject({ price: 0, watts: 300, kwh: 0.4, hour: 0.5 });
  expect(configured.from).toMatchObject({ price: "configuration", watts: "configuration" });
  const said = hardwareOf({ watts: 200, price: 1_000 }, running);
  expect(said).toMatchObject({ price: 1_000, watts: 200, kwh: 0.4 });
  expect(said.from).toMatchObject({ price: "said", watts: "said", kwh: "configuration" });
});

test("a card rented by the hour was not bought", () => {
  expect(hardwareOf({ hour: 1 }, undefined)).toMatchObject({ price: 0, hour: 1 });
});

test("a card that was bought is not rented, whatever is listed or configured", () => {
  const bought = hardwareOf({ price: 2_500 }, running, gpuRents["h100"] ?? null);
  expect(bought).toMatchObject({ price: 2_500, hour: 0, watts: 300, kwh: 0.4 });
  expect(bought.rent).toBeUndefined();
});

test("a listed rent takes the place of price, power and the configuration's, and is told with its page", () => {
  const rent = gpuRents["h100"] ?? null;
  const rented = hardwareOf({}, running, rent);
  expect(rented).toMatchObject({ price: 0, watts: 0, hour: rent?.hour, rent });
  expect(rented.from).toMatchObject({ price: "listed", watts: "listed", hour: "listed" });
  expect(hardwareOf({ hour: 2 }, running, rent)).toMatchObject({ hour: 2, from: { hour: "said" } });
  const even = breakEvenOf(economics(monthly(1)), rented, 1);
  expect(breakEvenTexts(even)[0]).toMatch(
    /at \$3\.99 an hour \(H100 .*, runpod\.io\/pricing on 2026-11-09\)$/,
  );
});

test("a month is the price spread over the life, and power day and night", () => {
  const { hardware, power } = monthlyOf(hardwareOf({ price: 3_600, years: 3 }, undefined));
  expect(hardware).toBeCloseTo(100);
  // 0.4 kW, 730.5 hours, a quarter dollar a kilowatt-hour.
  expect(power).toBeCloseTo(73.05);
});

const monthly = (month: number | null, low = month, high = month): Monthly => ({
  ...{ total: 1, month, low, high },
});

function economics(avoided: Monthly) {
  const local = { requests: 1, share: 1, cost: monthly(20), avoided, at: [], unpriced: 0 };
  return { spend: monthly(120), local };
}

const card = hardwareOf({ price: 3_600, years: 3, watts: 0 }, undefined);

test("cards pay where they spare more than they cost a month", () => {
  expect(breakEvenOf(economics(monthly(400, 300, 500)), card, 2)).toMatchObject({
    ...{ monthlyCost: 200, monthlyNet: 200, low: 100, high: 300 },
    // Without them 100 + 400 would be spent, of which they need the half of what they spare.
    ...{ breakEvenSpend: 250, breakEvenTraffic: 0.5, paybackMonths: 18 },
  });
});

test("where nothing is spared they never pay, and without a month nothing is said", () => {
  expect(breakEvenOf(economics(monthly(0)), card, 1)).toMatchObject({
    ...{ monthlyNet: -100, breakEvenSpend: null, breakEvenTraffic: null, paybackMonths: null },
  });
  expect(breakEvenOf(economics(monthly(null)), card, 1)).toMatchObject({
    ...{ monthlyCost: 100, monthlyNet: null, breakEvenSpend: null },
  });
});
