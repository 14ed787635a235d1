import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { type LingerBounds, linger, lingerBounds } from "../../src/gateway/linger.ts";
import { startTestGateway } from "../support/gateway.ts";

/** A server that refuses every body at once, by the bounds. */
async function startRefusing(bounds: Partial<LingerBounds> = {}) {
  const server = createServer((request, response) => {
    linger(request, response, { ...lingerBounds, ...bounds });
    response.writeHead(413, { "content-length": "2" }).end("no");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const left = Promise.withResolvers<void>();
  server.on("connection", (socket) => socket.once("close", () => left.resolve()));
  return {
    /** Fulfilled when the server has let go of the first connection. */
    left: left.promise,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]() {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const head = (length: number, path = "/v1/chat/completions"): string =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

interface Sender {
  readonly socket: Socket;
  /** What was received. */
  text(): string;
  /** Fulfilled when an answer begins, and when the connection is closed: with the error that it ended with, if any. */
  readonly answered: Promise<void>;
  readonly closed: Promise<string | null>;
  /** Writes until the system has it; false where the connection is gone. */
  write(bytes: Buffer): Promise<boolean>;
}

function send(port: number, first: string): Sender {
  // Its own side stays open after the gateway has closed its: there is more to send.
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  let error: string | null = null;
  const answered = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<string | null>();
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
    answered.resolve();
  });
  socket.on("error", (thrown: NodeJS.ErrnoException) => {
    error = thrown.code ?? thrown.message;
  });
  socket.on("close", () => closed.resolve(error));
  socket.write(first);
  return {
    ...{ socket, text: () => received, answered: answered.promise, closed: closed.promise },
    write: (bytes) => new Promise((resolve) => socket.write(bytes, (failed) => resolve(!failed))),
  };
}

const piece = Buffer.alloc(256 * 1024, 0x20);

test.each<[string, string, number]>([
  ["a body that is too long", "/v1/chat/completions", 413],
  ["an upload of another kind", "/v1/files", 415],
])("who still sends after an answer may send all of it: %s", async (_, path, status) => {
  await using box = await startTestGateway({
    server: "body-limit: 65536",
    yaml: "store: { path: state.sqlite }\n",
  });
  const pieces = 64;
  const sender = send(Number(new URL(box.gateway.url).port), head(pieces * piece.length, path));
  await sender.answered;
  for (let sent = 0; sent < pieces; sent += 1) expect(await sender.write(piece)).toBe(true);
  sender.socket.end();
  expect(await sender.closed).toBeNull();
  const told = new RegExp(
    `^HTTP/1.1 ${status} .*\\bconnection: close\\r\\n.*"error":\\{.*\\}$`,
    "is",
  );
  expect(sender.text()).toMatch(told);
});

test("who sends an upload that is refused in its middle may send all of it", async () => {
  await using box = await startTestGateway({
    yaml: "store: { path: state.sqlite }\nbatches: { file-limit: 16777216 }\n",
  });
  const part = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n';
  const pieces = 32;
  const form = part.repeat(30);
  const length = form.length + pieces * piece.length;
  const sender = send(
    Number(new URL(box.gateway.url).port),
    `${head(length, "/v1/files").replace("application/json", "multipart/form-data; boundary=x")}${form}`,
  );
  await sender.answered;
  for (let sent = 0; sent < pieces; sent += 1) expect(await sender.write(piece)).toBe(true);
  sender.socket.end();
  expect(await sender.closed).toBeNull();
  expect(sender.text()).toMatch(/^HTTP\/1.1 400 .*too many parts/s);
});

test("the connection is closed as soon as all has been sent", async () => {
  await using server = await startRefusing({ idleMs: 3_600_000, totalMs: 3_600_000 });
  const sender = send(server.port, head(10));
  await sender.answered;
  await sender.write(Buffer.from("0123456789GET / HTTP/1.1\r\n\r\n"));
  await server.left;
  // What comes behind it is no request any more.
  expect(sender.text().match(/HTTP\/1.1/g)).toHaveLength(1);
});

test("a body that had come already is no reason to stay", async () => {
  await using server = await startRefusing({ idleMs: 3_600_000, totalMs: 3_600_000 });
  const sender = send(server.port, `${head(10)}0123456789`);
  await sender.answered;
  await server.left;
});

test.each<[string, Partial<LingerBounds>]>([
  ["for more bytes than the bound", { bytes: 4 * 1024 * 1024 }],
  ["for longer than the bound", { totalMs: 50 }],
])("nobody sends %s", async (_, bounds) => {
  await using server = await startRefusing(bounds);
  const sender = send(server.port, head(2 ** 40));
  await sender.answered;
  while (await sender.write(piece));
  expect(sender.text()).toMatch(/^HTTP\/1.1 413 /);
  expect(["EPIPE", "ECONNRESET"]).toContain(await sender.closed);
});

test("who says nothing more is not waited for", async () => {
  await using server = await startRefusing({ idleMs: 50 });
  const sender = send(server.port, head(2 ** 40));
  await sender.answered;
  await server.left;
  expect(sender.text()).toMatch(/^HTTP\/1.1 413 /);
});
