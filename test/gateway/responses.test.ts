import type { ResponseInputItem } from "openai/resources/responses/responses";
import { expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { chunk, eventStream, startTestGateway, type TestSetup } from "../support/gateway.ts";

/** `a` speaks chat completions, `m` Messages, `g` Gemini's wire, `o` has Responses itself, `r` is asked over it always. */
const setup = (policy: string, more: Partial<TestSetup> = {}): TestSetup => ({
  policies: { main: policy },
  yaml: `  m: { provider: claude, model: claude-haiku-4-5 }
  g: { provider: google, model: gemini-2.5-flash }
  o: { provider: openai, model: gpt-4.1 }
  r: { provider: responder, model: gpt-4.1 }`,
  providers: (url) => `  claude: { kind: anthropic, url: "${url}" }
  google: { kind: gemini, url: "${url}" }
  openai: { kind: openai, url: "${url}/v1", key: "\${UP_KEY}" }
  responder: { kind: openai, url: "${url}/v1", key: "\${UP_KEY}", api: responses }`,
  ...more,
});
const targets = ["a", "m", "g", "o", "r"];
const tools = [
  {
    type: "function" as const,
    name: "get_weather",
    description: "The weather of a city",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
    strict: true,
  },
];

test.each(targets)(
  "the openai client's responses are answered by %s, whole and streamed",
  async (target) => {
    await using box = await startTestGateway(
      setup(`if endpoint is responses then ${target} else reject\n`),
    );
    const asked = { model: "main", input: "Hello there", instructions: "Be brief" };
    const { data, response } = await box.client.responses.create(asked).withResponse();
    expect(data.output_text).toContain("stand-in");
    expect(data).toMatchObject({ object: "response", status: "completed" });
    expect(data.usage?.output_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-signalbox-target")).toBe(target);
    const stream = box.client.responses.stream(asked);
    let text = "";
    for await (const event of stream)
      if (event.type === "response.output_text.delta") text += event.delta;
    const final = await stream.finalResponse();
    expect(final.output_text).toBe(text);
    expect(text).toContain("stand-in");
    const paths = new Set(box.upstream.calls.map(({ path }) => path.split("/").at(-1)));
    const expected: Record<string, string[]> = {
      a: ["completions"],
      m: ["messages"],
      g: ["gemini-2.5-flash:generateContent", "gemini-2.5-flash:streamGenerateContent"],
      o: ["responses"],
      r: ["responses"],
    };
    expect([...paths]).toEqual(expected[target]);
  },
);

test.each(targets)("a tool is called through %s, and its output goes back", async (target) => {
  await using box = await startTestGateway(setup(`if tools > 0 then ${target} else reject\n`));
  const input = [{ role: "user" as const, content: "What is the weather in Oslo?" }];
  const first = await box.client.responses.create({ model: "main", input, tools });
  const call = first.output.find((item) => item.type === "function_call");
  expect(call).toMatchObject({ name: "get_weather" });
  expect(JSON.parse(call?.arguments ?? "")).toMatchObject({ city: expect.any(String) });
  const second = await box.client.responses.create({
    model: "main",
    input: [
      ...input,
      ...(first.output as ResponseInputItem[]),
      { type: "function_call_output", call_id: call?.call_id ?? "", output: "rain" },
    ],
    tools,
  });
  expect(second.output_text).toContain("Thank you for the tool's result");
});

test("chat clients are served over Responses where the provider is asked over it", async () => {
  await using box = await startTestGateway(setup("otherwise r\n"));
  const whole = await box.client.chat.completions.create({
    model: "main",
    messages: [{ role: "user", content: "Hello" }],
  });
  const stream = await box.client.chat.completions.create({
    model: "main",
    messages: [{ role: "user", content: "Hello" }],
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let tokens = 0;
  for await (const { choices, usage } of stream) {
    text += choices[0]?.delta.content ?? "";
    tokens = usage?.completion_tokens ?? tokens;
  }
  expect(text).toBe(whole.choices[0]?.message.content);
  expect(tokens).toBe(whole.usage?.completion_tokens);
  expect(new Set(box.upstream.calls.map(({ path }) => path))).toEqual(new Set(["/v1/responses"]));
});

test("an answer kept by one provider is not asked of another", async () => {
  await using box = await startTestGateway(setup("otherwise m fallback o\n"));
  const asked = { model: "main", input: "and?", previous_response_id: "resp_1" };
  const { response } = await box.client.responses.create(asked).withResponse();
  expect(response.headers.get("x-signalbox-target")).toBe("o");
  expect(box.upstream.calls.map(({ path }) => path)).toEqual(["/v1/responses"]);
  await using alone = await startTestGateway(setup("otherwise m\n"));
  await expect(alone.client.responses.create(asked)).rejects.toMatchObject({
    status: 400,
    param: "previous_response_id",
  });
});

test.each<[string, string, Behaviour]>([
  ["a", "translated", { headers: eventStream, body: [chunk("Half "), chunk("a ")], after: "cut" }],
  [
    "o",
    "relayed",
    {
      headers: eventStream,
      body: `event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[]}}\n\nevent: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":1,"item_id":"m","output_index":0,"content_index":0,"delta":"Half a "}\n\n`,
      after: "cut",
    },
  ],
])(
  "a stream from %s that breaks when it is %s is raised by the client",
  async (target, _how, cut) => {
    await using box = await startTestGateway(setup(`otherwise ${target}\n`, { script: () => cut }));
    const stream = await box.client.responses.create({ model: "main", input: "Hi", stream: true });
    let text = "";
    const read = async (): Promise<void> => {
      for await (const event of stream)
        if (event.type === "response.output_text.delta") text += event.delta;
    };
    await expect(read()).rejects.toThrow();
    expect(text).toBe("Half a ");
  },
);
