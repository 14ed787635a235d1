import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createFetcher } from "../../../src/runtime/transport/bounded-fetch.ts";
import { type ServerAnswers, startModelServer } from "../../support/model-server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function fetcher(): ReturnType<typeof createFetcher> {
  const made = createFetcher();
  closing.push(made.close);
  return made;
}

async function start(answers: ServerAnswers): ReturnType<typeof startModelServer> {
  const server = await startModelServer(answers);
  closing.push(server.close);
  return server;
}

const limits = { timeoutMs: 5_000, maxBytes: 1_000 };

test("status, headers and bytes come back, with JSON posted where there is a body", async () => {
  const server = await start({ "/a": { status: 418, body: "tea", headers: { "x-y": "z" } } });
  const { fetch } = fetcher();
  const answer = await fetch({ url: `${server.url}/a`, headers: {}, body: "{}" }, limits);
  expect(answer).toMatchObject({ ok: true, status: 418, headers: { "x-y": "z" } });
  expect(answer.ok && new TextDecoder().decode(answer.body)).toBe("tea");
  expect(server.asked).toEqual(["POST /a"]);
});

test("a redirect is an answer, and is not followed", async () => {
  const other = await start({ "/b": "secret" });
  const server = await start({ "/a": { status: 307, headers: { location: `${other.url}/b` } } });
  const headers = { authorization: "Bearer sk-home" };
  const answer = await fetcher().fetch({ url: `${server.url}/a`, headers }, limits);
  expect(answer).toMatchObject({ ok: true, status: 307 });
  expect(other.asked).toEqual([]);
});

test("a body beyond the bound is cut, and the next question is answered", async () => {
  const server = await start({ "/a": "x".repeat(1_001), "/b": "x".repeat(1_000) });
  const { fetch } = fetcher();
  const cut = await fetch({ url: `${server.url}/a`, headers: {} }, limits);
  expect(cut).toMatchObject({ ok: false, reason: "too-large" });
  expect(await fetch({ url: `${server.url}/b`, headers: {} }, limits)).toMatchObject({ ok: true });
});

test("silence ends with the time allowed", async () => {
  const server = await start({ "/a": "stall" });
  const answer = await fetcher().fetch(
    { url: `${server.url}/a`, headers: {} },
    { ...limits, timeoutMs: 20 },
  );
  expect(answer).toEqual({ ok: false, reason: "timeout", message: "no answer within 20 ms" });
});

test("nobody there, and somebody who speaks no HTTP, are told apart", async () => {
  const gone = await startModelServer({});
  await gone.close();
  const { fetch } = fetcher();
  expect(await fetch({ url: `${gone.url}/a`, headers: {} }, limits)).toEqual({
    ok: false,
    reason: "refused",
    message: "nothing listens there",
  });
  const mute = createServer((socket) => socket.resume().end("hello\n")).listen(0, "127.0.0.1");
  await new Promise((resolve) => mute.once("listening", resolve));
  closing.push(() => new Promise((resolve) => mute.close(() => resolve())));
  const { port } = mute.address() as { port: number };
  expect(await fetch({ url: `http://127.0.0.1:${port}/`, headers: {} }, limits)).toMatchObject({
    ok: false,
    reason: "network",
  });
});
