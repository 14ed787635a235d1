import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BatchEvent, stepBatch } from "../../../src/runtime/batch/batch-machine.ts";
import { emptyBatch } from "../../../src/runtime/batch/empty-batch.ts";
import type { BatchStatus } from "../../../src/runtime/store/batch-records.ts";
import { hasEnded } from "../../../src/runtime/store/batch-store.ts";

const usage = {
  inputTokens: 3,
  cachedReadTokens: 1,
  cachedWriteTokens: 0,
  outputTokens: 2,
  reasoningTokens: 1,
  estimated: false,
};
const ok: BatchEvent = { kind: "line-ended", ok: true, usage };
const bad: BatchEvent = { kind: "line-ended", ok: false, usage: null };
const filed: BatchEvent = { kind: "filed", output: "file-o", error: null };
const validated: BatchEvent = { kind: "validated", total: 2 };

function run(events: readonly BatchEvent[]) {
  let batch = emptyBatch;
  const statuses: BatchStatus[] = [batch.status];
  events.forEach((event, at) => {
    batch = stepBatch(batch, event, at + 1).batch;
    if (batch.status !== statuses.at(-1)) statuses.push(batch.status);
  });
  return { batch, statuses: statuses.join(" → ") };
}

describe("the life of a batch", () => {
  test.each<[string, BatchEvent[]]>([
    ["validating → in_progress → finalizing → completed", [validated, ok, bad, filed]],
    ["validating → failed", [{ kind: "invalid", errors: [] }]],
    ["validating → cancelled", [{ kind: "cancel" }]],
    [
      "validating → in_progress → cancelling → cancelled",
      [validated, ok, { kind: "cancel" }, bad, filed],
    ],
    [
      "validating → in_progress → finalizing → expired",
      [validated, { kind: "expire" }, ok, bad, filed],
    ],
    [
      "validating → in_progress → cancelling → expired",
      [validated, { kind: "expire" }, { kind: "cancel" }, bad, bad, filed],
    ],
  ])("%s", (statuses, events) => {
    expect(run(events).statuses).toBe(statuses);
  });

  test("counts lines and their tokens", () => {
    expect(run([validated, ok, bad]).batch).toMatchObject({
      completed: 1,
      failed: 1,
      usage: { input: 3, cached: 1, output: 2, reasoning: 1 },
    });
  });

  test("asks for its files once all lines have ended, and never leaves its last status", () => {
    const events = fc.array(
      fc.constantFrom<BatchEvent>(
        validated,
        ok,
        bad,
        filed,
        { kind: "cancel" },
        { kind: "expire" },
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(events, (given) => {
        let batch = emptyBatch;
        for (const event of given) {
          const step = stepBatch(batch, event, 1);
          if (hasEnded(batch)) expect(step).toEqual({ batch, action: null });
          if (step.action !== null)
            expect(step.batch.completed + step.batch.failed).toBeGreaterThanOrEqual(
              step.batch.total,
            );
          ({ batch } = step);
        }
      }),
    );
  });
});
