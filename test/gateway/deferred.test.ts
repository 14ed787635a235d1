import { describe, expect, test } from "vitest";
import { type BatchBench, hour, minute, startBatchBench } from "../support/batch-bench.ts";

async function ask(
  { gateway }: BatchBench,
  body: Readonly<Record<string, unknown>> = {},
): Promise<Response> {
  return await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "my-own-id" },
    body: JSON.stringify({
      model: "main",
      messages: [{ role: "user", content: "hello" }],
      ...body,
    }),
  });
}

interface Taken {
  readonly id: string;
}

describe("a request that its policy lets wait", () => {
  test.each(["gpt", "claude"])("is taken, and answered through /v1/batches: %s", async (target) => {
    await using bench = await startBatchBench({
      policy: `otherwise ${target} with batch within 24h, max_tokens 7`,
    });
    const response = await ask(bench);
    expect(response.status).toBe(202);
    const taken = (await response.json()) as Taken;
    expect(taken).toMatchObject({
      object: "batch",
      status: "in_progress",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      request_counts: { total: 1, completed: 0, failed: 0 },
    });
    expect(response.headers.get("x-signalbox-batch")).toBe(taken.id);
    expect(response.headers.get("x-signalbox-target")).toBe(target);
    expect(response.headers.get("x-request-id")).toBe("my-own-id");
    const done = await bench.finish(taken.id);
    const results = await bench.results(done);
    expect(results["my-own-id"]?.response).toMatchObject({
      status_code: 200,
      request_id: "my-own-id",
      body: { object: "chat.completion", choices: [{ finish_reason: "length" }] },
    });
    const [record, ...others] = await bench.records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      id: "my-own-id",
      lane: "batch",
      deferred: true,
      batch: taken.id,
      outcome: "ok",
    });
  });

  test("waits in one batch with others for the same target", async () => {
    await using bench = await startBatchBench({ policy: "otherwise gpt with batch within 24h" });
    const taken: Taken[] = [];
    for (let n = 0; n < 3; n += 1) taken.push((await (await ask(bench)).json()) as Taken);
    for (const { id } of taken) expect((await bench.finish(id)).status).toBe("completed");
    expect([...bench.upstream.held.batches.values()].map(({ lines }) => lines.length)).toEqual([3]);
  });

  test("survives the end of the gateway", async () => {
    await using bench = await startBatchBench({ policy: "otherwise claude with batch within 24h" });
    const { id } = (await (await ask(bench)).json()) as Taken;
    await bench.restart();
    expect(await bench.finish(id)).toMatchObject({ status: "completed" });
    expect(bench.upstream.held.batches.size).toBe(1);
  });

  test("expires when the policy's time is over, which may be sooner than a day", async () => {
    await using bench = await startBatchBench({
      policy: "otherwise gpt with batch within 2h",
      batches: { delayMs: 12 * hour },
    });
    const { id } = (await (await ask(bench)).json()) as Taken;
    await bench.pass(2 * hour - minute);
    expect((await bench.client.batches.retrieve(id)).status).toBe("in_progress");
    const done = await bench.finish(id);
    expect(done.status).toBe("expired");
    expect(done.expired_at).toBeLessThanOrEqual((done.created_at ?? 0) + 2.5 * 3600);
    // Its provider need not go on.
    await bench.pass(hour);
    const [held] = bench.upstream.held.batches.values();
    expect(held?.cancelledAtMs).not.toBeNull();
  });

  test("cannot be streamed, which is said before anything is sent", async () => {
    await using bench = await startBatchBench({ policy: "otherwise gpt with batch within 24h" });
    const response = await ask(bench, { stream: true });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "batch_not_streamable", param: "stream" },
    });
    expect(bench.upstream.calls.filter(({ method }) => method === "POST")).toEqual([]);
  });

  test("is answered at once, streamed or not, where its first target has no batch API", async () => {
    await using bench = await startBatchBench({
      policy: "otherwise home fallback gpt with batch within 24h",
    });
    const whole = await ask(bench);
    expect(whole.status).toBe(200);
    expect(whole.headers.get("x-signalbox-batch")).toBeNull();
    const streamed = await ask(bench, { stream: true });
    expect(streamed.headers.get("content-type")).toContain("text/event-stream");
    expect(await streamed.text()).toContain("[DONE]");
  });

  test("may be made to wait by an `also`, for those who say that they can", async () => {
    await using bench = await startBatchBench({
      policy: "otherwise gpt also if due >= 1h with batch within 24h",
    });
    expect((await ask(bench)).status).toBe(200);
    expect((await ask(bench, { metadata: { due: "6h" } })).status).toBe(202);
  });

  test("is refused by what the target cannot carry as it would be at once", async () => {
    await using bench = await startBatchBench({
      policy: "otherwise claude with batch within 24h",
    });
    const response = await ask(bench, { n: 2 });
    expect(response.status).toBe(202);
    const done = await bench.finish(((await response.json()) as Taken).id);
    const results = await bench.results(done);
    expect(results["my-own-id"]?.response).toMatchObject({
      status_code: 400,
      body: { error: { code: "unsupported_parameter", param: "n" } },
    });
    expect(bench.upstream.held.batches.size).toBe(0);
  });
});
