import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { StickyMemory } from "../../src/gateway/sticky.ts";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import { refusal, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";

const main =
  "otherwise any of [a, b, c] fallback any of [a, b, c] with sticky by desk for 10m, retry 0\n";
const facts = "facts: { desk: { from: header.x-desk, type: text } }\n";

async function open(options: Parameters<typeof startTestGateway>[0] = {}) {
  const clock = createHandClock(1_000_000);
  const box = await startTestGateway({
    policies: { main },
    yaml: facts,
    ...options,
    options: { clock, timerHost: clock },
  });
  return { box, clock };
}

const targetOf = async (box: TestGateway, desk: string | null, body = {}): Promise<string> => {
  const answer = await box.chat(body, desk === null ? {} : { "x-desk": desk });
  await answer.arrayBuffer();
  return answer.headers.get("x-signalbox-target") ?? String(answer.status);
};

const times = (count: number, run: () => Promise<string>): Promise<string[]> =>
  Array.from({ length: count }).reduce<Promise<string[]>>(
    async (before) => [...(await before), await run()],
    Promise.resolve([]),
  );

test("requests of one key stay with the target that answered the first, those of others go their own way", async () => {
  const { box } = await open();
  await using _ = box;
  const desks = await times(12, () => targetOf(box, "trading"));
  expect(new Set(desks).size).toBe(1);
  const all = new Set<string>();
  for (let desk = 0; desk < 20; desk += 1) all.add(await targetOf(box, `desk-${desk}`));
  expect(all.size).toBe(3);
  const nobody = await times(30, () => targetOf(box, null));
  expect(new Set(nobody).size).toBeGreaterThan(1);
});

test("a key is free again when nothing was heard of it for the time", async () => {
  const { box, clock } = await open();
  await using _ = box;
  const seen = await times(30, () => {
    clock.pass(600_001);
    return targetOf(box, "trading");
  });
  expect(new Set(seen).size).toBeGreaterThan(1);
  const kept = await times(10, () => {
    clock.pass(599_000);
    return targetOf(box, "trading");
  });
  expect(new Set(kept).size).toBe(1);
});

test("inside a loop of tools a session stays, though its time is over", async () => {
  const { box, clock } = await open();
  await using _ = box;
  const first = await targetOf(box, "trading");
  const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
  const loop = {
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c", content: "1" },
    ],
  };
  const seen = await times(10, () => {
    clock.pass(3_600_000);
    return targetOf(box, "trading", loop);
  });
  expect(new Set(seen)).toEqual(new Set([first]));
});

test("a session moves on with the target that answers in the place of its own, and stays there", async () => {
  const down = new Set<string>();
  const { box } = await open({
    script: ({ body }) => (down.has(String(body["model"])) ? refusal(500) : null),
  });
  await using _ = box;
  const first = await targetOf(box, "trading");
  down.add(`model-${first}`);
  const second = await targetOf(box, "trading");
  expect(second).not.toBe(first);
  down.clear();
  expect(new Set(await times(8, () => targetOf(box, "trading")))).toEqual(new Set([second]));
});

test("the record holds where the plan stayed, so that the choice can be made again", async () => {
  const { box } = await open({
    yaml: `${facts}telemetry: { decision-log: decisions.jsonl }\n`,
  });
  await using _ = box;
  const first = await targetOf(box, "trading");
  await targetOf(box, "trading");
  await box.gateway.close();
  const records = readFileSync(`${box.folder}/decisions.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as DecisionRecord);
  expect(records[0]?.facts).not.toHaveProperty("plan.stuck");
  expect(records[1]?.facts["plan.stuck"]).toBe(first);
});

test("a memory of sessions forgets the oldest of too many", () => {
  const memory = new StickyMemory();
  for (let key = 0; key < 50_001; key += 1) memory.keep(String(key), "a", 10, 0);
  expect(memory.find("0", 0, true)).toBeNull();
  expect(memory.find("1", 0, true)).toBe("a");
  expect(memory.find("1", 10, true)).toBeNull();
  expect(memory.find("1", 10, false)).toBe("a");
});
