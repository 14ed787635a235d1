import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";

/** `x` is dearer than `y`, but reads what it has cached for a tenth. */
const setup = (policy: string): TestSetup => ({
  policies: { main: policy },
  targets: `  x: { provider: up, model: model-x, price: { input: $1.2/M, output: $1/M, cached-read: $0.1/M }, max-output: 100 }
  y: { provider: up, model: model-y, price: { input: $1/M, output: $1/M }, max-output: 100 }`,
  yaml: "telemetry: { decision-log: decisions.jsonl }",
  script: ({ body }) => ({
    body: JSON.stringify({
      id: "c",
      object: "chat.completion",
      created: 1,
      model: body["model"],
      choices: [
        { index: 0, message: { role: "assistant", content: "fine" }, finish_reason: "stop" },
      ],
      usage: { prompt_tokens: 5000, completion_tokens: 2, total_tokens: 5002 },
    }),
  }),
});
const long = { role: "user", content: "word ".repeat(5000) };
const answered = [long, { role: "assistant", content: "fine" }, { role: "user", content: "and?" }];

async function targetOf(box: TestGateway, messages: readonly object[]): Promise<string | null> {
  const response = await box.chat({ messages });
  await response.text();
  return response.headers.get("x-signalbox-target");
}

test("a session stays with the target that has its prompt cached, and the record says why", async () => {
  const policy =
    "pool pair = x, y\nif turns < 2 and header.x-new is unknown then x else cheapest of pair\n";
  await using box = await startTestGateway(setup(policy));
  expect(await targetOf(box, [long])).toBe("x");
  expect(await targetOf(box, answered)).toBe("x");
  const other = await box.chat(
    { messages: [{ ...long, content: long.content.slice(5) }] },
    { "x-new": "1" },
  );
  expect(other.headers.get("x-signalbox-target")).toBe("y");
  await other.text();
  await box.gateway.kill();
  const records = readFileSync(join(box.folder, "decisions.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as DecisionRecord);
  expect(records.map(({ facts }) => facts["x.cached"])).toEqual([undefined, 5000, undefined]);
});

test("a session that is free to move is priced with the cache that it would lose, and moves once that is gone", async () => {
  const clock = createHandClock(Date.UTC(2026, 10, 27));
  const policy =
    "pool pair = x, y\nif header.x-first is unknown then cheapest of pair with sticky by header.x-session for 1m\nelse x\n";
  const base = setup(policy);
  await using box = await startTestGateway({ ...base, options: { clock, timerHost: clock } });
  const asked = async (messages: readonly object[], headers = {}): Promise<string | null> => {
    const response = await box.chat({ messages }, { "x-session": "s", ...headers });
    await response.text();
    return response.headers.get("x-signalbox-target");
  };
  expect(await asked([long], { "x-first": "1" })).toBe("x");
  // Not stuck yet, and `y` is cheaper for whoever has nothing cached.
  const stranger = [{ ...long, content: long.content.slice(5) }];
  expect(await asked(stranger, { "x-session": "t" })).toBe("y");
  expect(await asked(answered)).toBe("x");
  clock.pass(2 * 60_000);
  const third = [
    ...answered,
    { role: "assistant", content: "fine" },
    { role: "user", content: "?" },
  ];
  expect(await asked(third)).toBe("x");
  clock.pass(6 * 60_000);
  expect(await asked(third)).toBe("y");
});

test("what the cache saved is counted", async () => {
  const base = setup("otherwise x\n");
  await using box = await startTestGateway({
    ...base,
    script: () => ({
      body: JSON.stringify({
        id: "c",
        object: "chat.completion",
        created: 1,
        model: "model-x",
        choices: [
          { index: 0, message: { role: "assistant", content: "a" }, finish_reason: "stop" },
        ],
        usage: {
          prompt_tokens: 1_000_000,
          completion_tokens: 0,
          total_tokens: 1_000_000,
          prompt_tokens_details: { cached_tokens: 500_000 },
        },
      }),
    }),
  });
  await (await box.chat()).text();
  const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(metrics).toContain('signalbox_cost_dollars_total{target="x"} 0.65');
  expect(metrics).toContain('signalbox_prompt_cache_dollars_total{target="x",change="saved"} 0.55');
});
