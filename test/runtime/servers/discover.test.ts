import { afterEach, expect, test } from "vitest";
import { discoverServers } from "../../../src/runtime/servers/discover.ts";
import type { ServerKind } from "../../../src/runtime/servers/server-state.ts";
import { createFetcher } from "../../../src/runtime/transport/bounded-fetch.ts";
import {
  type ModelServer,
  type ServerAnswers,
  serverAnswers,
  startModelServer,
} from "../../support/model-server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(answers: ServerAnswers): Promise<ModelServer> {
  const server = await startModelServer(answers);
  closing.push(server.close);
  return server;
}

function discover(...ports: number[]): ReturnType<typeof discoverServers> {
  const fetcher = createFetcher();
  closing.push(fetcher.close);
  return discoverServers(ports, fetcher.fetch);
}

const kinds = Object.keys(serverAnswers) as ServerKind[];

test("each kind of server is told by its own answers, with its models and state", async () => {
  const servers = await Promise.all(kinds.map((kind) => start(serverAnswers[kind])));
  const found = await discover(...servers.map(({ port }) => port));
  expect(found.map(({ kind }) => kind)).toEqual(kinds);
  expect(found.map(({ state }) => state?.health)).toEqual(["up", "up", "up", "saturated", "up"]);
  expect(found.map(({ models }) => models[0])).toEqual([
    "qwen3:8b",
    "/models/qwen2.5-7b-instruct-Q4_K_M.gguf",
    "Qwen2.5-7B-Instruct",
    "llama-3.1-8b",
    "qwen/qwen3-8b",
  ]);
  for (const server of servers) expect(server.mostAtOnce()).toBe(1);
});

const bare = (answers: ServerAnswers): ServerAnswers => ({
  "/v1/models": { data: [{ id: "m" }] },
  ...answers,
});
const closed = { status: 401, body: '{"error":"no key"}' };

test.each<[string, ServerAnswers, ServerKind | null | undefined]>([
  ["vLLM by its version alone", bare({ "/version": { version: "0.9" } }), "vllm"],
  [
    "vLLM by the owner of its models alone",
    { "/v1/models": { data: [{ id: "m", owned_by: "vllm" }] } },
    "vllm",
  ],
  ["SGLang by its information alone", bare({ "/get_server_info": { model_path: "x" } }), "sglang"],
  ["LM Studio of before 0.4", bare({ "/api/v0/models": { data: [] } }), "lmstudio"],
  [
    "llama.cpp that is loading",
    {
      "/v1/models": { status: 503, body: "{}" },
      "/health": {
        status: 503,
        body: '{"error":{"type":"unavailable_error","message":"Loading model"}}',
      },
    },
    "llamacpp",
  ],
  [
    "llama.cpp behind a key, by its header",
    { "/v1/models": { ...closed, headers: { server: "llama.cpp" } } },
    "llamacpp",
  ],
  [
    "vLLM behind a key, by what is open",
    { "/v1/models": closed, "/version": { version: "0.14" } },
    "vllm",
  ],
  [
    "a server that answers everything with the same page",
    Object.fromEntries(
      ["/v1/models", "/version", "/props", "/health", "/api/version"].map((path) => [
        path,
        "<html>",
      ]),
    ),
    undefined,
  ],
  ["an unknown server in OpenAI's format", bare({}), null],
  ["a web server of another trade", {}, undefined],
  [
    "one that redirects elsewhere",
    { "/v1/models": { status: 302, headers: { location: "http://127.0.0.1:1/" } } },
    undefined,
  ],
])("%s", async (_, answers, kind) => {
  const server = await start(answers);
  const found = await discover(server.port);
  expect(found.map((each) => each.kind)).toEqual(kind === undefined ? [] : [kind]);
});

test("what is asked only for want of another answer is not asked where that came", async () => {
  const sglang = await start(serverAnswers.sglang);
  const lmstudio = await start(serverAnswers.lmstudio);
  await discover(sglang.port, lmstudio.port);
  expect(sglang.asked).not.toContain("GET /server_info");
  expect(lmstudio.asked).not.toContain("GET /api/v0/models");
});

test("ports where nobody listens are no news, and no key is sent to those that answer", async () => {
  const gone = await startModelServer({});
  await gone.close();
  const server = await start(serverAnswers.ollama);
  const found = await discover(gone.port, server.port, server.port);
  expect(found.map(({ port }) => port)).toEqual([server.port]);
  expect(new Set(server.keys)).toEqual(new Set([undefined]));
});
