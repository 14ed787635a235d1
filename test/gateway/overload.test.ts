import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { SlowReader } from "../../src/gateway/slow-reader.ts";
import { Admission, type Load } from "../../src/runtime/overload/admission.ts";
import {
  chunk,
  eventStream,
  hello,
  startTestGateway,
  type TestGateway,
} from "../support/gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25));
}

const metric = async (box: TestGateway, name: string): Promise<number> => {
  const text = await (await fetch(`${box.gateway.url}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.split(" ")[1] ?? 0);
};

const post = (box: TestGateway, announced: number): Socket => {
  const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${announced}\r\n\r\n`,
  );
  return socket;
};

const byHeader = `if header.x-kind is high then a with priority high
if header.x-kind is low then a with priority low
otherwise a
`;

/** A gateway whose load is what the test says. */
async function startLoaded(server?: string) {
  let report = (_: Load): void => {};
  const box = await startTestGateway({
    policies: { main: byHeader },
    ...(server === undefined ? {} : { server }),
    options: {
      watchLoad: (given) => {
        report = given;
        return () => {};
      },
    },
  });
  return {
    box,
    say(load: Load): void {
      report(load);
      report(load);
    },
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
}

test.each<[string, Load, Record<string, number>]>([
  ["calm", { loopDelayMs: 20, heapShare: 0.3 }, { low: 200, normal: 200, high: 200 }],
  ["near its limit", { loopDelayMs: 80, heapShare: 0.3 }, { low: 503, normal: 200, high: 200 }],
  ["nearer", { loopDelayMs: 20, heapShare: 0.46 }, { low: 503, normal: 503, high: 200 }],
  ["beyond", { loopDelayMs: 150, heapShare: 0.3 }, { low: 503, normal: 503, high: 503 }],
])(
  "a gateway that is %s takes new work by the priority of its plan",
  async (_name, load, statuses) => {
    await using loaded = await startLoaded("max-loop-delay: 100ms, max-heap: 50%");
    const { box } = loaded;
    loaded.say(load);
    for (const [kind, status] of Object.entries(statuses)) {
      const answer = await box.chat({}, { "x-kind": kind });
      expect([kind, answer.status]).toEqual([kind, status]);
      if (status === 200) continue;
      expect(answer.headers.get("retry-after")).toBe("2");
      expect(await answer.json()).toMatchObject({
        error: { type: "server_error", code: "overloaded" },
      });
    }
    const refused = Object.values(statuses).filter((status) => status === 503).length;
    expect(box.upstream.calls).toHaveLength(3 - refused);
    expect((await fetch(`${box.gateway.url}/healthz`)).status).toBe(200);
    loaded.say({ loopDelayMs: 0, heapShare: 0 });
    expect((await box.chat({}, { "x-kind": "low" })).status).toBe(200);
  },
);

test("what is shed is counted by its reason and priority, before a decision as unknown", async () => {
  await using loaded = await startLoaded("max-loop-delay: 100ms");
  const { box, say } = loaded;
  say({ loopDelayMs: 90, heapShare: 0 });
  await box.chat({}, { "x-kind": "low" });
  say({ loopDelayMs: 100, heapShare: 0 });
  await box.chat({}, { "x-kind": "low" });
  const text = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(text).toContain('signalbox_shed_total{reason="loop_delay",priority="low"} 1');
  expect(text).toContain('signalbox_shed_total{reason="loop_delay",priority="unknown"} 1');
});

test("errors of overload come in each API's own envelope", async () => {
  await using loaded = await startLoaded();
  loaded.say({ loopDelayMs: 60_000, heapShare: 0 });
  const answer = await fetch(`${loaded.box.gateway.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ ...hello, max_tokens: 1 }),
  });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ type: "error" });
});

test("bodies that began together are refused as soon as they hold too much, and what they held is free again", async () => {
  await using loaded = await startLoaded("max-in-flight-bytes: 1048576");
  const { box } = loaded;
  const first = post(box, 4_000_000);
  first.write(Buffer.alloc(600_000, " "));
  await until(async () => (await metric(box, "signalbox_in_flight_bytes")) >= 600_000);
  expect((await box.chat()).status).toBe(200);
  const second = post(box, 4_000_000);
  let told = "";
  second.on("data", (bytes) => {
    told += bytes.toString("latin1");
  });
  second.write(Buffer.alloc(900_000, " "));
  await until(() => told.includes("overloaded"));
  expect(told).toMatch(/^HTTP\/1.1 503 /);
  first.destroy();
  second.destroy();
  await until(async () => (await metric(box, "signalbox_in_flight_bytes")) === 0);
  expect((await box.chat()).status).toBe(200);
});

// Each takes some megabytes of the system's buffers to fill: two hundred of them take twenty seconds.
const readers = process.env["SIGNALBOX_LONG"] === "1" ? 200 : 50;
const pieces = 128;
const perReader = 2 * 1024 * 1024;

test("clients that read nothing hold a bounded part of their answers, and leave nothing behind", async () => {
  const bytes = Buffer.from(chunk("x".repeat(64 * 1024)));
  // Itself it waits until what it wrote was read, so that what is held is held by the gateway.
  const flood = await startScriptedUpstream(() => [
    { do: "head", status: 200, headers: eventStream },
    { do: "flood", bytes, times: pieces },
    { do: "end" },
  ]);
  await using box = await startTestGateway({
    policies: { main: "otherwise f\n" },
    providers: () =>
      `  flood: { kind: openai-compatible, url: "${flood.url}/v1", connections: ${readers} }`,
    targets: "  f: { provider: flood, model: f }",
  });
  const body = JSON.stringify({ ...hello, stream: true });
  const before = process.memoryUsage().rss;
  const sockets = Array.from({ length: readers }, () => {
    const socket = post(box, body.length);
    socket.on("error", () => {});
    socket.pause();
    socket.write(body);
    return socket;
  });
  await until(async () => (await metric(box, "signalbox_stalled_readers")) === readers);
  // With the upstream's own buffers in it, and garbage that nobody has collected yet: three times the bound, not unbounded.
  expect(process.memoryUsage().rss - before).toBeLessThan(3 * readers * perReader);
  const held = await metric(box, "signalbox_in_flight_bytes");
  expect(held).toBeGreaterThan(readers * 16 * 1024);
  expect(held).toBeLessThan((readers * perReader) / 4);
  for (const socket of sockets) socket.destroy();
  await until(async () => (await metric(box, "signalbox_in_flight_bytes")) === 0);
  expect(await metric(box, "signalbox_stalled_readers")).toBe(0);
  await until(async () => (await metric(box, "signalbox_upstream_in_flight")) === 0);
  await flood.close();
});

test("a client that does not read the end of a whole answer is cut off, and what it left is free again", async () => {
  const admission = new Admission(() => ({
    maxInFlightBytes: 1,
    maxLoopDelayMs: 1,
    maxHeapShare: 1,
  }));
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  // The end of an answer has Node's own limit of a socket, not the gateway's clock.
  const createAlarm = () => ({ set: () => {}, clear: () => {} });
  let held = 0;
  const server = createServer((_, response) => {
    const reader = new SlowReader(
      response,
      { admission, world: { now: () => 0, createAlarm } },
      20,
    );
    response.on("close", () => {
      reader.over();
      close();
    });
    response.end(Buffer.alloc(64 * 1024 * 1024));
    reader.ended();
    held = admission.heldBytes;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await closed;
  expect(held).toBeGreaterThan(32 * 1024 * 1024);
  expect(admission.heldBytes).toBe(0);
  socket.destroy();
  server.close();
});
