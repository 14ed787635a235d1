import { expect, test } from "vitest";
import { parseMoney } from "../../../src/base/money.ts";
import { gpuRents } from "../../../src/simulator/economics/gpu-rents.ts";
import {
  assumedHardware,
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

test("a card rented by the hour was not bought, and its power is in the rent unless that is said too", () => {
  const rented = hardwareOf({ hour: 1 }, undefined);
  expect(rented).toMatchObject({ price: 0, hour: 1, watts: 0 });
  expect(monthlyOf(rented)).toEqual({ hardware: 730.5, power: 0 });
  expect(hardwareOf({ hour: 1 }, running)).toMatchObject({ hour: 1, watts: 0 });
  expect(hardwareOf({ hour: 1, watts: 200 }, running)).toMatchObject({ watts: 200, kwh: 0.4 });
  expect(hardwareOf({ hour: 1, kwh: 0.1 }, running)).toMatchObject({ watts: 300, kwh: 0.1 });
  expect(hardwareOf({ hour: 1, kwh: 0.1 }, undefined)).toMatchObject({ watts: 400, kwh: 0.1 });
});

test("an hour of a server whose configuration says no watts is all that it costs", () => {
  const configured = hardwareOf({}, { ...running, watts: 0 });
  expect(configured).toMatchObject({ price: 0, hour: 0.5, watts: 0 });
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
});

test("a month is the price spread over the life, and power day and night", () => {
  const { hardware, power } = monthlyOf(hardwareOf({ price: 3_600, years: 3 }, undefined));
  expect(hardware).toBeCloseTo(100);
  // 0.4 kW, 730.5 hours, a quarter dollar a kilowatt-hour.
  expect(power).toBeCloseTo(73.05);
});
