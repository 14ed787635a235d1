import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { ApiProblem } from "../../../src/protocol/api-error.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { readMessagesRequest } from "../../../src/surface/messages/read-messages-request.ts";
import { messagesWriter } from "../../../src/surface/messages/write-messages.ts";
import { callArgs, callStart, finish, start, text, usage } from "../../support/answer-events.ts";
import { thought } from "./support.ts";

const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };

/** What the server answers next, and what it was asked last. */
let events: readonly AnswerEvent[] = [];
let broken: ApiProblem | null = null;
let asked: ModelRequest | null = null;
let server: Server;
let client: Anthropic;

beforeAll(async () => {
  server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const counting = incoming.url?.includes("count_tokens") === true;
    const result = readMessagesRequest(Buffer.concat(chunks), limits, { counting });
    const json = { "content-type": "application/json" };
    if (!result.ok) {
      outgoing.writeHead(result.problem.status, json);
      outgoing.end(messagesWriter.problem(result.problem));
      return;
    }
    asked = result.request;
    if (counting) outgoing.writeHead(200, json).end(messagesWriter.count?.(12));
    else if (asked.body.stream === true) {
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      const encoder = asked.writer.open(asked);
      for (const event of events) outgoing.write(encoder.encode(event));
      outgoing.end(broken === null ? encoder.end() : asked.writer.brokenStream(broken));
    } else outgoing.writeHead(200, json).end(asked.writer.whole(asked, events));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  client = new Anthropic({ apiKey: "key", baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const question: Anthropic.MessageCreateParamsNonStreaming = {
  model: "policy",
  max_tokens: 100,
  messages: [{ role: "user", content: "Hi" }],
};
const answer: readonly AnswerEvent[] = [
  start,
  usage,
  { kind: "ping" },
  { kind: "reasoning", choice: 0, text: "Let me ", summary: false },
  { kind: "reasoning", choice: 0, text: "think.", summary: false },
  thought("Let me think.", "sig"),
  text("It is "),
  text("4 👍."),
  callStart(0, { id: "call_1", name: "weather" }),
  callArgs(0, '{"city":'),
  callStart(1, { id: "call_2", name: "time" }),
  callArgs(1, '{"zone":"'),
  callArgs(0, '"Bern"}'),
  callArgs(1, 'CET"}'),
  callStart(2, { id: "call_3", name: "now" }),
  finish("tool_calls"),
  { ...usage, usage: { ...usage.usage, outputTokens: 77 } },
];
const expected = {
  id: "msg_1",
  role: "assistant",
  model: "maker-1",
  content: [
    { type: "thinking", thinking: "Let me think.", signature: expect.stringContaining('"sig"') },
    { type: "text", text: "It is 4 👍." },
    { type: "tool_use", id: "call_1", name: "weather", input: { city: "Bern" } },
    { type: "tool_use", id: "call_2", name: "time", input: { zone: "CET" } },
    { type: "tool_use", id: "call_3", name: "now", input: {} },
  ],
  stop_reason: "tool_use",
  stop_sequence: null,
  usage: {
    input_tokens: 10,
    cache_read_input_tokens: 60,
    cache_creation_input_tokens: 30,
    output_tokens: 77,
    output_tokens_details: { thinking_tokens: 5 },
  },
};

describe("the real client", () => {
  test("puts a stream together", async () => {
    events = answer;
    const stream = client.messages.stream(question);
    const texts: string[] = [];
    stream.on("text", (piece) => texts.push(piece));
    expect(await stream.finalMessage()).toMatchObject(expected);
    expect(texts).toEqual(["It is ", "4 👍."]);
  });

  test("sees each event of a raw stream", async () => {
    events = [start, text("a"), finish("stop", { stopSequence: "END" })];
    const seen: string[] = [];
    for await (const event of await client.messages.create({ ...question, stream: true }))
      seen.push(event.type === "message_delta" ? String(event.delta.stop_sequence) : event.type);
    expect(seen).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "END",
      "message_stop",
    ]);
  });

  test("reads a whole answer", async () => {
    events = answer;
    expect(await client.messages.create(question)).toMatchObject(expected);
  });

  test("sends an answer back, thinking and all", async () => {
    events = answer;
    const { content } = await client.messages.stream(question).finalMessage();
    const results = ["call_1", "call_2", "call_3"].map((tool_use_id) => ({
      type: "tool_result" as const,
      tool_use_id,
      content: "done",
    }));
    events = [start, text("Fine."), finish("stop")];
    await client.messages.create({
      ...question,
      messages: [
        ...question.messages,
        { role: "assistant", content },
        { role: "user", content: results },
      ],
    });
    expect(asked?.conversation().turns[1]?.parts).toMatchObject([
      {
        kind: "reasoning",
        reasoning: { text: "Let me think.", signature: "sig", model: "maker-1" },
      },
      { kind: "text", text: "It is 4 👍." },
      { kind: "call", id: "call_1", args: '{"city":"Bern"}' },
      { kind: "call", id: "call_2" },
      { kind: "call", id: "call_3" },
    ]);
    expect(asked?.body.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
      "tool",
    ]);
  });

  test("parses structured answers", async () => {
    events = [start, text('{"a":'), text("1}"), finish("stop")];
    const schema = { type: "object", properties: { a: { type: "integer" } } };
    const message = await client.messages.create({
      ...question,
      output_config: { format: { type: "json_schema", schema }, effort: "low" },
    });
    expect(message.content).toMatchObject([{ text: '{"a":1}' }]);
    expect(asked?.body).toMatchObject({
      response_format: { type: "json_schema", json_schema: { schema } },
      reasoning_effort: "low",
    });
  });

  test("counts tokens without a ceiling", async () => {
    const { model, messages } = question;
    expect(await client.messages.countTokens({ model, messages })).toEqual({ input_tokens: 12 });
  });

  test("raises the error of a field at fault", async () => {
    const wrong = client.messages.create({ ...question, max_tokens: -1 });
    await expect(wrong).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    await expect(wrong).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
    await expect(wrong).rejects.toThrow("'max_tokens' must be");
  });

  test("raises the error that breaks a stream", async () => {
    events = [start, text("a")];
    broken = { status: 503, type: "", code: null, param: null, message: "too busy" };
    const stream = client.messages.stream(question);
    await expect(stream.finalMessage()).rejects.toMatchObject({ type: "overloaded_error" });
    broken = null;
  });
});
