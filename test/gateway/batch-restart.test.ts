import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import { createTimerWheel } from "../../src/runtime/transport/timer-wheel.ts";
import {
  batchFolder,
  batchVariables,
  benchStartMs,
  line,
  minute,
  startBatchBench,
  startBatchUpstream,
} from "../support/batch-bench.ts";
import type { ChildSays } from "../support/batch-child.ts";
import { logInto } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";

const policy = `if prompt contains "gpt" then gpt fallback home
  if prompt contains "claude" then claude fallback home
  otherwise home`;
const lines = ["gpt 1", "claude 1", "gpt 2", "claude 2", "home"].map((id) => line(id));

describe("a gateway that ends at once", () => {
  test.each([
    ["as soon as a batch is ordered", 0],
    ["while lines wait for company", 1],
    ["while providers have the batches", minute],
    ["when providers are nearly done", 9 * minute],
  ])("goes on where it was, and sends nothing twice: %s", async (_, passedMs) => {
    await using bench = await startBatchBench({ policy });
    const made = await bench.order(lines);
    if (passedMs > 0) await bench.pass(passedMs);
    await bench.restart();
    await bench.pass(1);
    await bench.restart();
    const done = await bench.finish(made.id);
    expect(done).toMatchObject({
      status: "completed",
      request_counts: { total: 5, completed: 5, failed: 0 },
    });
    expect(Object.keys(await bench.results(done)).toSorted()).toEqual(
      ["claude 1", "claude 2", "gpt 1", "gpt 2", "home"].toSorted(),
    );
    const held = [...bench.upstream.held.batches.values()];
    expect(held.map((batch) => batch.lines.length)).toEqual([2, 2]);
  });

  test("forgets uploads that had not come to their end, and keeps those that were acknowledged", async () => {
    await using bench = await startBatchBench({ policy });
    const kept = await bench.client.files.create({
      file: await toFile(Buffer.from("kept"), "kept.jsonl"),
      purpose: "batch",
    });
    await bench.restart();
    expect((await bench.client.files.list()).data.map(({ id }) => id)).toEqual([kept.id]);
    expect(await (await bench.client.files.content(kept.id)).text()).toBe("kept");
  });
});

describe("an answer of the provider's that never comes", () => {
  test.each([
    ["gpt", "file"],
    ["gpt", "batch"],
    ["claude", "batch"],
  ] as const)("is asked for before anything is sent again: %s, %s", async (target, what) => {
    let cuts = 0;
    await using bench = await startBatchBench({
      policy: `otherwise ${target}`,
      batches: {
        made: (made) => {
          if (made !== what || cuts > 0) return undefined;
          cuts += 1;
          // Made, but nobody is told.
          return Promise.reject(new Error("cut"));
        },
      },
    });
    const made = await bench.order([line("one"), line("two")]);
    const done = await bench.finish(made.id);
    expect(done.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
    expect(cuts).toBe(1);
    expect(bench.upstream.held.batches.size).toBe(1);
    const uploads = [...bench.upstream.held.files.values()].filter(
      ({ purpose }) => purpose === "batch",
    );
    expect(uploads).toHaveLength(target === "gpt" ? 1 : 0);
  });

  test("is not risked twice where the provider will not tell what it has", async () => {
    let cuts = 0;
    await using bench = await startBatchBench({
      policy: "otherwise gpt fallback home",
      batches: {
        made: (what) => {
          if (what !== "batch") return undefined;
          cuts += 1;
          return Promise.reject(new Error("cut"));
        },
      },
      script: ({ method, path }) =>
        method === "GET" && path === "/v1/batches"
          ? { status: 403, body: '{"error":{"message":"no","code":"permission_denied"}}' }
          : null,
    });
    const done = await bench.finish((await bench.order([line("one")])).id);
    expect(done.request_counts).toEqual({ total: 1, completed: 0, failed: 1 });
    expect((await bench.results(done))["one"]?.response).toMatchObject({
      status_code: 502,
      body: { error: { code: "upstream_unreachable" } },
    });
    expect(cuts).toBe(1);
    expect(
      bench.upstream.calls.some(
        ({ method, path }) => method === "POST" && path.startsWith("/local"),
      ),
    ).toBe(false);
  });

  test("of a provider that names no batches is waited for: another of as many lines is not taken for ours", async () => {
    let cuts = 0;
    await using bench = await startBatchBench({
      policy: "otherwise claude",
      batches: {
        made: (what) => {
          if (what !== "batch" || cuts > 0) return undefined;
          cuts += 1;
          return Promise.reject(new Error("cut"));
        },
      },
    });
    // Somebody else's, at the same account.
    await fetch(`${bench.upstream.url}/v1/messages/batches`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ requests: [{ custom_id: "theirs", params: { model: "x" } }] }),
    }).catch(() => null);
    cuts = 0;
    const made = await bench.order([line("one")]);
    const done = await bench.finish(made.id);
    expect(done.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
    expect(bench.upstream.held.batches.size).toBe(2);
  });
});

describe("a gateway that is killed in the middle of a call", () => {
  const heard = async (child: ChildProcess): Promise<ChildSays> => {
    const [says] = (await once(child, "message")) as [ChildSays];
    return says;
  };

  test.each([
    ["gpt", "file"],
    ["gpt", "batch"],
    ["claude", "batch"],
  ] as const)("finds what the provider made of it: %s, %s", async (target, what) => {
    const clock = createHandClock(benchStartMs);
    const { promise: killed, resolve: kill } = Promise.withResolvers<void>();
    let child: ChildProcess | null = null;
    const upstream = await startBatchUpstream(clock, {
      batches: {
        made: (made) => {
          if (made !== what || child === null) return undefined;
          child.kill("SIGKILL");
          child = null;
          kill();
          return undefined;
        },
      },
    });
    const folder = batchFolder(upstream.url, { policy: `otherwise ${target}` });
    const file = join(folder, "signalbox.yaml");
    child = fork("test/support/batch-child.ts", [file, String(benchStartMs)]);
    const running = child;
    const says = await heard(running);
    const url = "url" in says ? says.url : "";
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
    const input = await client.files.create({
      file: await toFile(Buffer.from([line("one"), line("two")].join("\n")), "requests.jsonl"),
      purpose: "batch",
    });
    const { id } = await client.batches.create({
      input_file_id: input.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    running.send(minute);
    await Promise.all([killed, once(running, "exit")]);
    clock.pass(minute);
    const gateway = await startGateway({
      configurationFile: file,
      variables: batchVariables,
      logger: logInto([]),
      laneTime: { clock, timers: createTimerWheel(clock, clock) },
    });
    try {
      const after = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
      let batch = await after.batches.retrieve(id);
      for (let minutes = 0; batch.status === "in_progress" && minutes < 90; minutes += 1) {
        await gateway.batchesSettled();
        clock.pass(minute);
        await gateway.batchesSettled();
        batch = await after.batches.retrieve(id);
      }
      expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 2 } });
      expect(upstream.held.batches.size).toBe(1);
    } finally {
      await gateway.kill();
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
