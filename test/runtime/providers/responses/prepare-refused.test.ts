import { describe, expect, test } from "vitest";
import { type Conversation, noSampling } from "../../../../src/protocol/conversation.ts";
import { foreign, least, prepare, turn } from "./preparing.ts";

describe("what this wire cannot carry", () => {
  const file = {
    kind: "file",
    source: { kind: "id", id: "f" },
    name: null,
    context: null,
    path: "p1",
  } as const;
  test.each<[string, string, Partial<Conversation>]>([
    [
      "sound",
      "p1",
      { turns: [turn("user", { kind: "audio", data: "AA==", format: "wav", path: "p1" })] },
    ],
    ["a part of another wire", "p1", { turns: [turn("user", foreign("chat", "p1"))] }],
    [
      "a tool of another wire",
      "tools[0]",
      {
        tools: [
          { kind: "foreign", dialect: "messages", type: "bash", value: {}, path: "tools[0]" },
        ],
      },
    ],
    [
      "an image in an answer",
      "p1",
      {
        turns: [
          turn("assistant", {
            kind: "image",
            source: { kind: "id", id: "f" },
            detail: null,
            path: "p1",
          }),
        ],
      },
    ],
    ["a file in an answer", "p1", { turns: [turn("assistant", { ...file, cites: false })] }],
    ["a file to cite", "p1", { turns: [turn("user", { ...file, cites: true })] }],
    ["stops", "stop", { stops: ["x"] }],
    ["choices", "n", { choices: 2 }],
    ["a search", "web_search_options", { foreign: { web_search_options: {} } }],
    ["servers of tools", "mcp_servers", { foreign: { mcp_servers: [{ type: "url" }] } }],
    ["a container", "container", { foreign: { container: "c" } }],
  ])("%s is told, or dropped where the policy says so", (_name, param, fields) => {
    expect(prepare(fields).failure).toMatchObject({ code: "unsupported_parameter", param });
    expect(prepare(fields, { drops: true }).failure).toBeNull();
  });

  test("a preference that this wire has no place for is left out", () => {
    const sampling = { ...noSampling, seed: 3, presencePenalty: 1, topK: 1 };
    expect(prepare({ sampling })).toEqual({ body: least, failure: null });
  });

  test("a penalty of nothing is no penalty", () => {
    expect(
      prepare({ sampling: { ...noSampling, presencePenalty: 0, frequencyPenalty: 0 } }),
    ).toEqual({ body: least, failure: null });
  });
});
