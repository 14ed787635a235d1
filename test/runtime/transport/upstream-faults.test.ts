import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import type { Provider } from "../../../src/configuration/configuration.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { planOver } from "../../support/plans.ts";
import { httpAnswer, type RawUpstream, startRawUpstream } from "../../support/raw-upstream.ts";
import {
  pieces,
  scripts,
  startScriptedUpstream,
  type UpstreamStep,
} from "../../support/scripted-upstream.ts";
import { createSocketBench, providerAt, type SocketBench } from "../../support/socket-bench.ts";

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function benchAt(url: string, connections = 1, fields: Partial<Provider> = {}): SocketBench {
  const bench = createSocketBench({ ...providerAt(url, connections), ...fields });
  open.push(bench);
  return bench;
}

async function raw(answer: (socket: Socket, nth: number) => void): Promise<RawUpstream> {
  const upstream = await startRawUpstream(answer);
  open.push(upstream);
  return upstream;
}

const completion = (content: string) => ({
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
});
const events =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

describe("before an answer", () => {
  test("a name that does not resolve is unreachable, and is not asked twice", async () => {
    const bench = benchAt(`http://${"a".repeat(64)}.invalid`);
    const { failure } = await bench.send(planOver(["a"]), false).result;
    expect(failure).toMatchObject({ cause: "network", code: "upstream_unreachable" });
    expect(failure?.message).not.toContain("invalid");
  });

  test("a server that accepts no connection is given up after the connect timeout", async () => {
    const deaf = await startDeafServer();
    open.push(deaf);
    const { result } = benchAt(deaf.url).send(planOver(["a"]), false);
    const { failure, attempts } = await result;
    expect(failure).toMatchObject({ cause: "network", code: "upstream_unreachable" });
    const [attempt] = attempts;
    expect((attempt?.endedAtMs ?? 0) - (attempt?.startedAtMs ?? 0)).toBeGreaterThan(900);
  });

  test("informational answers, however many, are passed over", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(500);
    const { url } = await raw((socket) =>
      socket.write(hints + httpAnswer("200 OK", completion("hello"))),
    );
    const { sink, result } = benchAt(url).send(planOver(["a"]), false);
    expect((await result).outcome).toBe("ok");
    expect(sink.text()).toContain("hello");
  });

  test("an answer to nothing behind the answer costs the connection, and reaches nobody", async () => {
    const smuggled = httpAnswer("200 OK", completion("leaked"));
    const upstream = await raw((socket, nth) =>
      socket.write(httpAnswer("200 OK", completion(`mine ${nth}`)) + (nth === 0 ? smuggled : "")),
    );
    const bench = benchAt(upstream.url);
    for (const nth of [0, 1, 2]) {
      const { sink, result } = bench.send(planOver(["a"]), false);
      expect((await result).outcome).toBe("ok");
      expect(sink.text()).toContain(`mine ${nth}`);
    }
    expect(upstream.accepted()).toBe(2);
  });

  test("a refusal that comes before the whole request was read is told", async () => {
    const { url } = await raw((socket) => {
      socket.pause();
      socket.write(httpAnswer("413 Too Large", { error: { message: "too large" } }));
    });
    const { result } = benchAt(url).send(planOver(["a"]), false, "x".repeat(8_000_000));
    expect((await result).failure).toMatchObject({ cause: "bad_request", status: 413 });
  });

  test("thousands of headers are a bad response", async () => {
    const { url } = await raw((socket) =>
      socket.write(httpAnswer("200 OK", completion("x"), "x-h: 1\r\n".repeat(5_000))),
    );
    const { failure } = await benchAt(url).send(planOver(["a"]), false).result;
    expect(failure).toMatchObject({ cause: "server_error", code: "upstream_bad_response" });
  });

  test("an error in an encoding that was not asked for is judged by its status", async () => {
    const { url } = await raw((socket) =>
      socket.write(
        httpAnswer("429 Slow", "not gzip", "content-encoding: gzip\r\nretry-after: 7\r\n"),
      ),
    );
    const { failure } = await benchAt(url).send(planOver(["a"]), false).result;
    expect(failure).toMatchObject({ cause: "rate_limited", retryAfterMs: 7_000 });
  });

  test("a header that no request can carry is a fault of ours, not of the provider", async () => {
    const upstream = await startScriptedUpstream(() => scripts.reply());
    open.push(upstream);
    const bench = benchAt(upstream.url, 1, { headers: { "transfer-encoding": "chunked" } });
    const { failure } = await bench.send(planOver(["a"]), false).result;
    expect(failure).toMatchObject({ code: "internal_error", retrySame: false });
    expect(bench.bugs).toHaveLength(1);
  });

  test("no secret that a provider echoes is in what is told", async () => {
    const key = "9f8e7d6c5b4a3210";
    const error = { message: `bad token ${key}; cookie c00kie-c00kie`, param: key, code: key };
    const { url } = await raw((socket) => socket.write(httpAnswer("400 Bad Request", { error })));
    const bench = benchAt(url, 1, {
      key: { kind: "value", value: key, from: "KEY" },
      headers: { cookie: "c00kie-c00kie" },
    });
    const { failure } = await bench.send(planOver(["a"]), false).result;
    expect(failure).toMatchObject({ cause: "bad_request", message: /bad token \[secret\]/ });
    expect(JSON.stringify(failure)).not.toMatch(/9f8e7d|c00kie/);
  });
});

describe("a provider that takes the request and", () => {
  const head = {
    do: "head",
    status: 200,
    headers: { "content-type": "text/event-stream" },
  } as const;
  const pings = Buffer.from(pieces.ping);
  test.each<[string, readonly UpstreamStep[]]>([
    ["says nothing", scripts.silent()],
    ["sends a head and nothing more", [head, { do: "stall" }]],
    ["sends its role and nothing more", scripts.roleOnly("stall")],
    [
      "sends pings and nothing more",
      [head, { do: "flood", bytes: pings, times: 500 }, { do: "stall" }],
    ],
  ])("%s in time gives way to the next target", async (_, script) => {
    const hand = createHandClock();
    const upstream = await startScriptedUpstream((model) =>
      model === "a" ? script : scripts.stream(),
    );
    open.push(upstream);
    const bench = createSocketBench(providerAt(upstream.url, 4), {}, hand);
    open.push(bench);
    const plan = planOver(["a", "b"], { firstTokenMs: 1_000 });
    const { sink, result } = bench.send(plan, true);
    while (upstream.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 50; turn += 1) {
      hand.pass(18);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(upstream.seen).toEqual(["a"]);
    hand.pass(200);
    expect(await result).toMatchObject({
      outcome: "ok",
      attempts: [
        { outcome: { failure: { cause: "first_token_timeout", code: "ttft_timeout" } } },
        { target: "b" },
      ],
    });
    expect(sink.text()).toBe(pieces.role + pieces.content + pieces.finish + pieces.done);
  });
});

describe("a connection that was used before", () => {
  test("and is reset at once costs the client nothing", async () => {
    const upstream = await startScriptedUpstream((_, nth) =>
      nth === 1 ? scripts.cut() : scripts.reply(),
    );
    open.push(upstream);
    const bench = benchAt(upstream.url);
    await bench.send(planOver(["a"]), false).result;
    const { outcome, attempts } = await bench.send(planOver(["a"]), false).result;
    expect({ outcome, attempts: attempts.length }).toEqual({ outcome: "ok", attempts: 1 });
    expect(upstream.seen).toHaveLength(3);
  });

  test("and is lost after a while is not asked again unbidden: the answer may have cost money", async () => {
    const hand = createHandClock();
    let hung: Socket | null = null;
    const upstream = await raw((socket, nth) => {
      if (nth === 1) hung = socket;
      else socket.write(httpAnswer("200 OK", completion("hello")));
    });
    const bench = createSocketBench(providerAt(upstream.url, 1), {}, hand);
    open.push(bench);
    await bench.send(planOver(["a"]), false).result;
    const { result } = bench.send(planOver(["a"]), false);
    while (hung === null) await new Promise((resolve) => setImmediate(resolve));
    hand.pass(5_000);
    (hung as Socket).destroy();
    expect((await result).failure).toMatchObject({ code: "upstream_connection_lost" });
  });
});

test("requests beyond what may wait for a hanging provider are refused at once, as overload", async () => {
  const upstream = await startScriptedUpstream(() => scripts.silent());
  open.push(upstream);
  const bench = benchAt(upstream.url);
  const sent = Array.from({ length: 100 }, () => bench.send(planOver(["a"]), false));
  const refused = await Promise.all(sent.slice(65).map(({ result }) => result));
  for (const { failure } of refused)
    expect(failure).toMatchObject({ cause: "overloaded", code: "queue_full" });
  expect(bench.pools.inFlight()).toBe(65);
  expect(bench.health.inFlight("a")).toBe(65);
});

test.each(["an end inside a chunk", "a chunk that is none"])(
  "a stream that breaks off with %s is cut, without [DONE]",
  async (how) => {
    const { url } = await raw((socket) => {
      const begun = pieces.role + pieces.content;
      socket.write(`${events}${begun.length.toString(16)}\r\n${begun}\r\n`);
      if (how === "an end inside a chunk") socket.end("ff\r\ndata: {");
      else socket.write("zz\r\n\r\n");
    });
    const { sink, result } = benchAt(url).send(planOver(["a", "b"]), true);
    expect((await result).outcome).toBe("failed");
    expect(sink.calls).toEqual(["open", "fail"]);
    expect(sink.text()).toBe(pieces.role + pieces.content);
  },
);

/** A port whose backlog is full and whose loop stands still: connections are neither made nor refused. */
async function startDeafServer(): Promise<{ url: string; close(): Promise<unknown> }> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const server = require("node:net").createServer();
     server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(workerData, 0, 0);
     });`,
    { eval: true, workerData: gate },
  );
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1"));
  for (const filler of fillers) filler.on("error", () => undefined);
  await new Promise((resolve) => fillers[0]?.once("connect", resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      for (const filler of fillers) filler.destroy();
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      return worker.terminate();
    },
  };
}
