import { toFile } from "openai";
import { expect, test } from "vitest";
import { chunk, eventStream, startTestGateway, type TestSetup } from "../support/gateway.ts";

/** `b` speaks another wire, at the same stand-in. */
const setup = (policy: string): TestSetup => ({ policies: { main: policy } });

const json = (body: object) => ({ body: JSON.stringify(body) });

test("embeddings come as the client asks for them, whatever the provider gives", async () => {
  const vector = [0.5, -0.25, 1];
  const answer = {
    object: "list",
    model: "model-a",
    data: [{ object: "embedding", index: 0, embedding: vector }],
    usage: { prompt_tokens: 3, total_tokens: 3 },
  };
  await using box = await startTestGateway({
    ...setup("if endpoint is embeddings then a else reject\n"),
    script: () => json(answer),
  });
  // The official client asks for base64 and takes it apart, unless it is told otherwise.
  const got = await box.client.embeddings.create({ model: "main", input: ["hello"] });
  expect(got.data[0]?.embedding).toEqual(vector);
  const plain = await box.client.embeddings.create({
    model: "main",
    input: "hello",
    encoding_format: "float",
  });
  expect(plain.data[0]?.embedding).toEqual(vector);
  expect(box.upstream.calls.map(({ path, body }) => [path, body["model"], body["input"]])).toEqual([
    ["/v1/embeddings", "model-a", ["hello"]],
    ["/v1/embeddings", "model-a", "hello"],
  ]);
});

test("base64 vectors are taken apart for a client that wants numbers", async () => {
  const embedding = Buffer.from(Float32Array.from([0.5, -2]).buffer).toString("base64");
  await using box = await startTestGateway({
    script: () => json({ object: "list", data: [{ object: "embedding", index: 0, embedding }] }),
  });
  const response = await fetch(`${box.gateway.url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", input: "x" }),
  });
  const got = (await response.json()) as { data: { embedding: number[] }[] };
  expect(got.data[0]?.embedding).toEqual([0.5, -2]);
});

test("the size of tokens that a client cut itself counts", async () => {
  await using box = await startTestGateway({
    ...setup("if tokens > 50 then a else b\n"),
  });
  const small = await box.client.embeddings
    .create({ model: "main", input: [1, 2, 3] })
    .asResponse();
  const large = await box.client.embeddings
    .create({ model: "main", input: Array.from({ length: 100 }, (_, at) => at) })
    .asResponse();
  expect(small.headers.get("x-signalbox-target")).toBe("b");
  expect(large.headers.get("x-signalbox-target")).toBe("a");
});

test("plain prompts are completed, whole and streamed", async () => {
  await using box = await startTestGateway();
  const whole = await box.client.completions.create({ model: "main", prompt: "Once" });
  expect(whole.choices[0]?.text).toContain("stand-in for model-a");
  const stream = await box.client.completions.create({
    model: "main",
    prompt: "Once",
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let tokens = 0;
  for await (const event of stream) {
    text += event.choices[0]?.text ?? "";
    tokens = event.usage?.completion_tokens ?? tokens;
  }
  expect(text).toBe(whole.choices[0]?.text);
  expect(tokens).toBeGreaterThan(0);
});

test("plain prompts are completed by a provider that only chats", async () => {
  await using box = await startTestGateway({
    yaml: `  m: { provider: le, model: model-m, price: { input: $1/M, output: $2/M } }`,
    ...setup("otherwise m\n"),
    providers: (url) => `  le: { kind: mistral, url: "${url}/v1" }`,
    script: ({ body }) =>
      body["stream"] === true
        ? {
            headers: eventStream,
            body: `${chunk("up")}${chunk("on")}data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`,
          }
        : null,
  });
  const whole = await box.client.completions.create({ model: "main", prompt: "Once" });
  expect(whole.object).toBe("text_completion");
  expect(whole.choices[0]?.text).toContain("stand-in");
  const stream = await box.client.completions.create({
    model: "main",
    prompt: "Once",
    stream: true,
  });
  let text = "";
  for await (const event of stream) text += event.choices[0]?.text ?? "";
  expect(text).toBe("upon");
  const several = box.client.completions.create({ model: "main", prompt: ["a", "b"] });
  await expect(several).rejects.toMatchObject({ status: 400, param: "prompt" });
});

test("pictures, speech, moderation and reranking pass through to the target the policy picks", async () => {
  await using box = await startTestGateway({
    ...setup("if endpoint in [images, audio, moderations, rerank] then b else reject\n"),
  });
  const image = await box.client.images.generate({ model: "main", prompt: "a box" });
  expect(
    Buffer.from(image.data?.[0]?.b64_json ?? "", "base64")
      .subarray(1, 4)
      .toString(),
  ).toBe("PNG");
  const speech = await box.client.audio.speech.create({
    model: "main",
    voice: "alloy",
    input: "hi",
  });
  expect(speech.headers.get("content-type")).toBe("audio/wav");
  expect(
    Buffer.from(await speech.arrayBuffer())
      .subarray(0, 4)
      .toString(),
  ).toBe("RIFF");
  const checked = await box.client.moderations.create({ input: "hi" });
  expect(checked.results[0]?.flagged).toBe(false);
  const ranked = await fetch(`${box.gateway.url}/v1/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", query: "q", documents: ["a", { text: "b" }] }),
  });
  expect(((await ranked.json()) as { results: unknown[] }).results).toHaveLength(2);
  expect(box.upstream.calls.map(({ body }) => body["model"])).toEqual(Array(4).fill("model-b"));
});

test("sound is written down: a form goes on with nothing but its model changed", async () => {
  await using box = await startTestGateway(setup("if audio > 0 then b else a\n"));
  const sound = new Uint8Array(1000).map((_, at) => at % 251);
  const { text } = await box.client.audio.transcriptions.create({
    model: "main",
    file: await toFile(sound, "a.wav", { type: "audio/wav" }),
    prompt: "names: model, Signalbox",
  });
  expect(text).toContain("heard");
  const [call] = box.upstream.calls;
  expect(call?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  expect(call?.text).toContain("names: model, Signalbox");
  expect(call?.text).toMatch(/name="model"\r\n\r\nmodel-b\r\n/);
});

test("a form that is none is refused, and so is a provider without the API", async () => {
  await using box = await startTestGateway({
    ...setup("otherwise m\n"),
    yaml: `  m: { provider: claude, model: claude-sonnet-5-5 }`,
    providers: (url) => `  claude: { kind: anthropic, url: "${url}" }`,
  });
  const broken = await fetch(`${box.gateway.url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: { "content-type": "multipart/form-data; boundary=x" },
    body: "--y\r\n\r\n--y--",
  });
  expect(broken.status).toBe(400);
  await expect(box.client.embeddings.create({ model: "main", input: "x" })).rejects.toMatchObject({
    status: 400,
    code: "unsupported_parameter",
    param: "endpoint",
  });
  expect(box.upstream.calls).toEqual([]);
});
