import { expect, test } from "vitest";
import type { FactValue } from "../../src/facts/fact.ts";
import { readOperands } from "../../src/simulator/read-operands.ts";
import { configuration, nowMs, policyOf } from "../support/simulation.ts";

const policy = policyOf(
  "if tokens < 200 and intent is classify then local-gpu if time in 09:00..17:00 then qwen otherwise claude",
);

async function read(lines: readonly unknown[]) {
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  const all: Record<string, FactValue | undefined>[] = [];
  const counts = await readOperands(
    policy,
    { log: [Buffer.from(`${text.join("\n")}\n`)], format: null, map: null, configuration, nowMs },
    (values) =>
      all.push(Object.fromEntries(policy.operands.map(({ key }, at) => [key, values[at]]))),
  );
  return { all, counts };
}

const chat = (content: string) => ({ model: "m", messages: [{ role: "user", content }] });

test("every operand is read from a body, dear ones too, and what the log lacks is unknown", async () => {
  const { all, counts } = await read([
    { time: "2026-11-23T10:00:00Z", body: chat("Classify: spam or not?") },
    chat("Write a poem."),
  ]);
  expect(all).toEqual([
    { tokens: expect.any(Number), intent: "classify", "time@UTC": 36_000_000 },
    { tokens: expect.any(Number), intent: "write", "time@UTC": undefined },
  ]);
  expect(counts).toMatchObject({
    requests: 2,
    skipped: 0,
    missing: [{ fact: "time", requests: 1 }],
  });
});

test("a record gives its facts by name, and a line that is none is counted", async () => {
  const { all, counts } = await read([
    {
      v: 1,
      time: "2026-11-23T10:00:00Z",
      facts: { tokens: { value: 12 }, intent: { value: "chat" } },
    },
    "{oops",
  ]);
  expect(counts).toMatchObject({ requests: 1, skipped: 1 });
  expect(all).toHaveLength(1);
});
