import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ConnectionFaults, startFaultProxy } from "../support/fault-proxy.ts";
import { createHandClock } from "../support/hand-clock.ts";
import { until } from "./stage.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A client behind a proxy with these faults; the server sends back what it gets, and ends when the client does. */
async function echoThrough(faults: ConnectionFaults) {
  const heard = { bytes: "", pieces: 0, ended: false, error: "", closed: false };
  const echo = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", () => resolve()));
  const clock = createHandClock();
  const target = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  const proxy = await startFaultProxy({ target, faults: () => faults, timers: clock });
  const client = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  client.on("data", (bytes) => {
    heard.bytes += bytes.toString("latin1");
    heard.pieces += 1;
  });
  client.on("end", () => {
    heard.ended = true;
  });
  client.on("error", (error: NodeJS.ErrnoException) => {
    heard.error = error.code ?? "";
  });
  client.on("close", () => {
    heard.closed = true;
  });
  open.push(
    () => client.destroy(),
    () => proxy.close(),
    () => new Promise((resolve) => echo.close(resolve)),
  );
  return { client, clock, heard, proxy };
}

/** Many turns of the loop, enough for bytes to go round on a loopback if nothing holds them. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("without faults bytes and both ends go through", async () => {
  const { client, heard } = await echoThrough({});
  client.end("hello");
  await until(() => heard.ended);
  expect(heard).toMatchObject({ bytes: "hello", error: "" });
});

test.each<[string, ConnectionFaults, number, number]>([
  ["latency", { down: { latencyMs: 100 } }, 99, 1],
  ["jitter", { down: { latencyMs: 100, jitterMs: 50 } }, 99, 51],
  ["bandwidth", { down: { bytesPerSecond: 50 } }, 99, 1],
])("%s holds bytes back for its time, and no longer", async (_name, faults, before, rest) => {
  const { client, clock, heard } = await echoThrough(faults);
  client.write("hello");
  await turns();
  clock.pass(before);
  await turns();
  expect(heard.bytes).toBe("");
  clock.pass(rest);
  await until(() => heard.bytes === "hello");
});

test("a slow close tells the end late", async () => {
  const { client, clock, heard } = await echoThrough({ down: { slowCloseMs: 100 } });
  client.end("hello");
  await until(() => heard.bytes === "hello");
  await turns();
  expect(heard.ended).toBe(false);
  clock.pass(100);
  await until(() => heard.ended);
});

test("bytes are split, and one is turned over", async () => {
  const { client, heard, proxy } = await echoThrough({ down: { splitEvery: 1, corruptAt: 2 } });
  client.write("hello");
  await until(() => heard.bytes.length === 5);
  expect(heard.bytes).toMatch(/^he[^l]lo$/s);
  expect([heard.pieces > 1, proxy.corrupted]).toEqual([true, 1]);
});

test("a cut ends the connection in order behind its last byte, a reset does not", async () => {
  const cut = await echoThrough({ down: { cutAfter: 3 } });
  cut.client.write("hello");
  await until(() => cut.heard.closed);
  expect(cut.heard).toMatchObject({ bytes: "hel", ended: true, error: "" });
  const reset = await echoThrough({ down: { resetAfter: 3 } });
  reset.client.write("hello");
  await until(() => reset.heard.closed);
  expect(reset.heard).toMatchObject({ ended: false, error: "ECONNRESET" });
  const refused = await echoThrough({ refused: true });
  await until(() => refused.heard.closed);
  expect(refused.heard.error).toBe("ECONNRESET");
});

test.each<[string, ConnectionFaults, string]>([
  ["takes no byte", { up: { stallAfter: 0 } }, ""],
  ["never answers", { down: { stallAfter: 0 } }, ""],
  ["stops in the middle", { down: { stallAfter: 2 } }, "he"],
])("a connection that %s stays open and says nothing", async (_name, faults, bytes) => {
  const { client, heard, proxy } = await echoThrough(faults);
  client.write("hello");
  await until(() => proxy.stalled === 1 && heard.bytes === bytes);
  client.write("more");
  await turns();
  expect(heard).toMatchObject({ bytes, ended: false, closed: false });
  expect([proxy.accepted, proxy.open]).toEqual([1, 1]);
});
