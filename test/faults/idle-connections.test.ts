import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

const most = 8;

/** A connection that has said something, and what has come of it. */
async function open(
  url: string,
  first: string,
): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const closed = Promise.withResolvers<void>();
  socket.on("error", () => {}).on("close", () => closed.resolve());
  await once(socket, "connect");
  if (first !== "") {
    socket.write(first);
    await Promise.race([once(socket, "data"), closed.promise]);
  }
  socket.resume();
  return { socket, closed: closed.promise };
}

test.each([
  ["that nothing was asked over", ""],
  ["that wait for their next request", "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"],
])("row 111: idle connections %s give way to a new client", async (_, first) => {
  await using box = await startTestGateway({ server: `max-connections: ${most}` });
  const idle: Awaited<ReturnType<typeof open>>[] = [];
  for (let each = 0; each < most * 4; each += 1) idle.push(await open(box.gateway.url, first));
  expect((await box.chat()).status).toBe(200);
  await idle[0]?.closed;
  for (const { socket } of idle) socket.destroy();
});

test("row 111: connections that are being answered do not", async () => {
  await using box = await startTestGateway({
    server: `max-connections: ${most}`,
    script: () => ({ neverAnswers: true }),
  });
  const body = JSON.stringify({ model: "main", messages: [{ role: "user", content: "hi" }] });
  const asked = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const busy: Socket[] = [];
  for (let each = 0; each < most; each += 1) {
    const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(asked);
    busy.push(socket);
    while (box.upstream.calls.length <= each) await new Promise((resolve) => setImmediate(resolve));
  }
  await (await open(box.gateway.url, "")).closed;
  expect(busy.filter(({ destroyed }) => destroyed)).toEqual([]);
  for (const socket of busy) socket.destroy();
});
