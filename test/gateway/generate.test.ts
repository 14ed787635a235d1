import Anthropic from "@anthropic-ai/sdk";
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type GenerateContentResponse,
  GoogleGenAI,
  Type,
} from "@google/genai";
import { expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import {
  eventStream,
  startTestGateway,
  type TestGateway,
  type TestSetup,
} from "../support/gateway.ts";

/** `a` speaks chat completions, `m` Messages, `g` and `h` Gemini's wire, all at one stand-in. */
const setup = (policy: string, more: Partial<TestSetup> = {}): TestSetup => ({
  policies: { main: policy },
  yaml: `  m: { provider: claude, model: claude-haiku-4-5 }
  g: { provider: google, model: gemini-2.5-flash }
  h: { provider: google, model: gemini-3.8-flash }`,
  providers: (url) =>
    `  claude: { kind: anthropic, url: "${url}" }\n  google: { kind: gemini, url: "${url}" }`,
  ...more,
});

const clientOf = (box: TestGateway, apiKey = "none"): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: box.gateway.url } });

const model = "main";
const hello = { model, contents: "Hello there" };
const targets = ["a", "m", "g", "h"];
const weather = [
  {
    functionDeclarations: [
      {
        name: "get_weather",
        description: "The weather of a city",
        parameters: {
          type: Type.OBJECT,
          properties: { city: { type: Type.STRING }, days: { type: Type.INTEGER } },
          required: ["city"],
        },
      },
    ],
  },
];

async function collected(stream: AsyncIterable<GenerateContentResponse>) {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly GenerateContentResponse[]): string =>
  chunks.map((chunk) => chunk.text ?? "").join("");

test.each(targets)("the Google client is answered by %s, whole and streamed", async (target) => {
  await using box = await startTestGateway(
    setup(`if endpoint is generate then ${target} else reject\n`),
  );
  const { models } = clientOf(box);
  const answer = await models.generateContent(hello);
  expect(answer.text).toContain("stand-in");
  expect(answer.candidates).toMatchObject([{ finishReason: "STOP", index: 0 }]);
  expect(answer.sdkHttpResponse?.headers?.["x-signalbox-target"]).toBe(target);
  const { promptTokenCount = 0, candidatesTokenCount = 0 } = answer.usageMetadata ?? {};
  expect(candidatesTokenCount).toBeGreaterThan(5);
  expect(answer.usageMetadata?.totalTokenCount).toBe(promptTokenCount + candidatesTokenCount);
  const chunks = await collected(await models.generateContentStream(hello));
  expect(textOf(chunks)).toBe(answer.text);
  expect(chunks.at(-1)).toMatchObject({
    candidates: [{ finishReason: "STOP" }],
    usageMetadata: { promptTokenCount },
  });
});

test.each(targets)("a tool is called through %s, and its result goes back", async (target) => {
  await using box = await startTestGateway(setup(`if tools > 0 then ${target} else reject\n`));
  const { models } = clientOf(box);
  const config = {
    tools: weather,
    toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
  };
  const asked: Content = { role: "user", parts: [{ text: "What is the weather in Oslo?" }] };
  const chunks = await collected(
    await models.generateContentStream({ model, contents: [asked], config }),
  );
  const calls = chunks.flatMap((chunk) => chunk.functionCalls ?? []);
  expect(calls).toMatchObject([{ name: "get_weather", args: { city: expect.any(String) } }]);
  const said = chunks.flatMap(({ candidates }) => candidates?.[0]?.content ?? []);
  const name = "get_weather";
  const answered: Content = {
    role: "user",
    parts: [{ functionResponse: { name, response: { output: "rain" } } }],
  };
  const contents = [asked, ...said, answered];
  const second = await models.generateContent({ model, contents, config });
  expect(second.text).toContain("tool's result");
  expect(second.functionCalls).toBeUndefined();
});

test.each(targets)("a chat of the client's goes on through %s", async (target) => {
  await using box = await startTestGateway(setup(`otherwise ${target}\n`));
  const chat = clientOf(box).chats.create({ model });
  await collected(await chat.sendMessageStream({ message: "Hello there" }));
  expect(chat.getHistory(true).length).toBeGreaterThan(1);
  const second = await chat.sendMessage({ message: "And again" });
  expect(second.text).toContain("stand-in");
  expect(box.upstream.calls).toHaveLength(2);
});

test.each(targets)("an answer by a schema comes from %s", async (target) => {
  await using box = await startTestGateway(setup(`otherwise ${target}\n`));
  const { models } = clientOf(box);
  const responseMimeType = "application/json";
  const own = await models.generateContent({
    ...hello,
    config: {
      responseMimeType,
      responseSchema: {
        type: Type.OBJECT,
        properties: { city: { type: Type.STRING }, seen: { type: Type.BOOLEAN, nullable: true } },
        required: ["city"],
      },
    },
  });
  expect(JSON.parse(own.text ?? "")).toMatchObject({ city: expect.any(String) });
  const schema = { type: "object", properties: { days: { type: "integer" } }, required: ["days"] };
  const json = await models.generateContent({
    ...hello,
    config: { responseMimeType, responseJsonSchema: schema },
  });
  expect(JSON.parse(json.text ?? "")).toMatchObject({ days: expect.any(Number) });
});

test("a system instruction and the settings reach a provider of another wire", async () => {
  await using box = await startTestGateway(setup("otherwise a\n"));
  await clientOf(box).models.generateContent({
    ...hello,
    config: {
      systemInstruction: "Be brief.",
      temperature: 0.5,
      topP: 0.9,
      maxOutputTokens: 50,
      stopSequences: ["END"],
      thinkingConfig: { thinkingBudget: 8000 },
    },
  });
  expect(box.upstream.calls[0]?.body).toMatchObject({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello there" },
    ],
    temperature: 0.5,
    top_p: 0.9,
    stop: ["END"],
    reasoning_effort: "medium",
  });
});

test.each([
  [{ tools: [{ googleSearch: {} }] }, "tools[0].googleSearch"],
  [{ responseModalities: ["IMAGE"] }, "responseModalities"],
  [{ cachedContent: "cachedContents/x" }, "cachedContent"],
  [{ responseMimeType: "text/x.enum" }, "responseMimeType"],
])(
  "what only Google has is refused by others, and left out where the policy says so: %j",
  async (config, field) => {
    await using box = await startTestGateway(
      setup("if turns > 1 then a with drop unsupported else a\n"),
    );
    const { models } = clientOf(box);
    await expect(models.generateContent({ ...hello, config })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`'${field}'`),
    });
    const user = { role: "user", parts: [{ text: "Hello there" }] };
    const answer = await models.generateContent({ model, contents: [user, user], config });
    expect(answer.sdkHttpResponse?.headers?.["x-signalbox-dropped"]).toBe(encodeURI(field));
  },
);

test("a client of the provider's own wire is relayed: its body goes up as it is, what it holds beyond ours too", async () => {
  const told = {
    candidates: [{ content: { parts: [{ text: "Hi" }], role: "model" }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
    newField: { more: true },
  };
  await using box = await startTestGateway(
    setup("otherwise g\n", { script: () => ({ body: JSON.stringify(told) }) }),
  );
  const body = '{ "contents": [{"parts":[{"text":"Hi"}]}],  "futureField": {"a_b": 1} }';
  const response = await fetch(`${box.gateway.url}/v1beta/models/main:generateContent`, {
    method: "POST",
    body,
  });
  expect(box.upstream.calls[0]).toMatchObject({
    path: "/v1beta/models/gemini-2.5-flash:generateContent",
    text: body,
  });
  expect(await response.json()).toEqual(told);
});

test("the plan's ceiling and settings hold for a relayed body", async () => {
  await using box = await startTestGateway(
    setup("otherwise g with max-tokens 20, set temperature 0.1\n"),
  );
  await clientOf(box).models.generateContent({
    ...hello,
    config: { maxOutputTokens: 500, topK: 4 },
  });
  expect(box.upstream.calls[0]?.body).toMatchObject({
    generationConfig: { maxOutputTokens: 20, temperature: 0.1, topK: 4 },
  });
});

test.each(["a", "g"])("without alt=sse, %s streams one JSON list", async (target) => {
  await using box = await startTestGateway(setup(`otherwise ${target}\n`));
  const response = await fetch(`${box.gateway.url}/v1beta/models/main:streamGenerateContent`, {
    method: "POST",
    body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Hello" }] }] }),
  });
  expect(response.headers.get("content-type")).toContain("application/json");
  const list = (await response.json()) as GenerateContentResponse[];
  expect(list.length).toBeGreaterThan(3);
  expect(list.at(-1)?.candidates?.[0]?.finishReason).toBe("STOP");
});

test("tokens are counted upstream where the target counts, else here", async () => {
  await using box = await startTestGateway(
    setup("if turns > 1 then a else g\n", {
      script: ({ path }) =>
        path.endsWith(":countTokens") ? { body: JSON.stringify({ totalTokens: 4711 }) } : null,
    }),
  );
  const { models } = clientOf(box);
  expect((await models.countTokens(hello)).totalTokens).toBe(4711);
  const user = { role: "user", parts: [{ text: "Hello there" }] };
  const contents = [user, { role: "model", parts: [{ text: "Hi" }] }, user];
  const { totalTokens = 0 } = await models.countTokens({ model, contents });
  expect(totalTokens).toBeGreaterThan(5);
  expect(totalTokens).toBeLessThan(60);
  const { messages } = new Anthropic({ baseURL: box.gateway.url, apiKey: "none", maxRetries: 0 });
  const other = { model, messages: [{ role: "user" as const, content: "Hi" }] };
  expect(await messages.countTokens(other)).toEqual({ input_tokens: 4711 });
  expect(box.upstream.calls.map(({ path, body }) => [path, Object.keys(body)])).toEqual([
    ["/v1beta/models/gemini-2.5-flash:countTokens", ["contents"]],
    ["/v1beta/models/gemini-2.5-flash:countTokens", ["generateContentRequest"]],
  ]);
});

test.each([
  ["a", []],
  ["m", ["model", "messages"]],
  ["g", ["contents"]],
])("a stand-in of %s counts too, and is sent the prompt alone", async (target, fields) => {
  await using box = await startTestGateway(setup(`otherwise ${target}\n`));
  const { totalTokens = 0 } = await clientOf(box).models.countTokens(hello);
  expect(totalTokens).toBeGreaterThan(1);
  expect(box.upstream.calls.flatMap(({ body }) => Object.keys(body))).toEqual(fields);
});

test("errors come in Google's envelope, with the client's own kind of error", async () => {
  await using box = await startTestGateway(
    setup('if tokens > 5000 then reject 429 "too long" else g\n'),
  );
  const { models } = clientOf(box);
  const failed = (contents: string, config = {}): Promise<ApiError> =>
    models.generateContent({ model, contents, config }).then(
      () => Promise.reject(new Error("it was answered")),
      (error: ApiError) => error,
    );
  const long = await failed("word ".repeat(9000));
  expect(long).toBeInstanceOf(ApiError);
  expect(long.status).toBe(429);
  expect(JSON.parse(long.message)).toMatchObject({
    error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "too long" },
  });
  const wrong = await failed("Hi", { temperature: 7 });
  expect(JSON.parse(wrong.message)).toMatchObject({
    error: {
      status: "INVALID_ARGUMENT",
      message: expect.stringContaining("generationConfig.temperature"),
    },
  });
  for (const [path, status] of [
    ["/v1beta/models/main:embedContent", "NOT_FOUND"],
    ["/v1beta/models/unknown", "NOT_FOUND"],
    ["/v1beta/models/main:generateContent", "INVALID_ARGUMENT"],
  ])
    expect(await (await fetch(box.gateway.url + path)).json()).toMatchObject({ error: { status } });
});

test.each(["a", "g"])(
  "a stream of %s that breaks ends with an error that the client raises",
  async (target) => {
    const piece = { candidates: [{ content: { parts: [{ text: "Half a " }], role: "model" } }] };
    const chunk = { id: "c", choices: [{ index: 0, delta: { content: "Half a " } }] };
    const cut: Behaviour = {
      headers: eventStream,
      body: `data: ${JSON.stringify(target === "a" ? chunk : piece)}\n\n`,
      after: "cut",
    };
    await using box = await startTestGateway(setup(`otherwise ${target}\n`, { script: () => cut }));
    let text = "";
    const read = async (): Promise<void> => {
      for await (const one of await clientOf(box).models.generateContentStream(hello))
        text += one.text ?? "";
    };
    await expect(read()).rejects.toBeInstanceOf(ApiError);
    expect(text).toBe("Half a ");
    const response = await fetch(`${box.gateway.url}/v1beta/models/main:streamGenerateContent`, {
      method: "POST",
      body: JSON.stringify({ contents: [{ parts: [{ text: "Hello" }] }] }),
    });
    expect(await response.json()).toMatchObject([
      { candidates: [{ content: piece.candidates[0]?.content }] },
      { error: { code: 502, status: "UNAVAILABLE" } },
    ]);
  },
);

test("thinking of Claude's comes back to it signed, and to no other", async () => {
  const signed = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-haiku-4-5",
    content: [
      { type: "thinking", thinking: "höm 🚂", signature: "sig-of-haiku" },
      { type: "text", text: "Yes" },
    ],
    stop_reason: "end_turn",
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  await using box = await startTestGateway(
    setup("if turns > 2 then h else m\n", {
      script: ({ path }) => (path.endsWith("/messages") ? { body: JSON.stringify(signed) } : null),
    }),
  );
  const chat = clientOf(box).chats.create({ model });
  const first = await chat.sendMessage({ message: "Hi" });
  expect(first.text).toBe("Yes");
  await chat.sendMessage({ message: "Again" });
  await chat.sendMessage({ message: "Once more" });
  const [, second, third] = box.upstream.calls;
  expect(second?.body["messages"]).toMatchObject([
    {},
    {
      content: [
        { type: "thinking", thinking: "höm 🚂", signature: "sig-of-haiku" },
        { type: "text", text: "Yes" },
      ],
    },
    {},
  ]);
  expect(third?.path).toContain("gemini-3.8-flash");
  expect(third?.text).not.toMatch(/höm|thoughtSignature/);
});
