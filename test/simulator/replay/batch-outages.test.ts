import { expect, test } from "vitest";
import { came, hour, minute, modelOf, policy, second, within } from "../../support/batch-lines.ts";
import { arrived, replayed } from "../../support/replaying.ts";

test("in an outage a batch is not made twice: it is looked for, and made once the provider is back", async () => {
  const whatIf = { outage: ["claude@0s+20m"] };
  const { replay } = await replayed([came(0)], policy, { modelOf, whatIf });
  expect(replay.batch).toMatchObject({ lines: 1, made: 1, answered: 1 });
  // Tried again after 5 s, 10 s, … 320 s and 600 s: then, at 20:40, it is made.
  within(replay.batch?.waits?.p50, (5 + 5 + 10 + 20 + 40 + 80 + 160 + 320 + 600 + 765) * second);
});

test("an outage that the log shows holds batches up as one of a scenario does", async () => {
  const outage = { target: "claude", fromMs: 0, toMs: 20 * minute, attempts: 10, share: 1 };
  const shown = { ...outage, cause: "server_error" as const, status: 500, afterMs: [20] };
  const outages = { log: { fromMs: null, toMs: null }, outages: [shown] };
  const { replay } = await replayed([came(0)], policy, { modelOf, outages });
  within(replay.batch?.waits?.p50, (1_245 + 765) * second);
});

test("what calls for a batch meet does not hang on batches made before", async () => {
  const outage = { target: "claude", fromMs: 0, toMs: 24 * hour, attempts: 10, share: 0.5 };
  const shown = { ...outage, cause: "server_error" as const, status: 500, afterMs: [20] };
  const outages = { log: { fromMs: null, toMs: null }, outages: [shown] };
  const apart = `if tokens < 50 then gpt with batch within 24h else ${policy.slice(10)}`;
  const earlier = arrived(0, { tokens: 10 }, { stream: false, target: "none", tokens: 10 });
  for (let index = 0; index < 12; index += 1) {
    const line = came(hour + index);
    const alone = await replayed([line], apart, { modelOf, outages });
    const shifted = { ...outages, outages: [{ ...shown, fromMs: hour, toMs: 25 * hour }] };
    const second = await replayed([line, earlier], apart, { modelOf, outages: shifted });
    expect([index, second.replay.toMs]).toEqual([index, alone.replay.toMs]);
  }
});
