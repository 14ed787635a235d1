import { expect, test } from "vitest";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { StreamCallRepair } from "../../../../src/runtime/providers/openai/repair-stream-calls.ts";
import { chat, eventStream, eventsOf, readAll } from "../support.ts";
import { bytesOf, call, event, frame } from "./frames.ts";

const delta = (choice: number, tool: object | null, finish_reason: string | null = null) => {
  const said = tool === null ? {} : { tool_calls: [tool] };
  return event({ ...frame, choices: [{ index: choice, delta: said, finish_reason }] });
};

test("calls of each choice are counted from 0 on and go on apart", () => {
  const stream =
    delta(0, { index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }) +
    delta(1, { index: 0, id: "b", type: "function", function: { name: "g", arguments: "" } }) +
    delta(0, { index: 0, function: { arguments: "{1" } }) +
    delta(1, { index: 0, function: { arguments: "{2" } }) +
    delta(0, null, "tool_calls") +
    delta(1, null, "tool_calls");
  const reader = adapterFor("openai-compatible").openStream(
    eventStream,
    chat({ n: 2, stream: true }),
  );
  const { out } = readAll(reader, bytesOf(stream));
  const calls = eventsOf(out)
    .flatMap((one) => (one as { choices?: readonly unknown[] }).choices ?? [])
    .map((choice) => choice as { index: number; delta: { tool_calls?: { index: number }[] } })
    .filter(({ delta: { tool_calls } }) => tool_calls !== undefined);
  expect(calls.map(({ index, delta: { tool_calls } }) => [index, tool_calls?.[0]?.index])).toEqual([
    [0, 0],
    [1, 0],
    [0, 0],
    [1, 0],
  ]);
});

test("an id that was seen goes on with its call, whatever came between", () => {
  const repair = new StreamCallRepair();
  const piece = (id: string) => ({ id, function: { arguments: "x" } });
  const repaired = repair.repair(0, ["a", "b", "a", "c"].map(piece));
  expect(repaired.map((one) => (one as { index: number }).index)).toEqual([0, 1, 0, 2]);
});

test("more calls than any answer makes are a bad response", () => {
  const calls = Array.from({ length: 5000 }, (_, at) => ({
    id: `c${at}`,
    function: { name: "f" },
  }));
  const reader = adapterFor("openai-compatible").openStream(eventStream, chat({ stream: true }));
  for (const one of calls) reader.push(bytesOf(call(one)));
  expect(reader.failure?.message).toContain("too many calls");
  const repair = new StreamCallRepair();
  expect(repair.repair(0, calls).length).toBeLessThan(4100);
  expect(repair.overflowed).toBe(true);
});
