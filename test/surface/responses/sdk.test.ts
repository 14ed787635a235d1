import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI, { APIError, BadRequestError } from "openai";
import type { ResponseInputItem } from "openai/resources/responses/responses";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { readResponsesRequest } from "../../../src/surface/responses/read-responses-request.ts";
import { args, callStart, counted, finish, limits, say, start } from "./support.ts";

/** What the server answers with, and what it was last asked. */
let answer: readonly AnswerEvent[] = [];
let breaks = false;
let asked: ModelRequest | null = null;
let server: Server;
let client: OpenAI;

const broken = {
  status: 502,
  type: "upstream_error",
  code: "upstream_stream_broken",
  param: null,
  message: "gone",
};

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  const read = readResponsesRequest(Buffer.concat(pieces), limits);
  if (!read.ok) {
    response.writeHead(read.problem.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { ...read.problem } }));
    return;
  }
  asked = read.request;
  const { writer } = asked;
  if (!asked.conversation().stream) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(writer.whole(asked, answer));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const encoder = writer.open(asked);
  for (const event of answer) response.write(encoder.encode(event));
  response.end(breaks ? encoder.broken?.(broken) : encoder.end());
}

beforeAll(async () => {
  server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: "sk", maxRetries: 0 });
});

beforeEach(() => {
  breaks = false;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const think = (text: string, summary: boolean): AnswerEvent => ({
  kind: "reasoning",
  choice: 0,
  text,
  summary,
});
const thinkEnd: AnswerEvent = {
  kind: "reasoning_end",
  choice: 0,
  reasoning: { text: "hm", summary: true, signature: "sig", encrypted: null, id: null, model: "m" },
};
const talk: readonly AnswerEvent[] = [
  start,
  { kind: "ping" },
  say("Hel"),
  say("lo 🚂"),
  finish(),
  counted,
];
const everything: readonly AnswerEvent[] = [
  start,
  think("hm", true),
  thinkEnd,
  think("loud", false),
  say("a"),
  {
    kind: "citation",
    choice: 0,
    citation: {
      type: "url_citation",
      url_citation: { url: "u", title: "t", start_index: 0, end_index: 1 },
    },
  },
  { kind: "refusal", choice: 0, text: "no" },
  say("b"),
  { kind: "media", choice: 0, mediaType: "image/png", data: "AA==" },
  callStart(0, "f"),
  args(0, '{"a"'),
  callStart(1, "g", true),
  args(1, "x"),
  args(0, ":1}"),
  say("c"),
  finish("tool_calls"),
  counted,
];
const params = { model: "m", input: "Hi" };
const tool = {
  type: "function" as const,
  name: "f",
  strict: true,
  parameters: {
    type: "object",
    properties: { a: { type: "integer" } },
    required: ["a"],
    additionalProperties: false,
  },
};

describe("the openai client", () => {
  test("reads a whole answer", async () => {
    answer = talk;
    const response = await client.responses.create(params);
    expect(response).toMatchObject({ id: "resp_1", status: "completed", output_text: "Hello 🚂" });
    expect(response.usage?.total_tokens).toBe(16);
  });

  test("reads a stream as it comes", async () => {
    answer = talk;
    let text = "";
    const types: string[] = [];
    for await (const event of await client.responses.create({ ...params, stream: true })) {
      types.push(event.type);
      if (event.type === "response.output_text.delta") text += event.delta;
    }
    expect(text).toBe("Hello 🚂");
    expect(types.at(0)).toBe("response.created");
    expect(types.at(-1)).toBe("response.completed");
  });

  test("puts any stream together to what the whole answer is", async () => {
    answer = everything;
    const whole = await client.responses.create(params);
    const stream = client.responses.stream(params);
    const built: unknown[] = [];
    stream.on("response.output_item.done", ({ item }) => built.push(item));
    const final = await stream.finalResponse();
    expect(built).toHaveLength(7);
    expect(JSON.parse(JSON.stringify(final.output_text))).toBe(whole.output_text);
    expect(final.output).toMatchObject(JSON.parse(JSON.stringify(whole.output)) as object[]);
  });

  test("puts together by deltas alone what it is told at the end", async () => {
    answer = everything.filter((event) => event.kind !== "finish");
    breaks = true;
    const seen = new Map<string, unknown>();
    const stream = client.responses.stream(params);
    stream.on("response.function_call_arguments.delta", ({ item_id, snapshot }) =>
      seen.set(item_id, snapshot),
    );
    stream.on("response.output_text.delta", ({ item_id, content_index, snapshot }) =>
      seen.set(`${item_id} ${content_index}`, snapshot),
    );
    await expect(stream.done()).rejects.toThrow(APIError);
    expect([...seen.values()]).toEqual(["a", "b", '{"a":1}', "c"]);
  });

  test("parses the arguments of a strict function", async () => {
    answer = [
      start,
      callStart(0, "f"),
      args(0, '{"a":'),
      args(0, "1}"),
      finish("tool_calls"),
      counted,
    ];
    const streamed = await client.responses.stream({ ...params, tools: [tool] }).finalResponse();
    const parsed = await client.responses.parse({ ...params, tools: [tool] });
    for (const { output } of [streamed, parsed])
      expect(output[0]).toMatchObject({
        type: "function_call",
        call_id: "call_0",
        parsed_arguments: { a: 1 },
      });
    expect(asked?.conversation().tools).toMatchObject([
      { kind: "function", name: "f", strict: true },
    ]);
  });

  test("parses JSON by its schema", async () => {
    answer = [start, say('{"a":'), say("1}"), finish(), counted];
    const text = {
      format: { type: "json_schema" as const, name: "s", strict: true, schema: tool.parameters },
    };
    const parsed = await client.responses.parse({ ...params, text });
    expect(parsed.output_parsed).toEqual({ a: 1 });
    const final = await client.responses.stream({ ...params, text }).finalResponse();
    expect(final.output_parsed).toEqual({ a: 1 });
    expect(asked?.conversation().format).toMatchObject({ kind: "schema", name: "s", strict: true });
  });

  test("sends an answer back, and nothing of it is lost", async () => {
    answer = everything;
    const { output } = await client.responses.create(params);
    answer = talk;
    const outputs = [
      { type: "function_call_output" as const, call_id: "call_0", output: "ok" },
      { type: "custom_tool_call_output" as const, call_id: "call_1", output: "ok" },
    ];
    await client.responses.create({
      model: "m",
      input: [{ role: "user", content: "Hi" }, ...(output as ResponseInputItem[]), ...outputs],
    });
    const turns = asked?.conversation().turns ?? [];
    expect(turns.map((turn) => [turn.role, ...turn.parts.map((part) => part.kind)])).toEqual([
      ["user", "text"],
      ["assistant", "reasoning", "reasoning", "text", "refusal", "text"],
      ["assistant", "foreign"],
      ["assistant", "call", "call", "text"],
      ["user", "result", "result"],
    ]);
    expect(turns[1]?.parts[0]).toMatchObject({
      reasoning: { text: "hm", summary: true, signature: "sig", model: "m" },
    });
  });

  test("tells an incomplete answer", async () => {
    answer = [start, say("a"), finish("length"), counted];
    const whole = await client.responses.create(params);
    const final = await client.responses.stream(params).finalResponse();
    for (const response of [whole, final])
      expect(response).toMatchObject({
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
      });
  });

  test("raises on a refused request, with the field", async () => {
    const wrong = { ...params, temperature: 7 };
    await expect(client.responses.create(wrong)).rejects.toThrow(BadRequestError);
    await expect(client.responses.create(wrong)).rejects.toMatchObject({ param: "temperature" });
  });

  test.each([false, true])(
    "raises on a stream that breaks, with the helper: %s",
    async (helper) => {
      answer = [start, say("a")];
      breaks = true;
      const types: string[] = [];
      const consume = async (): Promise<void> => {
        const stream = helper
          ? client.responses.stream(params)
          : await client.responses.create({ ...params, stream: true });
        for await (const event of stream) types.push(event.type);
      };
      await expect(consume()).rejects.toMatchObject({
        code: "upstream_stream_broken",
        message: "gone",
      });
      expect(types.at(-1)).toBe("response.failed");
    },
  );
});
