import { describe, expect, test } from "vitest";
import {
  decodeMessage,
  MessagesDecoder,
} from "../../../../src/runtime/providers/anthropic/decode.ts";
import { head } from "../support.ts";

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const message = (content: readonly object[]) =>
  bytesOf({ id: "m", model: "c", content, stop_reason: "end_turn", usage: {} });
const call = { type: "tool_use", id: "t", name: "f", input: {} };
const event = (type: string, data: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

describe("an answer of very many pieces", () => {
  test("is read whole, its citations one by one", () => {
    const citations = Array.from({ length: 150_000 }, () => ({}));
    const decoded = decodeMessage(head(), message([{ type: "text", text: "a", citations }]));
    expect(decoded.ok && decoded.events.filter(({ kind }) => kind === "citation").length).toBe(
      citations.length,
    );
    const block = { type: "text", text: "a", citations };
    const stream =
      event("message_start", { message: { id: "m", model: "c" } }) +
      event("content_block_start", { index: 0, content_block: block });
    expect(new MessagesDecoder(head()).push(Buffer.from(stream))).toHaveLength(150_002);
  });

  test.each([
    [4096, null],
    [4097, { cause: "server_error" }],
  ])("with %i calls ends with %j", (count, failure) => {
    const calls = Array.from({ length: count }, () => call);
    const decoded = decodeMessage(head(), message(calls));
    expect(decoded.ok).toBe(failure === null);
    if (!decoded.ok) expect(decoded.failure).toMatchObject(failure ?? {});
    const decoder = new MessagesDecoder(head());
    decoder.push(Buffer.from(event("message_start", { message: { id: "m", model: "c" } })));
    const opened = event("content_block_start", { index: 0, content_block: call });
    const events = decoder.push(Buffer.from(opened.repeat(count)));
    expect(events.filter(({ kind }) => kind === "call_start")).toHaveLength(4096);
    if (failure === null) expect(decoder.failure).toBeNull();
    else expect(decoder.failure).toMatchObject(failure);
  });
});
