import { describe, expect, test } from "vitest";
import { line, startBatchBench } from "../support/batch-bench.ts";

/** One line of a thousand expected tokens fits into it. */
const counted = "limit 1 per hour, concurrency 1, budget $0.006 per day";
const lines = ["gpt 1", "gpt 2", "gpt 3"].map((id) => line(id));

describe("a line of a batch whose budget is spent", () => {
  test("goes to who takes over; limits and concurrency are for those who wait", async () => {
    await using bench = await startBatchBench({
      policy: `otherwise gpt fallback home on budget_exceeded with ${counted}`,
    });
    const done = await bench.finish((await bench.order(lines)).id);
    expect(done).toMatchObject({ request_counts: { total: 3, completed: 3, failed: 0 } });
    const records = (await bench.records()).filter(({ batch }) => batch === done.id);
    const targets = records.flatMap(({ attempts }) => attempts.map(({ target }) => target));
    expect(targets.toSorted()).toEqual(["gpt", "home", "home"]);
  });

  test("fails with that where nobody does, though its answer might have been kept", async () => {
    await using bench = await startBatchBench({
      policy: `otherwise gpt with ${counted}, cache exact for 1h`,
    });
    const done = await bench.finish((await bench.order(lines)).id);
    expect(done).toMatchObject({ request_counts: { total: 3, completed: 1, failed: 2 } });
    const results = Object.values(await bench.results(done));
    const told = results.map(({ response }) => [response?.status_code, response?.body.error?.code]);
    expect(told.toSorted()).toEqual([
      [200, undefined],
      [429, "budget_exceeded"],
      [429, "budget_exceeded"],
    ]);
  });
});
