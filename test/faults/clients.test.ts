import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { eventStream, hello, type TestGateway } from "../support/gateway.ts";
import { completion, done, event, startFaultStage, until } from "./stage.ts";

/** A client's own socket that has sent one request. */
function ask(box: TestGateway, body: object, halfClose = false): Socket {
  const socket = connect({
    port: Number(new URL(box.gateway.url).port),
    host: "127.0.0.1",
    allowHalfOpen: true,
  });
  const text = JSON.stringify({ ...hello, ...body });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n`;
  socket.on("error", () => socket.destroy());
  if (halfClose) socket.end(head + text);
  else socket.write(head + text);
  return socket;
}

test.each([true, false])(
  "row 57: a client that closes its half of the connection has left: nothing goes on for it (streamed: %s)",
  async (stream) => {
    await using stage = await startFaultStage({ script: () => ({ neverAnswers: true }) });
    const socket = ask(stage.box, { model: "alone", stream });
    await until(() => stage.box.upstream.calls.length === 1);
    socket.end();
    expect(await stage.box.upstream.calls[0]?.left).toBe(true);
    socket.destroy();
  },
);

test("row 54: a client that leaves while its request waits for a connection frees its place", async () => {
  const gate = Promise.withResolvers<void>();
  await using stage = await startFaultStage({
    connections: 1,
    script: ({ number }) =>
      number === 0 ? { body: completion("x"), holdHead: gate.promise } : null,
  });
  const first = stage.box.chat({ model: "alone" });
  await until(() => stage.box.upstream.calls.length === 1);
  const leaver = ask(stage.box, { model: "alone" });
  const metric = async (): Promise<string> =>
    (await fetch(`${stage.box.gateway.url}/metrics`)).text();
  while (!/signalbox_requests_in_flight 2/.test(await metric()));
  leaver.destroy();
  while (!/signalbox_requests_in_flight 1/.test(await metric()));
  gate.resolve();
  expect((await first).status).toBe(200);
  expect((await stage.box.chat({ model: "alone" })).status).toBe(200);
  expect(stage.box.upstream.calls).toHaveLength(2);
});

// One buffer for all: what stands in memory is what the gateway and the kernel hold.
const piece = Buffer.from(event({ content: "x".repeat(64 * 1024) }));

/** A stream of 50 MB, and how many of its pieces have gone out so far. */
function flood(): { behaviour: () => Behaviour; sent: () => number } {
  let sent = 0;
  const body = [...Array.from({ length: 800 }, () => piece), event({}, "stop"), done];
  const hold = (): undefined => {
    sent += 1;
  };
  return { behaviour: () => ({ headers: eventStream, body, hold }), sent: () => sent };
}

/** Until nothing more is sent to clients that do not read: many round trips through the same loop change nothing. */
async function settled(box: TestGateway, sent: () => number): Promise<void> {
  await until(() => sent() > 10);
  for (let calm = 0, before = -1; calm < 60; calm += 1) {
    if (before !== sent()) calm = 0;
    before = sent();
    await (await fetch(`${box.gateway.url}/healthz`)).arrayBuffer();
  }
}

test("row 58: a client that stops reading is held for a minute, and then cut with its upstream", async () => {
  const { behaviour, sent } = flood();
  await using stage = await startFaultStage({ byHand: true, script: behaviour });
  const socket = ask(stage.box, { model: "alone", stream: true });
  socket.pause();
  await settled(stage.box, sent);
  const left = stage.box.upstream.calls[0]?.left;
  stage.clock.pass(59_000);
  await settled(stage.box, sent);
  expect(stage.box.upstream.open).toBe(1);
  expect(sent()).toBeLessThan(400);
  stage.clock.pass(1_100);
  expect(await left).toBe(true);
  socket.destroy();
});

test("row 60: a client that reads byte by byte is cut as well, since its buffer never empties", async () => {
  const { behaviour, sent } = flood();
  await using stage = await startFaultStage({ byHand: true, script: behaviour });
  const socket = ask(stage.box, { model: "alone", stream: true });
  socket.pause();
  await settled(stage.box, sent);
  const left = stage.box.upstream.calls[0]?.left;
  for (let second = 0; second < 61; second += 1) {
    socket.read(1);
    stage.clock.pass(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await left).toBe(true);
  socket.destroy();
});

test("row 59: while thirty clients do not read another is served, and in time all of them are cut", async () => {
  const { behaviour, sent } = flood();
  await using stage = await startFaultStage({
    byHand: true,
    connections: 256,
    script: ({ body }) => (body["model"] === "model-a" ? behaviour() : null),
  });
  const sockets = Array.from({ length: 30 }, () => {
    const socket = ask(stage.box, { model: "alone", stream: true });
    return socket.pause();
  });
  await until(() => stage.box.upstream.calls.length === sockets.length);
  const heapBefore = process.memoryUsage().arrayBuffers;
  await settled(stage.box, sent);
  expect((await stage.box.chat({ model: "other" })).status).toBe(200);
  // Far less than the 2 MiB that each may take, the upstream's own buffers in this process included.
  expect(process.memoryUsage().arrayBuffers - heapBefore).toBeLessThan(sockets.length * 2_097_152);
  stage.clock.pass(61_000);
  await until(() => stage.box.upstream.open === 0);
  expect((await stage.box.chat({ model: "other" })).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});
