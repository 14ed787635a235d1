import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";

const setup = (policy: string, more: TestSetup = {}): TestSetup => ({
  policies: { main: policy },
  targets: `  m: { provider: claude, model: claude-haiku-4-5 }
  g: { provider: google, model: gemini-2.5-flash }
  o: { provider: oa, model: gpt-5.5, price: { input: $1/M, output: $2/M }, context: 128k }`,
  providers: (url) => `  claude: { kind: anthropic, url: "${url}" }
  google: { kind: gemini, url: "${url}" }
  oa: { kind: openai, url: "${url}/v1" }`,
  ...more,
});

const post = (box: TestGateway, path: string, body: object | string): Promise<Response> =>
  fetch(box.gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const mail = "write to alice.smith@example.com";
const go = { role: "user", content: "go" };
const item = (value: object) => ({ model: "main", input: [value, go] });
const said = (value: object) => ({
  ...{ model: "main", max_tokens: 9 },
  messages: [go, { role: "assistant", content: [value] }, go],
});

const textFile = (text: string) => ({
  filename: "a.txt",
  file_data: `data:text/plain;base64,${Buffer.from(text).toString("base64")}`,
});

const mailBytes = Buffer.from(`${mail} `.repeat(6)).toString("base64");
const chatPart = (part: object) => ({
  model: "main",
  messages: [{ role: "user", content: [part] }],
});
const chatFile = (file_data: string, filename?: string) =>
  chatPart({ type: "file", file: { file_data, filename } });

test.each([
  ["a blank in its head", chatFile(`data:text/plain; charset=utf-8;base64,${mailBytes}`, "a.txt")],
  ["a stray letter", chatFile(`data:text/plain;base64,${mailBytes}*`, "a.txt")],
  ["other letters than it has", chatFile(`data:text/plain;charset=utf-16;base64,${mailBytes}`)],
  ["a long head", chatFile(`data:text/plain;a=${"x".repeat(1300)};base64,${mailBytes}`)],
  [
    "the type of a spreadsheet",
    chatFile(`data:application/vnd.ms-excel;base64,${mailBytes}`, "a.csv"),
  ],
  ["neither type nor name", chatFile(mailBytes)],
  [
    "a picture's place",
    chatPart({ type: "image_url", image_url: { url: `data:text/plain;base64,${mailBytes}*` } }),
  ],
])("personal data is found in a text file with %s", async (_, body) => {
  await using box = await startTestGateway(setup("if pii then reject\notherwise a\n"));
  expect((await post(box, "/v1/chat/completions", body)).status).toBe(403);
  expect(box.upstream.calls).toEqual([]);
});

test("personal data is found wherever it is sent", async () => {
  await using box = await startTestGateway(setup("if pii then reject\notherwise a\n"));
  for (const [path, body] of [
    ["messages", said({ type: "thinking", thinking: mail, signature: "s" })],
    ["messages", said({ type: "text", text: "ok", citations: [{ cited_text: mail }] })],
    [
      "responses",
      item({ type: "reasoning", id: "r", summary: [{ type: "summary_text", text: mail }] }),
    ],
    ["responses", item({ type: "custom_tool_call", call_id: "c", name: "n", input: mail })],
    ["responses", { model: "main", prompt: { id: "p", variables: { doc: mail } } }],
    [
      "chat/completions",
      { model: "main", messages: [go], prediction: { type: "content", content: mail } },
    ],
    ["completions", { model: "main", prompt: "go", suffix: mail }],
    ["images/generations", { model: "main", prompt: "go", negative_prompt: mail }],
    ["responses", item({ role: "user", content: [{ type: "input_file", ...textFile(mail) }] })],
    ["messages", { ...said({ type: "text", text: "ok" }), messages: [{ ...go, note: mail }] }],
    ["chat/completions", { model: "main", messages: [go], stop: [mail] }],
  ] as const)
    expect((await post(box, `/v1/${path}`, body)).status, JSON.stringify(body)).toBe(403);
  expect(box.upstream.calls).toEqual([]);
});

test("what is shown by reference is seen by a guard", async () => {
  await using box = await startTestGateway(
    setup(
      "if images > 0 or files > 0 then reject\nif endpoint is messages then m\nif endpoint is generate then g\notherwise o\n",
    ),
  );
  const shown = (source: object) => ({
    ...{ model: "main", max_tokens: 9 },
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source },
          { type: "text", text: "hi" },
        ],
      },
    ],
  });
  const generate = "/v1beta/models/main:generateContent";
  const fileUri = "https://generativelanguage.googleapis.com/v1beta/files/1";
  for (const [path, body] of [
    ["/v1/messages", shown({ type: "file", file_id: "f" })],
    ["/v1/responses", item({ role: "user", content: [{ type: "input_image", file_id: "f" }] })],
    [
      "/v1/responses",
      item({ role: "user", content: [{ type: "input_file", file_url: "https://x/y" }] }),
    ],
    [
      generate,
      { contents: [{ role: "user", parts: [{ fileData: { fileUri, mimeType: "image/png" } }] }] },
    ],
  ] as const)
    expect((await post(box, path, body)).status, JSON.stringify(body)).toBe(403);
  expect(box.upstream.calls).toEqual([]);
});

test("of a key that stands twice, what was decided on is what is sent", async () => {
  await using box = await startTestGateway(setup("if images > 0 then reject\notherwise g\n"));
  const image = '[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]';
  const plain = '[{"role":"user","parts":[{"text":"hi"}]}]';
  const body = `{"contents":${image},"contents":${plain}}`;
  const answer = await post(box, "/v1beta/models/main:generateContent", body);
  expect(answer.status).toBe(200);
  expect(box.upstream.calls[0]?.text).not.toContain("inlineData");
  expect(box.upstream.calls[0]?.text).toContain("hi");
});

test.each([
  [
    "/v1/chat/completions",
    '{"model":"main","messages":[{"role":"user","content":"SMUGGLED","content":"hi"}]}',
  ],
  [
    "/v1/responses",
    '{"model":"main","input":[{"role":"user","content":[{"type":"input_text","text":"SMUGGLED","text":"hi"}]}]}',
  ],
  [
    "/v1/messages",
    '{"model":"main","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"SMUGGLED","t\\u0065xt":"hi"}]}]}',
  ],
  [
    "/v1beta/models/main:generateContent",
    '{"contents":[{"parts":[{"text":"SMUGGLED","text":"hi"}]}]}',
  ],
])(
  "of a key that stands twice deep inside %s, only what was decided on is sent",
  async (path, body) => {
    await using box = await startTestGateway({ policies: { main: "otherwise a\n" } });
    expect((await post(box, path, body)).status).toBe(200);
    expect(box.upstream.calls[0]?.text).not.toContain("SMUGGLED");
    expect(box.upstream.calls[0]?.text).toContain("hi");
  },
);

test("a ceiling refuses what nobody can measure, says why, and its record tells", async () => {
  await using box = await startTestGateway(
    setup(
      "if header.x-by is cost then o with cost at most $0.01, max_tokens 100\nif tools > 0 then requested with max_tokens 100\nif header.x-by is none then o\nensure plan.cost <= $0.01 when tools > 0\notherwise o with tokens at most 100\n",
      { yaml: "telemetry: { decision-log: log.jsonl }" },
    ),
  );
  const ask = (by: string, body: object) =>
    fetch(`${box.gateway.url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-by": by },
      body: JSON.stringify({
        ...(by === "guard"
          ? { model: "o", tools: [{ type: "function", name: "f" }] }
          : { model: "main" }),
        input: "go",
        max_output_tokens: 50,
        ...body,
      }),
    });
  const earlier = { previous_response_id: "resp_1" };
  for (const [by, status, code] of [
    ["tokens", 413, "tokens_exceeded"],
    ["cost", 413, "cost_ceiling"],
    ["guard", 403, "guard"],
  ] as const) {
    expect((await ask(by, {})).status).toBe(200);
    const refused = await ask(by, earlier);
    expect(refused.status).toBe(status);
    const { error } = (await refused.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message).toContain("previous_response_id");
  }
  expect((await ask("none", earlier)).status).toBe(200);
  expect(box.upstream.calls).toHaveLength(4);
  await box.gateway.close();
  const records = readFileSync(join(box.folder, "log.jsonl"), "utf8").trim().split("\n");
  expect(
    records
      .map((line) => (JSON.parse(line) as { facts: object }).facts)
      .filter((facts) => "body.kept" in facts),
  ).toHaveLength(4);
});

test("a ceiling holds for text in files, files that are no text, and what a provider's tools may bring", async () => {
  await using box = await startTestGateway(setup("otherwise o with tokens at most 1k\n"));
  const file = (content: object) => item({ role: "user", content: [content] });
  const pdf = { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" };
  for (const [body, why] of [
    [file({ type: "input_file", ...textFile("so many words ".repeat(500)) }), "this one has"],
    [file({ type: "input_file", ...pdf }), "a file that is no text"],
    [{ model: "main", input: "go", tools: [{ type: "web_search" }] }, "web_search"],
  ] as const) {
    const refused = await post(box, "/v1/responses", body);
    expect(refused.status).toBe(413);
    expect(await refused.text()).toContain(why);
  }
  const short = file({ type: "input_file", ...textFile("few words") });
  expect((await post(box, "/v1/responses", short)).status).toBe(200);
  expect(box.upstream.calls).toHaveLength(1);
});

test("an API that takes no forms says so", async () => {
  await using box = await startTestGateway(setup("otherwise a\n"));
  for (const [path, status] of [
    ["embeddings", 415],
    ["moderations", 415],
    ["images/generations", 415],
    ["images/edits", 200],
  ] as const) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ model: "main", prompt: "x", input: "x" }))
      form.append(name, value);
    const answer = await fetch(`${box.gateway.url}/v1/${path}`, { method: "POST", body: form });
    expect(answer.status).toBe(status);
    if (status === 415) expect(await answer.text()).toContain("multipart/form-data");
    else await answer.body?.cancel();
  }
});

test("a vector that is no base64 passes as it came", async () => {
  const body =
    '{"object":"list","data":[{"object":"embedding","index":0,"embedding":"not base64!"}]}';
  await using box = await startTestGateway({ script: () => ({ body }) });
  const answer = await post(box, "/v1/embeddings", { model: "main", input: "x" });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe(body);
});
