import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BatchBench, hour, line, minute, startBatchBench } from "../support/batch-bench.ts";

/** Batches that a provider was asked to make, by what they hold. */
function madeAt({ upstream }: BatchBench): readonly number[] {
  return [...upstream.held.batches.values()].map(({ lines }) => lines.length);
}

const textOf = (body: OpenAI.ChatCompletion | undefined): string =>
  body?.choices[0]?.message.content ?? "";

describe("a batch of a client", () => {
  test.each([
    ["gpt", "gpt-5.4-mini"],
    ["claude", "claude-sonnet-5-5"],
  ])(
    "is one batch at the provider of %s, and its answers come back by their ids",
    async (target, model) => {
      await using bench = await startBatchBench({ policy: `otherwise ${target} fallback home` });
      const made = await bench.order([line("one"), line("two"), line("three")]);
      expect(made).toMatchObject({
        object: "batch",
        status: "validating",
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
      });
      const done = await bench.finish(made.id);
      expect(done).toMatchObject({
        status: "completed",
        request_counts: { total: 3, completed: 3, failed: 0 },
      });
      expect(done.error_file_id ?? null).toBeNull();
      expect(madeAt(bench)).toEqual([3]);
      const results = await bench.results(done);
      for (const id of ["one", "two", "three"]) {
        expect(results[id]?.response?.status_code).toBe(200);
        expect(results[id]?.response?.body.object).toBe("chat.completion");
        expect(textOf(results[id]?.response?.body)).toContain(`stand-in for ${model}`);
        expect(textOf(results[id]?.response?.body)).toContain(`hello ${id}`);
      }
      expect(done.usage?.total_tokens).toBeGreaterThan(0);
    },
  );

  test("is recorded line by line, at the batch price", async () => {
    await using bench = await startBatchBench({ policy: 'otherwise gpt with tag "night"' });
    const made = await bench.order([line("one")]);
    const done = await bench.finish(made.id);
    const results = await bench.results(done);
    const [record, ...others] = await bench.records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      lane: "batch",
      batch: made.id,
      id: results["one"]?.response?.request_id,
      rule: "otherwise",
      plan: ["gpt"],
      outcome: "ok",
      status: 200,
      stream: false,
      tags: ["night"],
    });
    const { usage, costPicodollars } = record?.attempts[0] ?? {};
    // gpt-5.4-mini: $0.75/M and $4.50/M, half of it in a batch.
    const list = (usage?.input ?? 0) * 750_000 + (usage?.output ?? 0) * 4_500_000;
    expect(costPicodollars).toBe(list / 2);
  });

  test("is decided line by line: what no batch API takes is asked at once", async () => {
    await using bench = await startBatchBench({
      policy: `if prompt contains "one" then gpt
        if prompt contains "two" then claude
        if prompt contains "three" then reject 451 "not here"
        otherwise home`,
    });
    const made = await bench.order([line("one"), line("two"), line("three"), line("four")]);
    const done = await bench.finish(made.id);
    expect(done.request_counts).toEqual({ total: 4, completed: 3, failed: 1 });
    const results = await bench.results(done);
    expect(textOf(results["one"]?.response?.body)).toContain("gpt-5.4-mini");
    expect(textOf(results["two"]?.response?.body)).toContain("claude-sonnet-5-5");
    expect(textOf(results["four"]?.response?.body)).toContain("qwen");
    expect(results["three"]?.response).toMatchObject({
      status_code: 451,
      body: { error: { code: "rejected_by_policy", message: "not here" } },
    });
    expect(madeAt(bench)).toEqual([1, 1]);
    const records = await bench.records();
    expect(records.map(({ rule, outcome }) => `${rule} ${outcome}`).toSorted()).toEqual([
      "otherwise ok",
      "rule-1 ok",
      "rule-2 ok",
      "rule-3 rejected",
    ]);
  });

  test("can wait a day, as far as policies ask, or as long as its client says", async () => {
    await using bench = await startBatchBench({ policy: "if due >= 24h then gpt otherwise home" });
    const made = await bench.order([line("one"), line("two", { metadata: { due: "1h" } })]);
    const results = await bench.results(await bench.finish(made.id));
    expect(textOf(results["one"]?.response?.body)).toContain("gpt-5.4-mini");
  });

  test("tells mistakes of a line where they are, and answers the others", async () => {
    await using bench = await startBatchBench({ policy: "otherwise gpt" });
    const made = await bench.order([
      line("fine"),
      line("bare", { messages: "none" }),
      line("streamed", { stream: true }),
      line("unknown", { model: "nobody-has-this" }),
    ]);
    const done = await bench.finish(made.id);
    expect(done.request_counts).toMatchObject({ completed: 2, failed: 2 });
    const results = await bench.results(done);
    expect(results["bare"]?.response?.status_code).toBe(400);
    expect(results["streamed"]?.response?.body.error?.code).toBe("batch_not_streamable");
  });
});

describe("what a provider does not answer", () => {
  const faults = (fault: "overloaded" | "bad_request" | "expire") => ({
    line: (body: Readonly<Record<string, unknown>>) =>
      JSON.stringify(body).includes("hello odd") ? fault : null,
  });

  test.each([
    ["gpt", "overloaded"],
    ["claude", "overloaded"],
    ["gpt", "expire"],
    ["claude", "expire"],
  ] as const)(
    "falls back at once where the plan says so: a line of %s that ends as %s",
    async (target, fault) => {
      await using bench = await startBatchBench({
        policy: `otherwise ${target} fallback home`,
        batches: faults(fault),
      });
      const made = await bench.order([line("odd"), line("even")]);
      const done = await bench.finish(made.id);
      expect(done).toMatchObject({ status: "completed", request_counts: { completed: 2 } });
      const results = await bench.results(done);
      expect(textOf(results["odd"]?.response?.body)).toContain("stand-in for qwen");
      const records = await bench.records();
      const attempts = records.flatMap((record) =>
        record.attempts.length > 1 ? record.attempts : [],
      );
      const told = attempts.map((each) => `${each.target} ${each.step} ${each.outcome}`);
      const cause = fault === "expire" ? "timeout" : "overloaded";
      expect(told).toEqual([`${target} 0 ${cause}`, "home 1 ok"]);
      expect(attempts.map(({ batch }) => batch)).toEqual([true, false]);
    },
  );

  test.each([
    ["gpt", 503],
    ["claude", 503],
  ])("is in the error file where no step of %s takes the cause", async (target, status) => {
    await using bench = await startBatchBench({
      policy: `otherwise ${target} fallback home on rate_limited`,
      batches: faults("overloaded"),
    });
    const done = await bench.finish((await bench.order([line("odd"), line("even")])).id);
    expect(done.request_counts).toEqual({ total: 2, completed: 1, failed: 1 });
    const results = await bench.results(done);
    expect(results["odd"]).toMatchObject({
      response: { status_code: status, body: { error: { code: "upstream_overloaded" } } },
      error: null,
    });
  });

  test("goes elsewhere as a whole when the provider refuses the batch", async () => {
    await using bench = await startBatchBench({
      policy: "otherwise gpt fallback home",
      batches: { refuse: () => "Enqueued token limit reached for this organization." },
    });
    const done = await bench.finish((await bench.order([line("one"), line("two")])).id);
    expect(done.request_counts).toMatchObject({ completed: 2 });
    const results = await bench.results(done);
    expect(textOf(results["one"]?.response?.body)).toContain("stand-in for qwen");
  });

  test("expires with the batch, and what was answered stays", async () => {
    await using bench = await startBatchBench({
      policy: 'if prompt contains "slow" then gpt otherwise home',
      batches: { delayMs: 48 * hour },
    });
    const made = await bench.order([line("slow"), line("quick")]);
    const done = await bench.finish(made.id, { stepMs: 15 * minute });
    expect(done).toMatchObject({
      status: "expired",
      request_counts: { total: 2, completed: 1, failed: 1 },
    });
    const results = await bench.results(done);
    expect(results["slow"]).toMatchObject({ response: null, error: { code: "batch_expired" } });
    expect(results["quick"]?.response?.status_code).toBe(200);
    expect(await codesOf(bench)).toEqual(["ok", "failed batch_expired"]);
  });
});

/** How lines ended by their records, and why those did that were never answered. */
const codesOf = async (bench: BatchBench): Promise<string[]> =>
  (await bench.records()).map(({ outcome, code }) => [outcome, code ?? []].flat().join(" "));

describe("cancelling", () => {
  test.each(["gpt", "claude"])("calls the batch at the provider of %s back", async (target) => {
    await using bench = await startBatchBench({ policy: `otherwise ${target} fallback home` });
    const made = await bench.order([line("one"), line("two")]);
    await bench.pass(minute);
    expect(madeAt(bench)).toEqual([2]);
    const cancelling = await bench.client.batches.cancel(made.id);
    expect(cancelling.status).toBe("cancelling");
    const done = await bench.finish(made.id);
    expect(done).toMatchObject({
      status: "cancelled",
      request_counts: { completed: 0, failed: 2 },
    });
    const results = await bench.results(done);
    expect(results["one"]).toMatchObject({ response: null, error: { code: "batch_cancelled" } });
    const [held] = bench.upstream.held.batches.values();
    expect(held?.cancelledAtMs).not.toBeNull();
    expect(await codesOf(bench)).toEqual(Array(2).fill("failed batch_cancelled"));
    await expect(bench.client.batches.cancel(made.id)).rejects.toMatchObject({ status: 409 });
  });

  test("before anything is sent sends nothing", async () => {
    await using bench = await startBatchBench({ policy: "otherwise gpt" });
    const made = await bench.order([line("one")]);
    await bench.client.batches.cancel(made.id);
    const done = await bench.finish(made.id);
    expect(done.status).toBe("cancelled");
    await bench.pass(hour);
    expect(madeAt(bench)).toEqual([]);
  });
});

describe("an input file that is not as it should be", () => {
  let bench: BatchBench;
  beforeAll(async () => {
    bench = await startBatchBench({ policy: "otherwise gpt", yaml: "batches: { lines: 3 }" });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test.each([
    ["no JSON", ["nonsense"], "invalid_json_line", 1],
    ["an id twice", [line("one"), line("one")], "duplicate_custom_id", 2],
    ["no id", [line("one"), line("")], "missing_required_parameter", 2],
    ["another url", [line("one", {}, "/v1/embeddings")], "mismatched_url", 1],
    ["a method", [line("one").replace("POST", "GET")], "invalid_method", 1],
    ["nothing", [""], "empty_file", null],
    ["too many lines", [line("1"), line("2"), line("3"), line("4")], "too_many_requests", 4],
  ] as const)("fails the batch and says where: %s", async (_, lines, code, at) => {
    const done = await bench.finish((await bench.order(lines)).id);
    expect(done.status).toBe("failed");
    expect(done.errors?.data?.[0]).toMatchObject({ code, line: at });
    await bench.pass(hour);
    expect(madeAt(bench)).toEqual([]);
  });
});

describe("orders that are refused", () => {
  let bench: BatchBench;
  beforeAll(async () => {
    bench = await startBatchBench({ policy: "otherwise gpt", yaml: "batches: { open: 1 }" });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test.each([
    [{ input_file_id: "file-none" }, 404, "file_not_found"],
    [{ endpoint: "/v1/nothing" }, 400, "invalid_value"],
    [{ completion_window: "1h" }, 400, "invalid_value"],
    [{ metadata: { a: 1 } }, 400, "invalid_value"],
  ])("%o", async (change, status, code) => {
    const file = await bench.client.files.create({
      file: await toFile(Buffer.from(line("one")), "requests.jsonl"),
      purpose: "batch",
    });
    const response = await fetch(`${bench.gateway.url}/v1/batches`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        input_file_id: file.id,
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
        ...change,
      }),
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  test("more batches at work than a key may have", async () => {
    await bench.order([line("one")]);
    await expect(bench.order([line("two")])).rejects.toMatchObject({ status: 429 });
  });
});

describe("clients' keys", () => {
  const yaml = `keys:
  a: { key: "\${KEY_A}" }
  b: { key: "\${KEY_B}" }`;

  test("see their own files and batches alone", async () => {
    await using bench = await startBatchBench({ policy: "otherwise gpt", yaml });
    const [a, b] = [bench.as("key-a-secret"), bench.as("key-b-secret")];
    const made = await bench.order([line("one")], { client: a });
    const done = await bench.finish(made.id, { client: a });
    const output = done.output_file_id ?? "";
    expect((await a.batches.list()).data.map(({ id }) => id)).toEqual([made.id]);
    expect((await b.batches.list()).data).toEqual([]);
    expect((await b.files.list()).data).toEqual([]);
    const missing = { status: 404 };
    await expect(b.batches.retrieve(made.id)).rejects.toMatchObject(missing);
    await expect(b.batches.cancel(made.id)).rejects.toMatchObject(missing);
    await expect(b.files.retrieve(output)).rejects.toMatchObject(missing);
    await expect(b.files.content(output)).rejects.toMatchObject(missing);
    await expect(b.files.delete(output)).rejects.toMatchObject(missing);
    await expect(bench.order([line("x")], { client: bench.as("other") })).rejects.toMatchObject({
      status: 401,
    });
    await expect(
      b.batches.create({
        input_file_id: made.input_file_id,
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
      }),
    ).rejects.toMatchObject(missing);
  });

  test("list page by page", async () => {
    await using bench = await startBatchBench({ policy: "otherwise home", yaml });
    const client = bench.as("key-a-secret");
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await bench.order([line(`${n}`)], { client })).id);
    const listed: string[] = [];
    for await (const { id } of client.batches.list({ limit: 2 })) listed.push(id);
    expect(listed).toEqual(ids.toReversed());
    const page = await fetch(`${bench.gateway.url}/v1/batches?limit=2`, {
      headers: { authorization: "Bearer key-a-secret" },
    });
    expect(await page.json()).toMatchObject({
      object: "list",
      has_more: true,
      first_id: ids[4],
      last_id: ids[3],
    });
    const files: string[] = [];
    for await (const { id } of client.files.list({ limit: 2, order: "asc", purpose: "batch" }))
      files.push(id);
    expect(files).toHaveLength(5);
    await expect(client.batches.list({ limit: 101 })).rejects.toMatchObject({ status: 400 });
    await expect(client.batches.list({ after: "batch_x" })).rejects.toMatchObject({ status: 404 });
  });
});

test("files and ended batches are kept for a time, and then forgotten", async () => {
  await using bench = await startBatchBench({
    policy: "otherwise home",
    yaml: "batches: { keep: 48h }",
  });
  const made = await bench.order([line("one")]);
  const done = await bench.finish(made.id);
  await bench.pass(47 * hour);
  expect((await bench.client.files.list()).data).toHaveLength(2);
  await bench.pass(2 * hour);
  expect((await bench.client.files.list()).data).toEqual([]);
  await expect(bench.client.batches.retrieve(done.id)).rejects.toMatchObject({ status: 404 });
});
