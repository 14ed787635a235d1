import { expect, test } from "vitest";
import { mediaOf } from "../../src/extract/media.ts";
import { items, type Loose, parts, type Wire, wires } from "./wires.ts";

const said = (...content: readonly Loose[]) => ({ messages: [{ role: "user", content }] });
const inlined = "data:image/png;base64,AAAA";
const address = "https://x.example/now.png";
const png = { mimeType: "image/png" };

test.each<[string, Wire, Loose, boolean]>([
  ["by its address", "chat", said({ type: "image_url", image_url: { url: address } }), true],
  ["in a bucket", "chat", said({ type: "image_url", image_url: { url: "gs://b/o.png" } }), true],
  ["inlined", "chat", said({ type: "image_url", image_url: { url: inlined } }), false],
  ["inlined", "chat", said({ type: "image_url", image_url: { url: "DATA:image/png,x" } }), false],
  [
    "by its address",
    "responses",
    items({ role: "user", content: [{ type: "input_image", image_url: address }] }),
    true,
  ],
  [
    "by its id",
    "responses",
    items({ role: "user", content: [{ type: "input_image", file_id: "file-1" }] }),
    true,
  ],
  [
    "inlined",
    "responses",
    items({ role: "user", content: [{ type: "input_image", image_url: inlined }] }),
    false,
  ],
  [
    "of a screen, by its id",
    "responses",
    items({
      ...{ type: "computer_call_output", call_id: "c" },
      output: { type: "computer_screenshot", file_id: "file-1" },
    }),
    true,
  ],
  ["that it made", "responses", items({ type: "image_generation_call", id: "ig_1" }), true],
  [
    "that it made, inlined",
    "responses",
    items({ type: "image_generation_call", id: "ig_1", result: "AAAA" }),
    false,
  ],
  [
    "by its address",
    "messages",
    said({ type: "image", source: { type: "url", url: address } }),
    true,
  ],
  [
    "by its id",
    "messages",
    said({ type: "image", source: { type: "file", file_id: "file_1" } }),
    true,
  ],
  [
    "inlined",
    "messages",
    said({ type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }),
    false,
  ],
  [
    "in the result of a tool, by its address",
    "messages",
    {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "f", input: {} }] },
        {
          role: "user",
          content: [
            {
              ...{ type: "tool_result", tool_use_id: "t" },
              content: [{ type: "image", source: { type: "url", url: address } }],
            },
          ],
        },
      ],
    },
    true,
  ],
  ["by its address", "generate", parts("user", { fileData: { ...png, fileUri: address } }), true],
  ["inlined", "generate", parts("user", { inlineData: { ...png, data: "AAAA" } }), false],
  ["that is none", "chat", said({ type: "text", text: address }), false],
])("a picture %s over %s stands elsewhere, or not", (_, wire, body, away) => {
  expect(mediaOf(wires[wire](body).body).away).toBe(away);
});
