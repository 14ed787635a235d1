import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { catalogModels } from "../../src/simulator/models/catalog-model.ts";
import { asItWas } from "../../src/simulator/replay/scenario.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { configuration, nowMs, programOf, recordOf, used } from "../support/simulation.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const replay = {
  ...{ scenario: asItWas, modelOf: catalogModels(configuration), playsLog: false },
  ...{ speed: 1, perSecond: null },
};

/** A log of so many records, each different, made as it is read; says what the heap holds at its end. */
async function heldAfter(records: number, isReplayed = false): Promise<number> {
  let held = 0;
  function* log(): Generator<Uint8Array> {
    for (let from = 0; from < records; from += 500) {
      const lines = Array.from({ length: 500 }, (_, index) => {
        const at = from + index;
        const facts = { tokens: at, intent: "classify", user: `user-${at}-${"x".repeat(200)}` };
        const time = new Date(nowMs + at * 100).toISOString();
        return JSON.stringify(recordOf(facts, { id: `id-${at}`, time, ...used("claude", at, 5) }));
      });
      yield Buffer.from(`${lines.join("\n")}\n${from % 1_000 === 0 ? "not JSON\n" : ""}`);
    }
    collect();
    held = process.memoryUsage().heapUsed;
  }
  const a = programOf("if user is nobody then gpt else if tokens < 200 then local-gpu else claude");
  const b = programOf("otherwise split by user: 50% claude, 50% gpt");
  const { requests } = await simulate({
    ...{ log: log(), programs: { a, b }, configuration, nowMs },
    ...(isReplayed ? { replay } : {}),
  });
  expect(requests).toBe(records);
  return held;
}

test("a simulation of a log of ten times the size holds no more at its end", async () => {
  await heldAfter(1_000);
  const small = await heldAfter(2_000);
  const large = await heldAfter(20_000);
  // Kept lines would be some 18,000 × 600 bytes.
  expect(large - small).toBeLessThan(2_000_000);
});

test("nor does a replay, whose requests are carried out and over", async () => {
  await heldAfter(1_000, true);
  const small = await heldAfter(2_000, true);
  const large = await heldAfter(12_000, true);
  expect(large - small).toBeLessThan(3_000_000);
});
