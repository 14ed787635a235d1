import { describe, expect, test } from "vitest";
import { checkChatBody } from "../../../src/protocol/check-chat-body.ts";
import type { Part, Turn } from "../../../src/protocol/conversation.ts";
import { chatBodyOf } from "../../../src/surface/chat/from-conversation.ts";
import { empty, mark, marked, path, said, turn } from "./support.ts";

const image: Part = {
  kind: "image",
  path,
  source: { kind: "url", url: "https://a/b" },
  detail: "low",
};
const imageContent = { type: "image_url", image_url: { url: "https://a/b", detail: "low" } };
const call = (id: string): Part => ({
  kind: "call",
  path,
  id,
  name: "f",
  args: "{}",
  custom: false,
  signature: null,
});
const result = (id: string, parts: Part[], more: object = {}): Part =>
  ({ kind: "result", path, callId: id, parts, isError: false, ...more }) as Part;
const reasoning = (more: object): Part => ({
  kind: "reasoning",
  path,
  reasoning: {
    text: "",
    summary: false,
    signature: null,
    encrypted: null,
    id: null,
    model: null,
    ...more,
  },
});

describe("turns become messages", () => {
  const toolCall = (id: string) => ({
    id,
    type: "function",
    function: { name: "f", arguments: "{}" },
  });
  test.each<[string, Turn[], object[]]>([
    ["one text is a string", [turn("user", said("a"))], [{ role: "user", content: "a" }]],
    [
      "a user's texts are parts",
      [turn("user", said("a"), said("b"))],
      [
        {
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
      ],
    ],
    [
      "system texts are paragraphs",
      [turn("system", said("a"), said("b"))],
      [{ role: "system", content: "a\n\nb" }],
    ],
    [
      "cache marks keep texts apart",
      [turn("system", said("a"), marked("b"))],
      [
        {
          role: "system",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b", ...mark },
          ],
        },
      ],
    ],
    ["a developer is one", [turn("developer", said("a"))], [{ role: "developer", content: "a" }]],
    [
      "names are kept",
      [{ ...turn("user", said("a")), name: "ann" }],
      [{ role: "user", content: "a", name: "ann" }],
    ],
    ["a turn without parts says nothing", [turn("user")], [{ role: "user", content: "" }]],
    [
      "an assistant's texts run on",
      [turn("assistant", said("a"), said("b"))],
      [{ role: "assistant", content: "ab" }],
    ],
    [
      "a refusal is a part",
      [turn("assistant", { kind: "refusal", path, text: "no" })],
      [{ role: "assistant", content: [{ type: "refusal", refusal: "no" }] }],
    ],
    [
      "calls stand beside the text",
      [turn("assistant", said("a"), call("1"), call("2"))],
      [{ role: "assistant", content: "a", tool_calls: [toolCall("1"), toolCall("2")] }],
    ],
    [
      "calls alone have no content",
      [turn("assistant", call("1"))],
      [{ role: "assistant", content: null, tool_calls: [toolCall("1")] }],
    ],
    [
      "a custom call keeps its text",
      [turn("assistant", { ...call("1"), custom: true, args: "free" } as Part)],
      [
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "1", type: "custom", custom: { name: "f", input: "free" } }],
        },
      ],
    ],
    [
      "thinking goes with its message, proofs with their model",
      [
        turn(
          "assistant",
          reasoning({ text: "hm", signature: "s", model: "x" }),
          reasoning({ encrypted: "e", id: "rs_1" }),
          said("a"),
        ),
      ],
      [
        {
          role: "assistant",
          content: "a",
          reasoning_content: "hm",
          reasoning_details: [
            { type: "reasoning.text", text: "hm", signature: "s", model: "x" },
            { type: "reasoning.encrypted", data: "e", id: "rs_1" },
          ],
        },
      ],
    ],
    [
      "results are messages, before what else is said",
      [turn("user", said("next"), result("1", [said("4"), said("5")]), result("2", []))],
      [
        { role: "tool", tool_call_id: "1", content: "4\n5" },
        { role: "tool", tool_call_id: "2", content: "" },
        { role: "user", content: "next" },
      ],
    ],
    [
      "a failed call is told in the text",
      [turn("user", result("1", [said("boom")], { isError: true }))],
      [{ role: "tool", tool_call_id: "1", content: "(The tool reported an error.)\nboom" }],
    ],
    [
      "a marked result marks its last part",
      [turn("user", result("1", [said("a")], { cache: { ttl: "1h" } }))],
      [{ role: "tool", tool_call_id: "1", content: [{ type: "text", text: "a", ...mark }] }],
    ],
    [
      "images of results open the user's message",
      [turn("user", result("1", [said("a"), image]), said("next"))],
      [
        {
          role: "tool",
          tool_call_id: "1",
          content: "a\n(What the tool returned is shown in the next message.)",
        },
        { role: "user", content: [imageContent, { type: "text", text: "next" }] },
      ],
    ],
  ])("%s", (_name, turns, messages) => {
    const body = chatBodyOf({ ...empty, turns });
    expect(body.messages).toEqual(messages);
    expect(checkChatBody(body, 99)).toBeNull();
  });
});
