import { expect, test } from "vitest";
import { type Fidelity, measureFidelity } from "../../src/bench/fidelity/fidelity.ts";
import { trials } from "../../src/bench/fidelity/run.ts";

function printed(name: string, { requests, rows }: Fidelity): string {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(22) : cell.padStart(12))).join("");
  const lines = rows.map(({ name: row, live, predicted, error }) =>
    line([row, live.toPrecision(4), predicted.toPrecision(4), `${(error * 100).toFixed(1)} %`]),
  );
  return [`${name}, ${requests} requests`, line(["", "live", "predicted", "off"]), ...lines].join(
    "\n",
  );
}

const errorOf = ({ rows }: Fidelity, name: string): number =>
  Math.abs(rows.find((row) => row.name === name)?.error ?? Number.NaN);

const traffic = { requests: 600, perSecond: 80, seed: "test" };

test("of a policy without state a replay on models tells the targets of live traffic to the request, and its cost", async () => {
  const fidelity = await measureFidelity({ ...traffic, ...trials.stateless });
  console.log(printed("stateless", fidelity));
  for (const { name, live, predicted } of fidelity.rows)
    if (name.startsWith("answered")) expect(predicted).toBe(live);
  expect(errorOf(fidelity, "cost, dollars")).toBeLessThan(0.01);
}, 120_000);

// How near the times come is the bench's to say: a test may not rest on how busy its machine is.
test("of one with limits, turns and failures it tells them nearly", async () => {
  const fidelity = await measureFidelity({ ...traffic, ...trials.stateful });
  console.log(printed("stateful", fidelity));
  for (const { name, error } of fidelity.rows)
    if (name.includes("answered")) expect(Math.abs(error)).toBeLessThan(0.15);
}, 120_000);

test("of one that keeps answers it tells nearly how many are given, and what they spare", async () => {
  const fidelity = await measureFidelity({ ...traffic, ...trials["with a cache"] });
  console.log(printed("with a cache", fidelity));
  expect(fidelity.rows.find(({ name }) => name === "answered by the cache")?.live).toBeGreaterThan(
    50,
  );
  for (const { name, error } of fidelity.rows)
    if (name.includes("answered")) expect(Math.abs(error)).toBeLessThan(0.1);
  expect(errorOf(fidelity, "cost, dollars")).toBeLessThan(0.1);
}, 120_000);
