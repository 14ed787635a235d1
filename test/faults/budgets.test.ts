import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { completion, until } from "./stage.ts";

/** One request reserves what 1,000 tokens of an answer cost, $2 a million at `a`, and a few tokens of prompt. */
const reserved = 0.002;

const yaml = "ledger: { path: ledger.sqlite }\n";

test("row 141: of more requests at once than a budget pays for no more are sent than it pays", async () => {
  const paid = 10;
  const gate = Promise.withResolvers<void>();
  await using box = await startTestGateway({
    policies: { main: `otherwise a with budget $${reserved * (paid + 0.5)} per day, retry 0\n` },
    yaml,
    script: () => ({ body: completion("ok"), holdHead: gate.promise }),
  });
  const statuses: number[] = [];
  const asking = Array.from({ length: 50 }, async () => {
    const answer = await box.chat();
    await answer.arrayBuffer();
    statuses.push(answer.status);
  });
  // All others are told while those that it pays for are still being answered.
  await until(() => statuses.length === 50 - paid && box.upstream.calls.length === paid);
  expect(new Set(statuses)).toEqual(new Set([429]));
  gate.resolve();
  await Promise.all(asking);
  expect(statuses.filter((status) => status === 200)).toHaveLength(paid);
  expect(box.upstream.calls).toHaveLength(paid);
});

test("row 143: what was reserved and not used is there for the next, so that nobody is starved", async () => {
  // Five tokens of each answer cost a two-hundredth of what it reserves.
  await using box = await startTestGateway({
    policies: { main: `otherwise a with budget $${reserved * 1.5} per day, retry 0\n` },
    yaml,
    script: () => ({ body: completion("ok") }),
  });
  for (let request = 0; request < 30; request += 1) {
    const answer = await box.chat({ max_tokens: 100_000 });
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
  }
});
