import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { instant, type StandInFailure, standInFailures } from "../../src/stand-in/speed.ts";

const weather = {
  name: "get_weather",
  description: "Weather of a city",
  schema: {
    type: "object" as const,
    properties: { city: { type: "string" }, days: { type: "integer", minimum: 1, maximum: 7 } },
    required: ["city", "days"],
    additionalProperties: false,
  },
};

let standIn: StandIn;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  const models = Object.fromEntries(
    standInFailures.map((failure) => [
      failure,
      { ...instant, failureRate: 1, failures: [failure] },
    ]),
  );
  standIn = await startStandIn({ models, key: "sk-test" });
  openai = new OpenAI({ baseURL: `${standIn.url}/v1`, apiKey: "sk-test", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: standIn.url, apiKey: "sk-test", maxRetries: 0 });
});

afterAll(() => standIn.close());

describe("the openai client against the stand-in", () => {
  const ask = { model: "gpt-x", messages: [{ role: "user" as const, content: "Hello there" }] };
  const tools = [
    {
      type: "function" as const,
      function: {
        name: weather.name,
        description: weather.description,
        parameters: weather.schema,
      },
    },
  ];

  test("gets a whole answer that says what it is", async () => {
    const { data, response } = await openai.chat.completions.create(ask).withResponse();
    expect(response.headers.get("x-signalbox-stand-in")).toBe("true");
    expect(data.choices[0]?.message.content).toContain("stand-in for gpt-x");
    expect(data.choices[0]?.finish_reason).toBe("stop");
    expect(data.usage?.total_tokens).toBe(
      (data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0),
    );
  });

  test("gets a stream with its usage", async () => {
    const runner = openai.chat.completions.stream({
      ...ask,
      stream_options: { include_usage: true },
    });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]?.message.content).toContain("stand-in for gpt-x");
    expect(final.usage?.completion_tokens).toBeGreaterThan(10);
  });

  test("gets no usage in a stream unless asked for", async () => {
    const usages: unknown[] = [];
    for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true }))
      usages.push(chunk.usage);
    expect(usages.length).toBeGreaterThan(5);
    expect(new Set(usages)).toEqual(new Set([undefined]));
  });

  test.each([false, true])("gets a forced tool call, streamed: %s", async (stream) => {
    const params = { ...ask, tools, tool_choice: "required" as const };
    const answer = stream
      ? await openai.chat.completions.stream(params).finalChatCompletion()
      : await openai.chat.completions.create(params);
    const call = answer.choices[0]?.message.tool_calls?.[0];
    if (call?.type !== "function") throw new Error("no call came");
    expect(call.function.name).toBe("get_weather");
    expect(JSON.parse(call.function.arguments)).toEqual({ city: "stand-in city", days: 1 });
    expect(answer.choices[0]?.finish_reason).toBe("tool_calls");
  });

  test("calls a tool by itself only when the prompt asks for it, and talks after its result", async () => {
    const messages = [{ role: "user" as const, content: "What is the weather in Rome?" }];
    const first = await openai.chat.completions.create({ model: "m", messages, tools });
    const call = first.choices[0]?.message;
    expect(call?.tool_calls).toHaveLength(1);
    const second = await openai.chat.completions.create({
      model: "m",
      tools,
      messages: [
        ...messages,
        call!,
        { role: "tool", tool_call_id: call!.tool_calls![0]!.id, content: "sunny" },
      ],
    });
    expect(second.choices[0]?.message.content).toContain("tool's result");
    const unasked = await openai.chat.completions.create({ ...ask, tools });
    expect(unasked.choices[0]?.message.tool_calls).toBeUndefined();
  });

  test("gets JSON that fits the schema", async () => {
    const answer = await openai.chat.completions.parse({
      ...ask,
      response_format: {
        type: "json_schema",
        json_schema: { name: "forecast", strict: true, schema: weather.schema },
      },
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ city: "stand-in city", days: 1 });
  });

  test("gets the list of models", async () => {
    const names: string[] = [];
    for await (const model of openai.models.list()) names.push(model.id);
    expect(names).toEqual([...standInFailures]);
  });

  test("finds a tool by its description too", async () => {
    const named = {
      name: "fn_1",
      description: "Tells the forecast of a city",
      parameters: weather.schema,
    };
    const answer = await openai.chat.completions.create({
      ...ask,
      messages: [{ role: "user", content: "What does the forecast say?" }],
      tools: [{ type: "function", function: named }],
    });
    expect(answer.choices[0]?.finish_reason).toBe("tool_calls");
  });

  test("is not cut when the answer is just as long as allowed", async () => {
    const whole = await openai.chat.completions.create(ask);
    const length = whole.usage?.completion_tokens ?? 0;
    const exact = await openai.chat.completions.create({ ...ask, max_completion_tokens: length });
    expect(exact.choices[0]?.finish_reason).toBe("stop");
  });

  test("is cut at max_tokens", async () => {
    const answer = await openai.chat.completions.create({ ...ask, max_completion_tokens: 3 });
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage?.completion_tokens).toBe(3);
  });

  test.each<[StandInFailure, unknown]>([
    ["rate_limited", OpenAI.RateLimitError],
    ["overloaded", OpenAI.InternalServerError],
    ["server_error", OpenAI.InternalServerError],
    ["context_exceeded", OpenAI.BadRequestError],
    ["auth", OpenAI.AuthenticationError],
    ["network", OpenAI.APIConnectionError],
  ])("raises the client's own class for %s", async (failure, kind) => {
    await expect(openai.chat.completions.create({ ...ask, model: failure })).rejects.toBeInstanceOf(
      kind,
    );
  });

  test("refuses a wrong key", async () => {
    const stranger = openai.withOptions({ apiKey: "sk-other" });
    await expect(stranger.chat.completions.create(ask)).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
  });

  test("sees a stream that is cut as an error", async () => {
    const chunks: unknown[] = [];
    const read = async (): Promise<void> => {
      const params = { ...ask, model: "cut_stream", stream: true as const };
      for await (const chunk of await openai.chat.completions.create(params)) chunks.push(chunk);
    };
    await expect(read()).rejects.toThrow();
    expect(chunks.length).toBeGreaterThan(2);
  });
});

describe("the anthropic client against the stand-in", () => {
  const ask = {
    model: "claude-x",
    max_tokens: 500,
    messages: [{ role: "user" as const, content: "Hello there" }],
  };
  const tools = [
    { name: weather.name, description: weather.description, input_schema: weather.schema },
  ];

  test.each([false, true])("gets an answer, streamed: %s", async (stream) => {
    const answer = stream
      ? await anthropic.messages.stream(ask).finalMessage()
      : await anthropic.messages.create(ask);
    const [block] = answer.content;
    expect(block?.type === "text" && block.text).toContain("stand-in for claude-x");
    expect(answer.stop_reason).toBe("end_turn");
    expect(answer.usage.output_tokens).toBeGreaterThan(10);
  });

  test.each([false, true])("gets a forced tool call, streamed: %s", async (stream) => {
    const params = { ...ask, tools, tool_choice: { type: "any" as const } };
    const answer = stream
      ? await anthropic.messages.stream(params).finalMessage()
      : await anthropic.messages.create(params);
    const [block] = answer.content;
    expect(block?.type === "tool_use" && block.input).toEqual({ city: "stand-in city", days: 1 });
    expect(answer.stop_reason).toBe("tool_use");
  });

  test("gets JSON that fits the schema", async () => {
    const answer = await anthropic.messages.create({
      ...ask,
      output_config: { format: { type: "json_schema", schema: weather.schema } },
    });
    const [block] = answer.content;
    expect(JSON.parse(block?.type === "text" ? block.text : "")).toEqual({
      city: "stand-in city",
      days: 1,
    });
  });

  test("gets the list of models", async () => {
    const page = await anthropic.models.list();
    expect(page.data.map((model) => model.id)).toEqual([...standInFailures]);
  });

  test.each<[StandInFailure, unknown]>([
    ["rate_limited", Anthropic.RateLimitError],
    ["overloaded", Anthropic.InternalServerError],
    ["server_error", Anthropic.InternalServerError],
    ["context_exceeded", Anthropic.BadRequestError],
    ["auth", Anthropic.AuthenticationError],
    ["network", Anthropic.APIConnectionError],
  ])("raises the client's own class for %s", async (failure, kind) => {
    await expect(anthropic.messages.create({ ...ask, model: failure })).rejects.toBeInstanceOf(
      kind,
    );
  });

  test("is asked by the last text, past tool results", async () => {
    const messages = [
      { role: "user" as const, content: "First question" },
      { role: "assistant" as const, content: "An answer" },
      { role: "user" as const, content: "Second question" },
    ];
    const { content } = await anthropic.messages.create({ ...ask, messages });
    expect(content[0]?.type === "text" && content[0].text).toContain('"Second question"');
  });

  test("is refused where the provider refuses: empty text", async () => {
    const content = [{ type: "text" as const, text: "" }];
    const params = { ...ask, messages: [{ role: "user" as const, content }] };
    await expect(anthropic.messages.create(params)).rejects.toThrow("non-empty");
    const plain = [{ type: "text" as const, text: "Hi" }];
    const fine = { ...ask, messages: [{ role: "user" as const, content: plain }] };
    await expect(anthropic.messages.create(fine)).resolves.toMatchObject({ type: "message" });
  });

  test("is refused where the provider refuses: a call without its result", async () => {
    const params = {
      ...ask,
      tools,
      messages: [
        ...ask.messages,
        {
          role: "assistant" as const,
          content: [{ type: "tool_use" as const, id: "t1", name: "x", input: {} }],
        },
        { role: "user" as const, content: "and?" },
      ],
    };
    await expect(anthropic.messages.create(params)).rejects.toThrow("tool_result");
  });
});
