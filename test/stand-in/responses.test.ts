import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ResponsesDecoder } from "../../src/runtime/providers/responses/decode-stream.ts";
import { openResponsesRelay } from "../../src/runtime/providers/responses/relay.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { instant, standInFailures } from "../../src/stand-in/speed.ts";

const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const tools = [
  {
    type: "function" as const,
    name: "get_weather",
    description: "Weather of a city",
    parameters: schema,
    strict: true,
  },
];

let standIn: StandIn;
let client: OpenAI;

beforeAll(async () => {
  const models = Object.fromEntries(
    standInFailures.map((failure) => [
      failure,
      { ...instant, failureRate: 1, failures: [failure] },
    ]),
  );
  standIn = await startStandIn({ models, key: "sk-test" });
  client = new OpenAI({ baseURL: `${standIn.url}/v1`, apiKey: "sk-test", maxRetries: 0 });
});

afterAll(() => standIn.close());

const ask = { model: "gpt-x", input: "Hello there" };

describe("the openai client against the stand-in for responses", () => {
  test.each([false, true])("gets text that says what it is, streamed: %s", async (stream) => {
    const response = stream
      ? await client.responses.stream(ask).finalResponse()
      : await client.responses.create(ask);
    expect(response.output_text).toContain("stand-in for gpt-x");
    expect(response.status).toBe("completed");
    expect(response.usage?.output_tokens).toBeGreaterThan(10);
  });

  test.each([false, true])("is cut at its limit, streamed: %s", async (stream) => {
    const params = { ...ask, max_output_tokens: 3 };
    const response = stream
      ? await client.responses.stream(params).finalResponse()
      : await client.responses.create(params);
    expect(response).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output_text: "I am a",
    });
  });

  test.each([false, true])(
    "calls a tool, then talks of its result, streamed: %s",
    async (stream) => {
      const params = { ...ask, tools, tool_choice: "required" as const };
      const first = stream
        ? await client.responses.stream(params).finalResponse()
        : await client.responses.parse(params);
      const [call] = first.output;
      if (call?.type !== "function_call") throw new Error("no call came");
      expect(call).toMatchObject({
        name: "get_weather",
        parsed_arguments: { city: "stand-in city" },
      });
      const { parsed_arguments: _parsed, ...replayed } = call;
      const input = [
        { role: "user" as const, content: "Hello" },
        replayed,
        { type: "function_call_output" as const, call_id: call.call_id, output: "sunny" },
      ];
      const second = await client.responses.create({ ...ask, input, tools });
      expect(second.output_text).toContain("tool's result");
    },
  );

  test("gets JSON that fits the schema", async () => {
    const format = { type: "json_schema" as const, name: "place", strict: true, schema };
    const response = await client.responses.parse({ ...ask, text: { format } });
    expect(response.output_parsed).toEqual({ city: "stand-in city" });
  });

  test("is refused a result without its call, as by the provider", async () => {
    const input = [{ type: "function_call_output" as const, call_id: "c", output: "ok" }];
    await expect(client.responses.create({ ...ask, input })).rejects.toMatchObject({
      status: 400,
      param: "input",
    });
  });

  test.each(standInFailures)("meets the failure %s", async (failure) => {
    await expect(client.responses.create({ ...ask, model: failure })).rejects.toThrow(APIError);
  });
});

describe("what reads this wire", () => {
  test("takes the stand-in's stream for a whole answer, and its cut for a cut", async () => {
    for (const [model, cause] of [
      ["gpt-x", null],
      ["cut_stream", "cut_stream"],
    ] as const) {
      const response = await fetch(`${standIn.url}/v1/responses`, {
        method: "POST",
        headers: { authorization: "Bearer sk-test", "content-type": "application/json" },
        body: JSON.stringify({ ...ask, model, stream: true }),
      });
      const decoder = new ResponsesDecoder();
      const relay = openResponsesRelay();
      let texts = 0;
      try {
        for await (const chunk of response.body!) {
          texts += decoder.push(chunk).filter((event) => event.kind === "text").length;
          relay.push(chunk);
        }
      } catch {
        // The stand-in cuts the connection: what came is all there is.
      }
      decoder.end();
      relay.end();
      expect(texts).toBeGreaterThan(5);
      for (const reader of [decoder, relay]) {
        expect(reader.failure?.cause ?? null).toBe(cause);
        expect(reader.done).toBe(cause === null);
      }
    }
  });
});
