import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import {
  chunk,
  eventStream,
  hello,
  startTestGateway,
  type TestGateway,
} from "../support/gateway.ts";

function open(box: TestGateway, body: string, ...headers: string[]): Socket {
  const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: localhost",
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  socket.write([...head, "", ""].join("\r\n"));
  return socket;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test("a client that stops reading stops the upstream, and gets everything when it reads again", async () => {
  const pieces = 800;
  const finish = chunk("").replace('"finish_reason":null', '"finish_reason":"stop"');
  const piece = chunk("x".repeat(64 * 1024));
  let sent = 0;
  const flood: Behaviour = {
    headers: eventStream,
    body: [...Array.from({ length: pieces }, () => piece), finish, "data: [DONE]\n\n"],
    hold: (number) => {
      sent = number;
      return undefined;
    },
  };
  await using box = await startTestGateway({ script: () => flood });
  const body = JSON.stringify({ ...hello, stream: true });
  const socket = open(box, body);
  socket.pause();
  socket.write(body);
  await until(() => sent > 10);
  // Settled: many round trips through the same loop go by and nothing more is sent.
  let before = -1;
  for (let calm = 0; calm < 100; calm += 1) {
    if (before !== sent) calm = 0;
    before = sent;
    await (await fetch(`${box.gateway.url}/healthz`)).arrayBuffer();
  }
  expect(sent).toBeLessThan(pieces / 2);
  let received = 0;
  let tail = "";
  socket.on("data", (bytes) => {
    received += bytes.length;
    tail = (tail + bytes.toString("latin1")).slice(-200);
  });
  socket.resume();
  await until(() => tail.includes("[DONE]"));
  expect(received).toBeGreaterThan(pieces * 64 * 1024);
  socket.destroy();
});

test("a client that asks leave to send gets it, and is answered", async () => {
  await using box = await startTestGateway();
  const body = JSON.stringify(hello);
  const socket = open(box, body, "expect: 100-continue", "connection: close");
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  await until(() => received.includes("100 Continue"));
  socket.write(body);
  await until(() => received.includes("stand-in for model-a"));
  expect(received).toMatch(/HTTP\/1.1 200 OK/);
  socket.destroy();
});

test("a client that asks leave to send too much is refused before it sends", async () => {
  await using box = await startTestGateway({ server: "body-limit: 4096" });
  const socket = open(box, "x".repeat(5_000), "expect: 100-continue");
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  await until(() => received.includes("request_too_large"));
  expect(received).toMatch(/^HTTP\/1.1 413 /);
  socket.destroy();
});

test("fifty requests down one connection are answered in their order", async () => {
  await using box = await startTestGateway();
  const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  const asks = Array.from({ length: 50 }, (_, i) => {
    const body = JSON.stringify(hello);
    return `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-request-id: n${i}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  });
  socket.write(asks.join(""));
  const ids = (): string[] =>
    [...received.matchAll(/x-request-id: (\S+)/g)].map(([, id]) => id ?? "");
  await until(() => ids().length === 50);
  expect(ids()).toEqual(Array.from({ length: 50 }, (_, i) => `n${i}`));
  socket.destroy();
});

test("answers of every size and kind of text arrive byte for byte", async () => {
  const texts = ["plain", "größer 漢字 🚂 \u2028 \ud83d", "y".repeat(100_000), "ß".repeat(70_000)];
  let next = "";
  await using box = await startTestGateway({
    script: () => ({
      body: JSON.stringify({
        id: "c",
        object: "chat.completion",
        created: 1,
        model: "m",
        choices: [
          { index: 0, message: { role: "assistant", content: next }, finish_reason: "stop" },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }),
    }),
  });
  for (const text of texts) {
    next = text;
    const answer = (await (await box.chat()).json()) as {
      choices: { message: { content: string } }[];
    };
    expect(answer.choices[0]?.message.content).toBe(text);
  }
});
