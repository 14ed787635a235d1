import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/protocol/answer-event.ts";
import { ChatDecoder, decodeCompletion } from "../../../../src/runtime/providers/openai/decode.ts";
import { differences } from "../../../../src/runtime/providers/openai/differences.ts";
import { head } from "../support.ts";
import { bytesOf, call, chunk, done, role, said, stop } from "./frames.ts";

const detail = (fields: object): object => ({
  reasoning_details: [{ type: "reasoning.text", index: 0, ...fields }],
});

function ended(...deltas: readonly object[]): Extract<AnswerEvent, { kind: "reasoning_end" }>[] {
  const decoder = new ChatDecoder(differences.openrouter, 1);
  const text = role + deltas.map((delta) => chunk(delta)).join("") + said("Yes") + stop + done;
  return decoder.push(bytesOf(text)).filter((event) => event.kind === "reasoning_end");
}

test.each<[string, readonly object[]]>([
  [
    "the last piece alone",
    [
      { reasoning: "Let me ", ...detail({ text: "Let me " }) },
      { reasoning: "see", ...detail({ text: "see", signature: "sig" }) },
    ],
  ],
  [
    "nothing but the proof",
    [
      { reasoning: "Let me ", ...detail({ text: "Let me " }) },
      { reasoning: "see", ...detail({ text: "see" }) },
      detail({ signature: "sig" }),
    ],
  ],
  ["an empty text", [{ reasoning: "Let me see" }, detail({ text: "", signature: "sig" })]],
  ["all of it", [detail({ text: "Let me see", signature: "sig" })]],
])("signed thinking is told whole where its signed detail holds %s", (_what, deltas) => {
  expect(ended(...deltas).map(({ reasoning }) => [reasoning.text, reasoning.signature])).toEqual([
    ["Let me see", "sig"],
  ]);
});

test("calls without an id get one that no other turn has", () => {
  const idsOf = (events: readonly AnswerEvent[]) =>
    events.flatMap((event) => (event.kind === "call_start" ? [event.id] : []));
  const called = { type: "function", id: "", function: { name: "f", arguments: "{}" } };
  const choice = { index: 0, message: { role: "assistant", tool_calls: [called] } };
  const whole = bytesOf(JSON.stringify({ choices: [{ ...choice, finish_reason: "tool_calls" }] }));
  const ids = [1, 2].flatMap(() => {
    const decoder = new ChatDecoder(differences.llamacpp, 1);
    const events = decoder.push(bytesOf(role + call({ ...called, index: 0 }) + stop + done));
    const decoded = decodeCompletion(head(), whole, differences.llamacpp);
    return [...idsOf(events), ...(decoded.ok ? idsOf(decoded.events) : [])];
  });
  expect(ids).toHaveLength(4);
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^call_\w{20,}$/);
});
