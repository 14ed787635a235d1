import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";

/** `a` speaks chat completions, `m` Messages, `g` Gemini's wire, all at one stand-in. */
const setup = (policy: string, more: Partial<TestSetup> = {}): TestSetup => ({
  policies: { main: policy },
  yaml: `  m: { provider: claude, model: claude-haiku-4-5 }
  o: { provider: claude, model: claude-sonnet-4-6 }
  g: { provider: google, model: gemini-2.5-flash }`,
  providers: (url) =>
    `  claude: { kind: anthropic, url: "${url}" }\n  google: { kind: gemini, url: "${url}" }`,
  ...more,
});

const clientOf = (box: TestGateway): Anthropic =>
  new Anthropic({ baseURL: box.gateway.url, apiKey: "none", maxRetries: 0 });

const hello = {
  model: "main",
  max_tokens: 500,
  messages: [{ role: "user" as const, content: "Hello there" }],
};
const tools: Anthropic.Tool[] = [
  {
    name: "get_weather",
    description: "The weather of a city",
    input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];

test.each(["a", "m", "g"])(
  "the anthropic client is answered by %s, whole and streamed",
  async (target) => {
    await using box = await startTestGateway(
      setup(`if endpoint is messages then ${target} else reject\n`),
    );
    const client = clientOf(box);
    const { data, response } = await client.messages.create(hello).withResponse();
    const text = (message: Anthropic.Message): string =>
      message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    expect(text(data)).toContain("stand-in");
    expect(data).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
    expect(data.usage.output_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-signalbox-target")).toBe(target);
    const streamed = await client.messages.stream(hello).finalMessage();
    expect(text(streamed)).toBe(text(data));
    expect(streamed.stop_reason).toBe("end_turn");
    expect(streamed.usage.input_tokens).toBe(data.usage.input_tokens);
  },
);

test.each(["a", "m", "g"])(
  "a tool is called through %s, and its result goes back",
  async (target) => {
    await using box = await startTestGateway(setup(`if tools > 0 then ${target} else reject\n`));
    const client = clientOf(box);
    const asked = {
      ...hello,
      tools,
      messages: [{ role: "user" as const, content: "What is the weather in Oslo?" }],
    };
    const first = await client.messages.stream(asked).finalMessage();
    expect(first.stop_reason).toBe("tool_use");
    const use = first.content.find((block) => block.type === "tool_use");
    expect(use).toMatchObject({ name: "get_weather", input: { city: expect.any(String) } });
    const second = await client.messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: "assistant", content: first.content },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: use?.id ?? "", content: "rain" }],
        },
      ],
    });
    expect(second.stop_reason).toBe("end_turn");
  },
);

test("errors come in this API's envelope, with the client's own kinds of error", async () => {
  await using box = await startTestGateway(
    setup('if tokens > 5000 then reject 429 "too long" else m\n'),
  );
  const client = clientOf(box);
  const long = { ...hello, messages: [{ role: "user" as const, content: "word ".repeat(9000) }] };
  await expect(client.messages.create(long)).rejects.toBeInstanceOf(Anthropic.RateLimitError);
  const wrong = { ...hello, max_tokens: -1 };
  await expect(client.messages.create(wrong)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  const response = await fetch(`${box.gateway.url}/v1/messages`, { method: "POST", body: "{" });
  expect(await response.json()).toMatchObject({
    type: "error",
    error: { type: "invalid_request_error" },
  });
});

test("a stream that breaks ends with an error event that the client raises", async () => {
  const chunk = (text: string): string =>
    `event: content_block_delta\ndata: ${JSON.stringify({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })}\n\n`;
  const cut: Behaviour = {
    headers: { "content-type": "text/event-stream" },
    body: `event: message_start\ndata: ${JSON.stringify({ type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "c", content: [], usage: { input_tokens: 3, output_tokens: 1 } } })}\n\nevent: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n${chunk("Half a ")}`,
    after: "cut",
  };
  await using box = await startTestGateway(setup("otherwise m\n", { script: () => cut }));
  const stream = clientOf(box).messages.stream(hello);
  let text = "";
  stream.on("text", (piece) => {
    text += piece;
  });
  await expect(stream.finalMessage()).rejects.toThrow();
  expect(text).toBe("Half a ");
});

test("tokens are counted upstream where the target counts, else here", async () => {
  await using box = await startTestGateway(
    setup("if turns > 1 then a else m\n", {
      script: ({ path }) =>
        path.endsWith("/count_tokens") ? { body: JSON.stringify({ input_tokens: 4711 }) } : null,
    }),
  );
  const client = clientOf(box);
  const { model, messages } = hello;
  expect(await client.messages.countTokens({ model, messages })).toEqual({ input_tokens: 4711 });
  const { input_tokens: own } = await client.messages.countTokens({
    model,
    messages: [...messages, { role: "assistant", content: "Hi" }, ...messages],
  });
  expect(own).toBeGreaterThan(5);
  expect(own).toBeLessThan(60);
  expect(box.upstream.calls.map(({ path }) => path)).toEqual(["/v1/messages/count_tokens"]);
});

test("thinking that another model signed is left out when the session moves", async () => {
  const signed = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-haiku-4-5",
    content: [
      { type: "thinking", thinking: "hm", signature: "sig-of-haiku" },
      { type: "text", text: "Yes" },
    ],
    stop_reason: "end_turn",
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  await using box = await startTestGateway(
    setup("if turns > 2 then o else m\n", { script: () => ({ body: JSON.stringify(signed) }) }),
  );
  const client = clientOf(box);
  const first = await client.messages.create(hello);
  const turn = { role: "assistant" as const, content: first.content };
  await client.messages.create({
    ...hello,
    messages: [...hello.messages, turn, ...hello.messages],
  });
  await client.messages.create({
    ...hello,
    messages: [...hello.messages, turn, ...hello.messages, turn, ...hello.messages],
  });
  const thoughts = box.upstream.calls.map(({ text }) => text.split("sig-of-haiku").length - 1);
  expect(thoughts).toEqual([0, 1, 0]);
});

test("one policy serves clients of both APIs", async () => {
  await using box = await startTestGateway(setup("otherwise g fallback m\n"));
  const [said, told] = await Promise.all([
    clientOf(box).messages.create(hello),
    box.client.chat.completions.create({ model: "main", messages: hello.messages }),
  ]);
  expect(said.content[0]).toMatchObject({ type: "text" });
  expect(told.choices[0]?.message.content).toContain("stand-in");
});

test("a request with tools goes on to the next provider after an overload as the first event, and the client sees one clean answer", async () => {
  const overload: Behaviour = {
    headers: { "content-type": "text/event-stream" },
    body: `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`,
  };
  await using box = await startTestGateway(
    setup("otherwise m fallback g with retry 0\n", {
      script: ({ path }) => (path.endsWith("/messages") ? overload : null),
    }),
  );
  const { data: stream, response } = await box.client.chat.completions
    .create({
      model: "main",
      stream: true,
      messages: [{ role: "user", content: "What is the weather in Oslo?" }],
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "The weather of a city",
            parameters: tools[0]?.input_schema as Record<string, unknown>,
          },
        },
      ],
    })
    .withResponse();
  const pieces: string[] = [];
  let name = "";
  let finish: string | null = null;
  for await (const { choices } of stream) {
    const [call] = choices[0]?.delta.tool_calls ?? [];
    name += call?.function?.name ?? "";
    pieces.push(call?.function?.arguments ?? "");
    finish = choices[0]?.finish_reason ?? finish;
  }
  expect(name).toBe("get_weather");
  expect(JSON.parse(pieces.join(""))).toMatchObject({ city: expect.any(String) });
  expect(finish).toBe("tool_calls");
  expect(response.headers.get("x-signalbox-target")).toBe("g");
  expect(response.headers.get("x-signalbox-attempts")).toBe("2");
});

test("features that a client names in its header reach a provider of the same wire, and no other", async () => {
  await using box = await startTestGateway(setup("if turns > 1 then a else m\n"));
  const client = clientOf(box);
  const betas = {
    headers: { "anthropic-beta": "context-management-2025-06-27, interleaved-thinking-2025-05-14" },
  };
  await client.messages.create(hello, betas);
  await client.messages.create(
    {
      ...hello,
      messages: [...hello.messages, { role: "assistant", content: "Hi" }, ...hello.messages],
    },
    betas,
  );
  expect(box.upstream.calls.map(({ headers }) => headers["anthropic-beta"])).toEqual([
    "context-management-2025-06-27,interleaved-thinking-2025-05-14",
    undefined,
  ]);
});
