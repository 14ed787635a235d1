import { expect, test } from "vitest";
import { ModelFitter } from "../../src/simulator/models/fit-models.ts";
import { logSamples } from "../support/log-samples.ts";
import { read } from "../support/read-requests.ts";

const head = "time,id,tokens,input,output,target,duration,first_token,status";
const mapped = (row: string): Buffer => Buffer.from(`${head}\n2026-11-23T10:00:00Z,r,${row}\n`);
const failed = logSamples.find(({ format }) => format === "litellm")?.text.split("\n")[1] ?? "";
const litellm = (parts: object): Buffer =>
  Buffer.from(JSON.stringify({ ...JSON.parse(failed), ...parts }));
const messages = [{ role: "user", content: "hi" }];
const none = { prompt_tokens: 0, completion_tokens: 0 };

test.each([
  [
    "zeros of a refusal",
    mapped("0,0,0,claude,90,,429"),
    [null, null, undefined],
    [null, null, null],
  ],
  [
    "zeros beside a body",
    litellm({ ...none, messages }),
    [null, null, undefined],
    [null, null, null],
  ],
  [
    "zeros without a status",
    litellm({ ...none, error_information: null }),
    [null, null, undefined],
    [null, null, 250],
  ],
  ["a prompt that was counted", mapped("7,7,0,claude,90,,500"), [7, null, 7], [null, null, null]],
  [
    "a first token before an error",
    mapped("7,,,claude,90,50,500"),
    [7, null, 7],
    [null, null, null],
  ],
  ["a stream that broke", mapped("7,7,3,claude,90,50,500"), [7, 3, 7], [7, 3, 50]],
  ["an answer of no tokens", mapped("0,0,0,claude,90,,200"), [0, 0, 0], [0, 0, null]],
] as const)(
  "a row that failed tells of tokens only as far as it was answered: %s",
  async (...row) => {
    const [, bytes, counts, attempt] = row;
    const { requests, skipped } = await read([bytes]);
    expect(skipped).toEqual([]);
    const { usage, facts } = requests[0] ?? {};
    expect([usage?.input ?? null, usage?.output ?? null, facts?.["tokens"]]).toEqual(counts);
    const [only] = requests[0]?.outcome().attempts ?? [];
    expect([only?.inputTokens, only?.outputTokens, only?.firstTokenMs]).toEqual(attempt);
  },
);

test("where a row tells the fact `tokens` alone, that is the size of its prompt for speeds and costs", async () => {
  const models = new ModelFitter(() => {
    throw new Error("no speed was measured");
  });
  const { requests } = await read([mapped("1000,,50,claude,900,300,200")]);
  expect(requests[0]).toMatchObject({ usage: { input: 1_000, output: 50, served: null } });
  for (const request of requests) models.add(request);
  const claude = models.models().targets.get("claude");
  expect(claude).toMatchObject({ answers: 1, usual: { inputTokens: 1_000, outputTokens: 50 } });
});

const counted = { prompt_tokens: 1_000, completion_tokens: 500 };
const ofMessages = { input_tokens: 600, cache_read_input_tokens: 400, output_tokens: 500 };
const answered = { choices: [{ message: { role: "assistant", content: "hi" } }] };

test.each([
  ["beside its body", { usage: counted }],
  ["in its response", { response: { ...answered, usage: counted } }],
  [
    "in its response, written as text",
    { response: JSON.stringify({ ...answered, usage: counted }) },
  ],
  ["in its response, by Messages", { response: { content: [], usage: ofMessages } }],
  [
    "in the body of its response",
    { response: { status_code: 200, body: { ...answered, usage: counted } } },
  ],
  [
    "beside its body before that of a response",
    { usage: counted, response: { usage: { ...counted, completion_tokens: 1 } } },
  ],
])("the usage of an envelope is read %s", async (_, parts) => {
  const envelope = { time: "2026-11-23T10:00:00Z", body: { model: "claude", messages }, ...parts };
  const { requests, skipped } = await read([Buffer.from(JSON.stringify(envelope))]);
  expect(skipped).toEqual([]);
  expect(requests[0]?.usage).toEqual({ input: 1_000, output: 500, served: null });
});

test("an embedding in the export of another gateway is read by what stands beside its body", async () => {
  const row = {
    ...JSON.parse(failed),
    call_type: "aembedding",
    prompt_tokens: 9,
    messages: "a text",
  };
  const { requests, skipped } = await read([Buffer.from(JSON.stringify(row))]);
  expect(skipped).toEqual([]);
  expect(requests[0]).toMatchObject({ chat: null, facts: { endpoint: "embeddings", tokens: 9 } });
});
