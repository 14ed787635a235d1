import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/protocol/answer-event.ts";
import { ChatDecoder } from "../../../../src/runtime/providers/openai/decode.ts";
import { differences } from "../../../../src/runtime/providers/openai/differences.ts";
import { bytesOf, chunk, done, role, said, stop } from "./frames.ts";

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
