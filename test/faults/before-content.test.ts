import type { Socket } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { eventStream } from "../support/gateway.ts";
import { httpAnswer, startRawUpstream } from "../support/raw-upstream.ts";
import { completion, done, event, readStream, startFaultStage, until } from "./stage.ts";

const stalls = (...body: readonly string[]): Behaviour => ({
  ...{ headers: eventStream, body, after: "stall" },
});

test.each<[number, string, Behaviour]>([
  [6, "says nothing", { neverAnswers: true }],
  [7, "sends a head and nothing more", stalls()],
  [8, "sends a role and nothing more", stalls(event({ role: "assistant", content: "" }))],
  [9, "sends pings and nothing more", stalls(": ping\n\n".repeat(50))],
])(
  "row %i: where the last target %s the client hears 504 in time, and nothing before",
  async (_row, _how, behaviour) => {
    await using stage = await startFaultStage({
      byHand: true,
      policies: { main: "otherwise a with first-token 2s, retry 0\n" },
      script: () => behaviour,
    });
    const asking = stage.box.chat({ stream: true });
    await until(() => stage.box.upstream.calls.length === 1);
    const left = stage.box.upstream.calls[0]?.left;
    for (let turn = 0; turn < 40; turn += 1) {
      stage.clock.pass(49);
      await new Promise((resolve) => setImmediate(resolve));
    }
    let heard = false;
    void asking.then(() => {
      heard = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toBe(false);
    stage.clock.pass(100);
    const told = await asking;
    expect(told.status).toBe(504);
    expect(await told.json()).toMatchObject({
      error: { type: "timeout_error", code: "ttft_timeout" },
    });
    expect(await left).toBe(true);
  },
);

test("row 28: an answer cut at any byte is never half an answer, and the next target gives a whole one", async () => {
  const whole = completion("hello");
  let cutAfter = 0;
  let how: "cutAfter" | "resetAfter" = "cutAfter";
  await using stage = await startFaultStage({
    behind: () => ({ headers: { connection: "close" }, body: whole }),
    faults: () => ({ down: { [how]: cutAfter } }),
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(400), fc.constantFrom("cutAfter", "resetAfter"), async (at, kind) => {
      cutAfter = at;
      how = kind;
      const told = await stage.box.chat();
      expect([at, told.status]).toEqual([at, 502]);
      expect(await told.json()).toMatchObject({ error: { type: "upstream_error" } });
      const next = await stage.box.chat({ model: "both" });
      expect(next.headers.get("x-signalbox-target")).toBe("b");
      expect(await next.json()).toMatchObject({ object: "chat.completion" });
    }),
    { numRuns: 60, seed: 28 },
  );
});

test("row 30: text in bytes that were split anywhere is the same text, and a broken letter is shown as one", async () => {
  const text = "größer 漢字 🚂 é";
  let splitEvery: number | "random" = 1;
  let body = Buffer.from(completion(text));
  let stream = false;
  await using stage = await startFaultStage({
    behind: () => ({
      headers: { connection: "close", ...(stream ? eventStream : {}) },
      body: [body],
    }),
    faults: () => ({ down: { splitEvery } }),
  });
  const events = [event({ content: text }), event({}, "stop"), done].join("");
  for (splitEvery of [1, 2, 3, "random"] as const) {
    stream = false;
    body = Buffer.from(completion(text));
    const answer = (await (await stage.box.chat()).json()) as {
      choices: { message: { content: string } }[];
    };
    expect(answer.choices[0]?.message.content).toBe(text);
    stream = true;
    body = Buffer.from(events);
    expect(readStream(await (await stage.box.chat({ stream })).text()).said).toBe(text);
  }
  body = Buffer.from(events.replace("🚂", "?"));
  body[body.indexOf("?")] = 0xff;
  const broken = readStream(await (await stage.box.chat({ stream })).text());
  expect(broken).toMatchObject({ said: text.replace("🚂", "\ufffd"), ends: 1 });
});

test("row 34: a kept connection that the other side closes just as it is used again costs no client an error", async () => {
  const answered = new WeakMap<Socket, number>();
  const upstream = await startRawUpstream((socket) => {
    const before = answered.get(socket) ?? 0;
    answered.set(socket, before + 1);
    if (before < 2) socket.write(httpAnswer("200 OK", JSON.parse(completion("hello"))));
    else socket.destroy();
  });
  await using stage = await startFaultStage({
    policies: { main: "otherwise r with retry 0\n" },
    targets: "  r: { provider: raw, model: model-r }\n",
    providers: () =>
      `  raw: { kind: openai-compatible, url: "${upstream.url}/v1", connections: 1 }`,
  });
  for (let turn = 0; turn < 1_000; turn += 1) {
    const answer = await stage.box.chat();
    expect([turn, answer.status]).toEqual([turn, 200]);
    await answer.arrayBuffer();
  }
  expect(upstream.accepted()).toBeGreaterThanOrEqual(500);
  await upstream.close();
});

test("row 35: a connection whose other side has vanished is given up in time and not used again", async () => {
  await using stage = await startFaultStage({
    byHand: true,
    policies: { main: "otherwise f fallback b with first-token 2s, timeout 2s, retry 0\n" },
    behind: () => ({ body: completion("hello") }),
    // The first connection lets one answer through and then nothing, neither bytes nor an end.
    faults: (connection) => (connection === 0 ? { up: { stallAfter: 700 } } : null),
  });
  expect((await stage.box.chat()).headers.get("x-signalbox-target")).toBe("f");
  const asking = stage.box.chat({
    messages: [{ role: "user", content: "x".repeat(1_000) }],
  });
  await until(() => stage.proxy.stalled === 1);
  stage.clock.pass(2_100);
  const second = await asking;
  expect(second.headers.get("x-signalbox-target")).toBe("b");
  expect((await stage.box.chat()).headers.get("x-signalbox-target")).toBe("f");
  expect(stage.proxy.accepted).toBe(2);
});

test("row 1: a connection that is reset as soon as it is made goes on to the next target", async () => {
  await using stage = await startFaultStage({ faults: () => ({ refused: true }) });
  const next = await stage.box.chat({ model: "both" });
  expect([next.status, next.headers.get("x-signalbox-target")]).toEqual([200, "b"]);
  const told = await stage.box.chat();
  expect(told.status).toBe(502);
  expect(await told.json()).toMatchObject({ error: { type: "upstream_error" } });
});
