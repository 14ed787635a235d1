import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { connectionLimits } from "../../src/gateway/server.ts";
import { sendUnreadable } from "../../src/gateway/to-response.ts";

test("a head has seconds to come, a whole request a minute, and what is late is looked for each second", () => {
  const { headersTimeout, requestTimeout, connectionsCheckingInterval } = connectionLimits;
  expect(headersTimeout).toBeLessThanOrEqual(10_000);
  expect(requestTimeout).toBeLessThanOrEqual(60_000);
  expect(connectionsCheckingInterval).toBeLessThanOrEqual(1_000);
});

test.each([
  ["a head that never ends", "GET / HTTP/1.1\r\nhost: x\r\nx-a: "],
  ["a body that never ends", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx"],
])(
  "%s is 408 and the end of the connection, by the timers that the gateway sets",
  async (_name, sent) => {
    // The same timers, a hundred times as fast.
    const faster = Object.fromEntries(
      Object.entries(connectionLimits).map(([name, value]) => [
        name,
        /Timeout$|Interval$/.test(name) ? Number(value) / 100 : value,
      ]),
    );
    const server = createServer(faster, (request) => void request.resume());
    server.on("clientError", sendUnreadable);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    let received = "";
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
    });
    socket.on("error", () => {});
    socket.write(sent);
    await new Promise<void>((resolve) => socket.on("close", () => resolve()));
    expect(received).toMatch(/^HTTP\/1.1 408 /);
    server.close();
  },
);
