import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { holdsEvents } from "../../../src/runtime/transport/holds-events.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";
import { planOver } from "../../support/plans.ts";
import { pieces } from "../../support/scripted-upstream.ts";
import { createSocketBench, providerAt, type Sent } from "../../support/socket-bench.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const idleMs = 1_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

interface Stage extends Sent {
  readonly hand: HandClock;
  /** Has the provider send bytes and waits until one more `mark` has reached the client. */
  say(bytes: string, mark: string): Promise<void>;
}

/** A begun stream whose provider says what the test makes it say. */
async function begun(first: string): Promise<Stage> {
  let upstream: ServerResponse | null = null;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(first);
    upstream = response;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hand = createHandClock();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bench = createSocketBench(providerAt(url), {}, hand);
  open.push(
    () => bench.close(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  const limits = { firstTokenMs: 1e9, idleMs, timeoutMs: 1e9, deadlineMs: 1e9 };
  const sent = bench.send(planOver(["a"], limits), true);
  while (!sent.sink.text().includes("hello")) await turn();
  const say = async (bytes: string, mark: string): Promise<void> => {
    const before = sent.sink.text().split(mark).length;
    upstream?.write(bytes);
    while (sent.sink.text().split(mark).length === before && sent.sink.failure === null)
      await turn();
  };
  return { ...sent, hand, say };
}

test("pings keep a begun stream for three idle limits beyond its last content, and no longer", async () => {
  const { hand, say, sink, result } = await begun(pieces.role + pieces.content);
  for (let half = 1; half <= 5; half += 1) {
    hand.pass(idleMs / 2);
    await say(pieces.ping, ":");
  }
  expect(sink.failure).toBeNull();
  hand.pass(idleMs / 2 + 10);
  expect(await result).toMatchObject({
    outcome: "failed",
    failure: { code: "stream_idle_timeout" },
  });
});

test.each([
  ["alone", pieces.content],
  ["behind a ping in one chunk", pieces.ping + pieces.content],
])("content %s counts anew", async (_, bytes) => {
  const { hand, say, sink } = await begun(pieces.role + pieces.content);
  for (let round = 0; round < 12; round += 1) {
    hand.pass(idleMs / 2);
    await say(bytes, "hello");
  }
  expect(sink.failure).toBeNull();
});

test("silence still ends a stream after one idle limit", async () => {
  const { hand, result } = await begun(pieces.role + pieces.content);
  hand.pass(idleMs + 10);
  expect((await result).outcome).toBe("failed");
});

test.each([
  [": ping\n\n", false],
  [": a\n\n: b\n\n", false],
  ["data: {}\n\n", true],
  [": a\n\ndata: {}\n\n", true],
])("of %j it holds that events stand in it: %j", (text, holds) => {
  expect(holdsEvents(new TextEncoder().encode(text))).toBe(holds);
});
