import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BatchBench, hour, line, minute, startBatchBench } from "../support/batch-bench.ts";

let bench: BatchBench;
beforeAll(async () => {
  bench = await startBatchBench({
    policy:
      'if prompt contains "claude" then claude with batch within 24h otherwise gpt with batch within 24h',
  });
});
afterAll(() => bench[Symbol.asyncDispose]());

async function post(path: string, body: unknown): Promise<Response> {
  return await fetch(`${bench.gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify(body),
  });
}

const said = (content: string) => ({ model: "main", messages: [{ role: "user", content }] });
const parts = (text: string) => ({ contents: [{ role: "user", parts: [{ text }] }] });

describe("where a policy lets requests wait", () => {
  test.each([
    ["/v1/messages/count_tokens", said("hello claude"), { input_tokens: expect.any(Number) }],
    ["/v1/messages/count_tokens", said("hello"), { input_tokens: expect.any(Number) }],
    ["/v1beta/models/main:countTokens", parts("claude"), { totalTokens: expect.any(Number) }],
    ["/v1/rerank", { model: "main", query: "a", documents: ["b"] }, { results: [{}] }],
    ["/v1/audio/speech", { model: "main", input: "a", voice: "alloy" }, null],
  ])("what no batch API takes is answered at once: %s", async (path, body, answer) => {
    const response = await post(path, body);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-signalbox-batch")).toBeNull();
    if (answer === null) expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(40);
    else expect(await response.json()).toMatchObject(answer);
  });

  test.each(["/v1/images/edits", "/v1/audio/transcriptions"])(
    "a form is answered at once, with the file that it bears: %s",
    async (path) => {
      const form = new FormData();
      form.set("model", "main");
      form.set("prompt", "hello");
      form.set(path.includes("audio") ? "file" : "image", new Blob(["the file itself"]), "a.bin");
      const sentBefore = bench.upstream.calls.length;
      const response = await fetch(`${bench.gateway.url}${path}`, { method: "POST", body: form });
      expect(response.status).toBe(200);
      const [call, ...others] = bench.upstream.calls.slice(sentBefore);
      expect(others).toEqual([]);
      expect(call?.path).toBe(path);
      expect(call?.text).toContain("the file itself");
    },
  );

  test.each([
    ["/v1/embeddings", { model: "main", input: "hello" }],
    ["/v1/moderations", { model: "main", input: "hello" }],
    ["/v1/images/generations", { model: "main", prompt: "hello" }],
    ["/v1/completions", { model: "main", prompt: "hello" }],
    ["/v1/completions", { model: "main", prompt: "hello claude" }],
    ["/v1/responses", { model: "main", input: "hello" }],
    ["/v1/messages", { ...said("hello"), max_tokens: 9 }],
    ["/v1beta/models/main:generateContent", parts("claude")],
  ])("what the provider's batch API takes waits: %s", async (path, body) => {
    const before = bench.upstream.held.batches.size;
    const response = await post(path, body);
    expect(response.status).toBe(202);
    await bench.pass(minute);
    expect(bench.upstream.held.batches.size).toBe(before + 1);
  });
});

describe("an endpoint that cannot be a batch's", () => {
  test.each([
    "/v1/messages/count_tokens",
    "/v1beta/models/main:countTokens",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/images/variations",
  ])("is refused by its name: %s", async (endpoint) => {
    const file = await bench.client.files.create({
      file: await toFile(Buffer.from(line("one", {}, endpoint)), "requests.jsonl"),
      purpose: "batch",
    });
    const order = { input_file_id: file.id, endpoint, completion_window: "24h" };
    const response = await post("/v1/batches", order);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: "endpoint" } });
  });

  test("is no obstacle where it is one for its provider alone: its lines are asked at once", async () => {
    const before = bench.upstream.held.batches.size;
    const asked = { messages: undefined, query: "a", documents: ["b"] };
    const made = await bench.order([line("one", asked, "/v1/rerank")], { endpoint: "/v1/rerank" });
    const done = await bench.finish(made.id);
    expect(done.request_counts).toMatchObject({ completed: 1, failed: 0 });
    expect((await bench.results(done))["one"]?.response?.body).toMatchObject({ results: [{}] });
    expect(bench.upstream.held.batches.size).toBe(before);
  });
});

describe("a batch of counts that an earlier version took", () => {
  const endpoint = "/v1/messages/count_tokens";

  /** Makes a batch of messages what such a version would have kept for counts. */
  function turnIntoCounts(folder: string, states: readonly string[]): void {
    const store = new DatabaseSync(join(folder, ".signalbox", "store.sqlite"));
    store.exec(
      "UPDATE batches SET state = replace(state, '/v1/messages', '/v1/messages/count_tokens')",
    );
    for (const state of states) store.exec(state);
    store.close();
  }

  test.each([
    ["not decided", ["UPDATE lines SET state = 'read', work = NULL, waits_for = NULL"]],
    ["waiting for company", []],
    ["to be asked at once", ["UPDATE lines SET state = 'live', waits_for = NULL"]],
  ])("asks no model for an answer: %s", async (_, states) => {
    await using other = await startBatchBench({ policy: "otherwise claude" });
    const asked = line("one", { max_tokens: 9 }, "/v1/messages");
    const made = await other.order([asked], { endpoint: "/v1/messages" });
    await other.pass(1);
    await other.restart(() => turnIntoCounts(other.folder, states));
    expect((await other.client.batches.retrieve(made.id)).endpoint).toBe(endpoint);
    const done = await other.finish(made.id);
    expect(done.request_counts).toMatchObject({ completed: 0, failed: 1 });
    await other.pass(hour);
    expect(other.upstream.calls.filter(({ method }) => method === "POST")).toEqual([]);
  });
});
