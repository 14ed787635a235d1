import { expect, test } from "vitest";
import { roundScale, timeTicks } from "../../../src/simulator/page/scale.ts";
import { dollars } from "../../../src/simulator/print-table.ts";
import {
  changed,
  duration,
  isClear,
  signed,
  type Unit,
} from "../../../src/simulator/reports/figures.ts";
import { seenJson } from "../../../src/simulator/reports/safe-json.ts";
import { sparkline, squeezed } from "../../../src/simulator/reports/sparkline.ts";
import { verdictOf } from "../../../src/simulator/reports/verdict.ts";
import { replayedReport } from "../../support/replay-reports.ts";

test.each([
  [0, "0 ms"],
  [459.4, "459 ms"],
  [999.6, "1.00 s"],
  [6_029, "6.03 s"],
  [9_996, "10.0 s"],
  [62_550, "62.5 s"],
  [119_990, "2.0 min"],
  [3_600_000, "60.0 min"],
  [7_200_000, "2.0 h"],
])("%d milliseconds are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, "$0.00"],
  [0.3, "$0.30"],
  [0.29704, "$0.297"],
  [0.0000004, "$0.0000004"],
  [12.345, "$12.35"],
  [1_234_567.8, "$1,234,567.80"],
])("%d dollars are %s", (value, text) => {
  expect(dollars(value)).toBe(text);
});

test.each<[number, Unit, string]>([
  [-19.83, "dollars", "-$19.83"],
  [0, "dollars", "$0.00"],
  [0.176, "share", "+17.6 pp"],
  [-0.0001, "share", "0.0 pp"],
  [405, "ms", "+405 ms"],
  [-2_057, "requests", "-2,057"],
])("a difference of %d in %s is %s", (delta, unit, text) => {
  expect(signed(delta, unit)).toBe(text);
});

test("a difference is told with its bounds", () => {
  const change = { before: 81.98, after: 62.15, delta: -19.83, low: -20.37, high: -19.25 };
  expect(changed(change, "dollars")).toBe("-$19.83 (-$20.37 to -$19.25)");
});

test.each<[readonly (number | null)[], number, string]>([
  [[0, 1, 2, 3, 4, 5, 6, 7], 7, "▁▂▃▄▅▆▇█"],
  [[0, 0.001, null, 100], 100, "▁▂ █"],
  [[0, 0], 0, "▁▁"],
])("%j up to %d is drawn as %s", (values, most, text) => {
  expect(sparkline(values, most)).toBe(text);
});

test("more figures than there is room for become fewer by their sum or the largest of them", () => {
  expect(squeezed([1, 2, 3, null, null, null, 7], 4, "sum")).toEqual([3, 3, null, 7]);
  expect(squeezed([1, 2, 3, null, null, null, 7], 4, "largest")).toEqual([2, 3, null, 7]);
  expect(squeezed([1, 2], 4, "sum")).toEqual([1, 2]);
});

test.each([
  [0, 1, [0]],
  [9, 9, [0, 3, 6, 9].map((each) => each)],
  [100, 100, [0, 50, 100]],
  [0.07, 0.075, [0, 0.025, 0.05, 0.075]],
])("an axis up to %d ends at %d", (most, top, ticks) => {
  const scale = roundScale(most);
  if (most === 9) expect(scale).toEqual({ top: 10, ticks: [0, 5, 10] });
  else {
    expect(scale.top).toBeCloseTo(top);
    expect(scale.ticks.map((tick) => Number(tick.toFixed(6)))).toEqual(ticks);
  }
});

test.each([
  [
    "2026-11-23T10:00:00Z",
    "2026-11-23T10:00:08Z",
    ["10:00:00", "10:00:02", "10:00:04", "10:00:06", "10:00:08"],
  ],
  ["2026-11-23T08:10:00Z", "2026-11-24T08:00:00Z", ["12:00", "18:00", "24 Nov", "06:00"]],
  ["2026-11-23T00:00:00Z", "2026-12-20T00:00:00Z", ["26 Nov", "3 Dec", "10 Dec", "17 Dec"]],
])("a log from %s to %s is marked at round times", (from, to, labels) => {
  const ticks = timeTicks(Date.parse(from), Date.parse(to));
  expect(ticks.map(({ label }) => label)).toEqual(labels);
});

test("JSON shows every character that it holds, and means the same", () => {
  const value = { "a\u202eb": "\u200b\ufeff\u0085 é 名 👩‍👩‍👧 \ud800" };
  const json = seenJson(value);
  expect(JSON.parse(json)).toEqual(value);
  expect(json).toBe('{"a\\u202eb":"\\u200b\\ufeff\\u0085 é 名 👩\\u200d👩\\u200d👧 \\ud800"}');
});

const same = { before: 1, after: 1, delta: 0, low: -1, high: 1 };
const less = { before: 10, after: 5, delta: -5, low: -6, high: -4 };
const more = { before: 0.01, after: 0.03, delta: 0.02, low: 0.01, high: 0.03 };
const slower = { before: 1_000, after: 1_405, delta: 405, low: 300, high: 500 };

test.each([
  [same, same, same, "would cost about the same, with no clear change in errors or p95"],
  [less, same, same, "would cost 50.0 % less, with no clear change in errors or p95"],
  [
    less,
    more,
    slower,
    "would cost 50.0 % less, but errors would rise from 1.0 % to 3.0 % and p95 would rise by 405 ms",
  ],
  [less, same, slower, "would cost 50.0 % less, but p95 would rise by 405 ms"],
  [same, more, same, "would cost about the same, but errors would rise from 1.0 % to 3.0 %"],
  [
    slower,
    same,
    { ...slower, delta: -200, low: -300, high: -100 },
    "would cost 40.5 % more, but p95 would fall by 200 ms",
  ],
  [
    slower,
    more,
    slower,
    "would cost 40.5 % more, errors would rise from 1.0 % to 3.0 % and p95 would rise by 405 ms",
  ],
])("the verdict calls more or less only what is clear: %#", (cost, failed, p95, says) => {
  const report = replayedReport();
  const { compared } = report;
  if (compared === undefined) throw new Error("nothing is compared");
  const all = { ...compared.all, cost, failed };
  expect(verdictOf({ ...report, compared: { ...compared, all, p95 } })).toEqual({
    about: "against",
    says,
  });
});

test("a difference of too few requests for bounds is not clear, and says so", () => {
  const change = { before: 3, after: 1, delta: -2, low: null, high: null };
  expect(changed(change, "dollars")).toBe("-$2.00 (too few requests for bounds)");
  expect(isClear(change)).toBe(false);
});
