import { afterEach, expect, test } from "vitest";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { planOver } from "../../support/plans.ts";
import {
  pieces,
  type Script,
  type ScriptedUpstream,
  scripts,
  startScriptedUpstream,
} from "../../support/scripted-upstream.ts";
import { createSocketBench, providerAt, type SocketBench } from "../../support/socket-bench.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Stage {
  readonly upstream: ScriptedUpstream;
  readonly bench: SocketBench;
}

async function stage(
  script: Script,
  connections = 8,
  limits: Parameters<typeof createSocketBench>[1] = {},
): Promise<Stage> {
  const upstream = await startScriptedUpstream(script);
  const bench = createSocketBench(providerAt(upstream.url, connections), limits);
  open.push(bench, upstream);
  return { upstream, bench };
}

/** Waits, turn of the loop by turn, until something holds. */
async function until(holds: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`never held: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a whole answer is replied once, with its target, attempts and usage", async () => {
  const { bench } = await stage((model) => (model === "a" ? scripts.error(500) : scripts.reply()));
  const { sink, result } = bench.send(planOver(["a", "b"]), false);
  const { outcome, attempts } = await result;
  expect(outcome).toBe("ok");
  expect(sink.calls).toEqual(["reply"]);
  expect(sink.commitment).toEqual({ target: "b", attempts: 2, heardAtMs: expect.any(Number) });
  expect(JSON.parse(sink.text()).choices[0].message.content).toBe("hello");
  expect(attempts.at(-1)?.usage).toMatchObject({ inputTokens: 3, outputTokens: 1 });
  expect(bench.bugs).toEqual([]);
});

test("a stream is handed on whole, its lifecycle events too, and ended", async () => {
  const { bench } = await stage(() => scripts.stream());
  const { sink, result } = bench.send(planOver(["a"]), true);
  expect((await result).outcome).toBe("ok");
  expect(sink.calls).toEqual(["open", "end"]);
  expect(sink.text()).toBe(pieces.role + pieces.content + pieces.finish + pieces.done);
});

test("nothing of a stream that fails before its first meaningful piece reaches the client", async () => {
  const { bench } = await stage((model) =>
    model === "a" ? scripts.roleOnly("cut") : scripts.stream(),
  );
  const { sink, result } = bench.send(planOver(["a", "b"]), true);
  expect((await result).attempts[0]?.outcome).toMatchObject({
    kind: "failed",
    failure: { cause: "cut_stream" },
  });
  expect(sink.calls).toEqual(["open", "end"]);
  expect(sink.text().match(/"role"/g)).toHaveLength(1);
});

test("a stream cut after its first piece fails without [DONE], and no other target is asked", async () => {
  const { bench, upstream } = await stage(() => scripts.begun("cut"));
  const { sink, result } = bench.send(planOver(["a", "b"], { retries: 1 }), true);
  expect(await result).toMatchObject({ outcome: "failed", committed: true });
  expect(sink.calls).toEqual(["open", "fail"]);
  expect(sink.failure?.cause).toBe("cut_stream");
  expect(sink.text()).not.toContain("[DONE]");
  expect(upstream.seen).toEqual(["a"]);
});

test("a client that reads slowly pauses the upstream, and is not taken for an idle stream", async () => {
  const bytes = Buffer.from(pieces.content.repeat(400));
  const hand = createHandClock();
  const upstream = await startScriptedUpstream(() => [
    { do: "head", status: 200, headers: { "content-type": "text/event-stream" } },
    { do: "flood", bytes, times: 400 },
    { do: "write", bytes: pieces.finish + pieces.done },
    { do: "end" },
  ]);
  const bench = createSocketBench(providerAt(upstream.url), {}, hand);
  open.push(bench, upstream);
  const limits = { idleMs: 100, timeoutMs: 1e9, deadlineMs: 1e9 };
  const { sink, result } = bench.send(planOver(["a"], limits), true);
  sink.room = false;
  await until(() => sink.calls.includes("open"));
  // Until the kernel's buffers are full: nothing moves for many turns of the loop.
  for (let still = 0, written = -1; still < 300; still += 1) {
    if (upstream.floodWritten !== written) still = 0;
    written = upstream.floodWritten;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(upstream.floodWritten).toBeLessThan(400);
  expect(sink.text().length).toBeLessThan(bytes.length * 20);
  for (let second = 0; second < 60; second += 1) hand.pass(1_000);
  expect(sink.calls).toEqual(["open"]);
  sink.room = true;
  sink.drain();
  expect((await result).outcome).toBe("ok");
  expect(sink.text().length).toBe(bytes.length * 400 + (pieces.finish + pieces.done).length);
});

test.each(["silent", "held back", "streaming"] as const)(
  "a client that leaves while the answer is %s frees the connection at once",
  async (when) => {
    const script = {
      silent: scripts.silent(),
      "held back": scripts.roleOnly("stall"),
      streaming: scripts.begun("stall"),
    }[when];
    const { bench, upstream } = await stage(() => script);
    const sent = bench.send(planOver(["a", "b"]), true);
    await until(() => upstream.seen.length === 1);
    if (when === "streaming") await until(() => sent.sink.calls.includes("open"));
    sent.dispatch.clientGone();
    expect(await sent.result).toMatchObject({
      outcome: "client-gone",
      attempts: [{ target: "a", outcome: { kind: "aborted", why: "client-gone" } }],
    });
    expect(bench.health.inFlight("a")).toBe(0);
    expect(bench.timers.pending).toBe(0);
    await until(() => upstream.abandoned.length === 1 && upstream.openConnections() === 0);
    expect(sent.sink.calls).not.toContain("end");
  },
);

test("hundreds of clients that leave in mid-stream leak no connection of a small pool", async () => {
  const { bench, upstream } = await stage(
    (model) => (model === "last" ? scripts.stream() : scripts.begun("stall")),
    4,
  );
  for (let round = 0; round < 40; round += 1) {
    const sent = Array.from({ length: 16 }, () => bench.send(planOver(["a"]), true));
    await until(() => sent.filter(({ sink }) => sink.calls.includes("open")).length >= 4);
    for (const { dispatch } of sent) dispatch.clientGone();
    await Promise.all(sent.map(({ result }) => result));
  }
  const last = bench.send(planOver(["last"]), true);
  expect((await last.result).outcome).toBe("ok");
  expect(bench.health.inFlight("a")).toBe(0);
  expect(bench.timers.pending).toBe(0);
  await until(() => bench.pools.inFlight() === 0);
  expect(upstream.openConnections()).toBeLessThanOrEqual(4);
  expect(bench.bugs).toEqual([]);
});

test("a request that waited for a connection and was given up is not sent", async () => {
  const { bench, upstream } = await stage(
    (model) => (model === "first" ? scripts.silent() : scripts.reply()),
    1,
  );
  const first = bench.send(planOver(["first"]), false);
  await until(() => upstream.seen.length === 1);
  const waiting = bench.send(planOver(["waiting"]), false);
  waiting.dispatch.clientGone();
  first.dispatch.clientGone();
  await bench.send(planOver(["after"]), false).result;
  expect(upstream.seen).toEqual(["first", "after"]);
});

test("a kept-alive connection that turns out to be closed costs the client nothing", async () => {
  const { bench, upstream } = await stage(
    (_, nth) => (nth === 1 ? [{ do: "hang up" }] : scripts.reply()),
    1,
  );
  expect((await bench.send(planOver(["a"]), false).result).outcome).toBe("ok");
  const { outcome, attempts } = await bench.send(planOver(["a"]), false).result;
  expect(outcome).toBe("ok");
  expect(attempts).toHaveLength(1);
  expect(upstream.seen).toHaveLength(3);
});

test.each([
  ["on a fresh connection", 0],
  ["twice", 1],
])("an upstream that hangs up without an answer %s has failed", async (_, from) => {
  const { bench, upstream } = await stage(
    (_model, nth) => (nth >= from ? [{ do: "hang up" }] : scripts.reply()),
    1,
  );
  for (let sent = 0; sent < from; sent += 1) await bench.send(planOver(["a"]), false).result;
  const { failure } = await bench.send(planOver(["a"]), false).result;
  expect(failure).toMatchObject({ cause: "network", code: "upstream_connection_lost" });
  expect(upstream.seen).toHaveLength(from === 0 ? 1 : 3);
});

test("connections that the upstream closes between requests cost the client nothing", async () => {
  const { bench, upstream } = await stage(() => scripts.reply(), 1);
  for (let round = 0; round < 50; round += 1) {
    expect((await bench.send(planOver(["a"]), false).result).outcome).toBe("ok");
    // Closed on that side; this side may or may not have noticed when it sends again.
    upstream.dropIdle();
    if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(upstream.seen.length).toBeGreaterThanOrEqual(50);
});

test("bytes after the answer's end are dropped, and a connection that will not end is closed", async () => {
  const { bench, upstream } = await stage(
    () => [
      { do: "head", status: 200, headers: { "content-type": "text/event-stream" } },
      { do: "write", bytes: pieces.content + pieces.finish + pieces.done },
      { do: "write", bytes: pieces.content },
      { do: "stall" },
    ],
    1,
    { lingerMs: 20 },
  );
  const { sink, result } = bench.send(planOver(["a"]), true);
  expect((await result).outcome).toBe("ok");
  expect(sink.text()).toBe(pieces.content + pieces.finish + pieces.done);
  await until(() => upstream.openConnections() === 0);
  expect((await bench.send(planOver(["a"]), true).result).outcome).toBe("ok");
});

test.each<{ name: string; script: Script; streamed?: boolean; cause: string; code?: string }>([
  {
    name: "a body larger than its bound",
    script: () => [
      { do: "head", status: 200, headers: { "content-type": "application/json" } },
      { do: "flood", bytes: Buffer.alloc(1_000, " "), times: 1_000 },
      { do: "end" },
    ],
    cause: "server_error",
    code: "upstream_bad_response",
  },
  {
    name: "lifecycle events without end before any content",
    script: () => [
      { do: "head", status: 200, headers: { "content-type": "text/event-stream" } },
      { do: "flood", bytes: Buffer.from(pieces.role), times: 10_000 },
      { do: "stall" },
    ],
    streamed: true,
    cause: "server_error",
    code: "upstream_bad_response",
  },
  {
    name: "a compressed answer that was not asked for",
    script: () => [
      {
        do: "head",
        status: 200,
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
      },
      { do: "stall" },
    ],
    cause: "server_error",
    code: "upstream_bad_response",
  },
  {
    name: "a connection reset before the answer",
    script: () => scripts.cut(),
    cause: "network",
    code: "upstream_connection_lost",
  },
  {
    name: "a JSON answer cut short",
    script: () => [
      {
        do: "head",
        status: 200,
        headers: { "content-type": "application/json", "content-length": "500" },
      },
      { do: "write", bytes: '{"id":' },
      { do: "cut" },
    ],
    cause: "network",
    code: "upstream_connection_lost",
  },
  {
    name: "an error whose body never ends",
    script: () => [
      { do: "head", status: 503, headers: { "content-type": "text/plain" } },
      { do: "flood", bytes: Buffer.alloc(1_000, "x"), times: 100_000 },
    ],
    cause: "overloaded",
  },
  {
    name: "headers larger than 16 KiB",
    script: () => [
      { do: "head", status: 200, headers: { "x-large": "x".repeat(20_000) } },
      { do: "stall" },
    ],
    cause: "server_error",
    code: "upstream_bad_response",
  },
  {
    name: "an error inside a stream, before content",
    script: () => [
      { do: "head", status: 200, headers: { "content-type": "text/event-stream" } },
      { do: "write", bytes: pieces.role },
      { do: "write", bytes: 'data: {"error":{"type":"overloaded_error","message":"x"}}\n\n' },
      { do: "stall" },
    ],
    streamed: true,
    cause: "overloaded",
  },
])("$name is a failure, and its connection is not kept", async (fault) => {
  const { bench, upstream } = await stage(fault.script, 1, {
    bodyBytes: 100_000,
    errorBytes: 10_000,
    heldBytes: 10_000,
  });
  const { sink, result } = bench.send(planOver(["a"]), fault.streamed ?? false);
  const { outcome, committed, failure } = await result;
  expect({ outcome, committed }).toEqual({ outcome: "failed", committed: false });
  expect(failure).toMatchObject({
    cause: fault.cause,
    ...(fault.code === undefined ? {} : { code: fault.code }),
  });
  expect(sink.calls).toEqual([]);
  expect(bench.bugs).toEqual([]);
  await until(() => upstream.openConnections() === 0);
});

test("a redirect is a failure and is not followed", async () => {
  const { bench, upstream } = await stage(() => [
    { do: "head", status: 307, headers: { location: `${upstream.url}/elsewhere` } },
    { do: "end" },
  ]);
  expect((await bench.send(planOver(["a"]), false).result).outcome).toBe("failed");
  expect(upstream.seen).toEqual(["a"]);
});

test("a port where nobody listens is a network failure that names no address", async () => {
  const { bench, upstream } = await stage(() => scripts.reply());
  await upstream.close();
  const { failure } = await bench.send(planOver(["a"]), false).result;
  expect(failure).toMatchObject({ cause: "network", code: "upstream_unreachable" });
  expect(failure?.message).not.toMatch(/127|\d{4}/);
});

test("a fault of our own fails the attempt, is reported, and the next step takes over", async () => {
  const { bench } = await stage(() => scripts.reply());
  const { parts } = bench.world;
  const real = adapterFor("openai-compatible");
  let calls = 0;
  const faulty = {
    ...parts,
    adapterOf: () => ({
      ...real,
      readBody: (...args: Parameters<typeof real.readBody>) => {
        calls += 1;
        if (calls === 1) throw new Error("a bug");
        return real.readBody(...args);
      },
    }),
  };
  Object.assign(bench.world, { parts: faulty });
  const { result } = bench.send(planOver(["a", "b"]), false);
  expect(await result).toMatchObject({
    outcome: "ok",
    attempts: [{ outcome: { failure: { code: "internal_error" } } }, { target: "b" }],
  });
  expect(bench.bugs).toHaveLength(1);
});
