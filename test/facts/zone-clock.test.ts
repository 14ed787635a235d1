import fc from "fast-check";
import { expect, test } from "vitest";
import { zoneClock } from "../../src/facts/zone-clock.ts";

const minute = 60_000;

test.each([
  ["2026-03-29T00:59:00Z", "Europe/Berlin", "01:59", "sun"],
  ["2026-03-29T01:00:00Z", "Europe/Berlin", "03:00", "sun"],
  ["2026-10-25T00:59:00Z", "Europe/Berlin", "02:59", "sun"],
  ["2026-10-25T01:00:00Z", "Europe/Berlin", "02:00", "sun"],
  ["2026-11-23T23:30:00Z", "Asia/Kathmandu", "05:15", "tue"],
  ["2026-11-23T02:00:00Z", "America/New_York", "21:00", "sun"],
  ["2026-04-04T15:30:00Z", "Australia/Lord_Howe", "02:00", "sun"],
  ["1960-01-01T00:00:00Z", "UTC", "00:00", "fri"],
])("%s is %s's clock at %s on %s", (time, zone, clock, weekday) => {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  const read = zoneClock(zone);
  expect(read.timeOfDay(Date.parse(time)) / minute).toBe(hours * 60 + minutes);
  expect(read.weekday(Date.parse(time))).toBe(weekday);
});

test("the clock is that of a fresh look-up at any moment, in any order", () => {
  const zones = ["Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Chatham"];
  const between = { min: Date.UTC(1960, 0), max: Date.UTC(2090, 0) };
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer(between), (zone, ms) => {
      const format = new Intl.DateTimeFormat("sv-SE", {
        ...{ timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" },
        ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
      });
      const read = zoneClock(zone);
      const local = read.date(ms) * 86_400_000 + read.timeOfDay(ms);
      expect(new Date(local).toISOString().slice(0, 19).replace("T", " ")).toBe(format.format(ms));
    }),
  );
});

test("the clock changes in the very minute, asked every minute of a night", () => {
  const read = zoneClock("Europe/Berlin");
  const midnight = Date.parse("2026-03-28T23:00:00Z");
  const told = Array.from(
    { length: 180 },
    (_, at) => read.timeOfDay(midnight + at * minute) / minute,
  );
  expect(told).toEqual(told.map((_, at) => (at < 120 ? at : at + 60)));
});

test("a zone that does not exist is a RangeError", () => {
  expect(() => zoneClock("Mars/Olympus")).toThrow(RangeError);
});
