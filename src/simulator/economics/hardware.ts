import { picodollarsPerDollar } from "../../base/money.ts";
import type { RunningCost } from "../../catalog/target.ts";
import type { GpuRent } from "./gpu-rents.ts";
import { daysOfMonth } from "./money-by-hour.ts";

/** What one graphics card, or one server of them, costs. Dollars. */
export interface Hardware {
  /** What it is bought for; 0 where it is paid for by the hour. */
  readonly price: number;
  readonly years: number;
  readonly watts: number;
  readonly kwh: number;
  /** By the hour, beside power. */
  readonly hour: number;
  /** Where the figures come from, by name: `said`, `listed` as `rent` tells, `configuration`, or `assumed` by nobody's word. */
  readonly from: Readonly<Record<HardwareFigure, "said" | "listed" | "configuration" | "assumed">>;
  /** The vendor's price that counts; absent where none was asked for. */
  readonly rent?: GpuRent;
}

export type HardwareFigure = "price" | "years" | "watts" | "kwh" | "hour";

/** What counts where nobody says: a round guess at a card of 24 GB in a server of its own, to be replaced by one's own figures. */
export const assumedHardware = { price: 2_500, years: 3, watts: 400, kwh: 0.25, hour: 0 } as const;

/**
 * The figures that were said, else those of a rent, else those of the configuration, else assumed ones. A price by the hour takes the place
 * of one that is paid once, and of power too where no figure of power stands beside it.
 */
export function hardwareOf(
  said: Readonly<Partial<Record<HardwareFigure, number>>>,
  running: RunningCost | undefined,
  listedRent: GpuRent | null = null,
): Hardware {
  // What was bought is not rented.
  const rent = said.price === undefined ? listedRent : null;
  const saysPower = said.watts !== undefined || said.kwh !== undefined;
  const listed: Partial<Record<HardwareFigure, number>> =
    rent === null ? {} : { hour: rent.hour, price: 0, ...(saysPower ? {} : { watts: 0 }) };
  const configured = running === undefined ? {} : figuresOf(running);
  const figure = (name: HardwareFigure): Figure => {
    if (said[name] !== undefined) return [said[name], "said"];
    if (name === "price" && said.hour !== undefined) return [0, "said"];
    if (name === "hour" && said.price !== undefined) return [0, "said"];
    // Power is in the rent.
    if (name === "watts" && said.hour !== undefined && !saysPower) return [0, "said"];
    if (listed[name] !== undefined) return [listed[name], "listed"];
    const known = configured[name];
    return known === undefined ? [assumedHardware[name], "assumed"] : [known, "configuration"];
  };
  const [price, years, watts, kwh, hour] = (
    ["price", "years", "watts", "kwh", "hour"] as const
  ).map(figure) as [Figure, Figure, Figure, Figure, Figure];
  return {
    ...{ price: price[0], years: years[0], watts: watts[0], kwh: kwh[0], hour: hour[0] },
    from: { price: price[1], years: years[1], watts: watts[1], kwh: kwh[1], hour: hour[1] },
    ...(rent === null ? {} : { rent }),
  };
}

type Figure = readonly [number, Hardware["from"]["price"]];

function figuresOf({ watts, kwh, hour }: RunningCost): Partial<Record<HardwareFigure, number>> {
  return {
    ...(watts > 0 ? { watts, kwh: kwh / picodollarsPerDollar } : {}),
    ...(hour > 0 ? { hour: hour / picodollarsPerDollar, price: 0 } : {}),
    ...(hour > 0 && watts === 0 ? { watts: 0 } : {}),
  };
}

/** What one costs a month that runs all the time: its price spread over its life, and power. Dollars. */
export function monthlyOf({ price, years, watts, kwh, hour }: Hardware): {
  readonly hardware: number;
  readonly power: number;
} {
  const hours = daysOfMonth * 24;
  return {
    hardware: price / (years * 12) + hour * hours,
    power: (watts / 1_000) * kwh * hours,
  };
}
