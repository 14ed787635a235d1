import { expect, test } from "vitest";
import type { GpuCount } from "../../../src/simulator/economics/economics-report.ts";
import { gpusText, triedGpus } from "../../../src/simulator/economics/economics-texts.ts";

const asItIs = (name: string): string => name;

function counted(p95s: readonly (number | null)[], more: Partial<GpuCount> = {}): GpuCount {
  const tried = p95s.map((p95, index) => ({
    ...{ gpus: 2 ** index, p95, answered: p95 === null ? 0 : 40, failed: 0, cost: 1 },
  }));
  return { target: "rig", slots: 4, p95Ms: 3_000, modelled: false, needed: null, tried, ...more };
}

test("a p95 that no number of GPUs reaches is told with the one that is there without any queue", () => {
  expect(gpusText(counted([20_000, 16_870, 16_870]), asItIs)).toMatch(
    /^No number of GPUs brings the p95 of rig to 3,000 ms: without any wait for a slot it is 16,870 ms\. So none are priced\./,
  );
});

test("where more GPUs might still help that is not said of them", () => {
  expect(gpusText(counted([20_000, 9_000, 4_000]), asItIs)).toMatch(
    /^No number of GPUs up to 4 brings the p95 of rig to 3,000 ms: with so many it is 4,000 ms\. So none/,
  );
  expect(gpusText(counted([null, null]), asItIs)).toMatch(
    /^rig answered nothing, so no number of GPUs has a p95 there\./,
  );
});

test("it is told which times a p95 is of", () => {
  const enough = counted([9_000, 2_000], { needed: 2 });
  expect(gpusText(enough, asItIs)).toBe(
    "2 GPUs of 4 slots at rig are the fewest for a p95 of 3,000 ms. The times are those from the sending of a request to rig to the end of its answer, with its wait for a free slot. Where the log tells a request's time there that is taken; the others are drawn from its model.",
  );
  expect(gpusText({ ...enough, modelled: true }, asItIs)).toMatch(
    /All of them are drawn from its model\.$/,
  );
});

test("counts that make no difference stand in one row, and the one that is enough in its own", () => {
  const rows = (count: GpuCount) => triedGpus(count).map(({ gpus, p95 }) => [gpus, p95]);
  expect(rows(counted([20_000, 16_870, 16_870, 16_870]))).toEqual([
    ["1", 20_000],
    ["2 to 8", 16_870],
  ]);
  const enough = counted([9_000, 9_000, 2_000, 2_000, 2_000], { needed: 4 });
  expect(rows(enough)).toEqual([
    ["1 to 2", 9_000],
    ["4", 2_000],
    ["8 to 16", 2_000],
  ]);
  expect(triedGpus(enough).map(({ isNeeded }) => isNeeded)).toEqual([false, true, false]);
});
