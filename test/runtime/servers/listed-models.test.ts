import { expect, test } from "vitest";
import { askServer } from "../../../src/runtime/servers/ask-server.ts";
import { serverReaders } from "../../../src/runtime/servers/readers.ts";
import type { ServerState } from "../../../src/runtime/servers/server-state.ts";
import { createFetcher } from "../../../src/runtime/transport/bounded-fetch.ts";
import { serverAnswers, startModelServer } from "../../support/model-server.ts";
import { readServer } from "../../support/read-server.ts";

test("Ollama: details of a model are asked once for its digest, and kept until it changes", () => {
  const probes = (previous: ServerState | null): readonly (string | undefined)[] =>
    serverReaders.ollama
      .probes({ models: ["qwen3:8b", "unheard"], previous, wanted: true })
      .map(({ as, path }) => as ?? path);
  const first = readServer("ollama");
  expect(probes(first)).toContain("/api/show qwen3:8b");
  expect(probes(first)).not.toContain("/api/show unheard");
  const second = readServer("ollama", {}, first);
  const shown = {
    trainedContextTokens: 40_960,
    abilities: new Set(["completion", "tools", "reasoning"]),
  };
  expect(second.models?.[0]).toMatchObject(shown);
  expect(probes(second)).not.toContain("/api/show qwen3:8b");
  expect(readServer("ollama", {}, second).models?.[0]).toMatchObject(shown);
  const pulled = {
    "/api/tags": { models: [{ name: "qwen3:8b", digest: "sha256:new", details: {} }] },
  };
  const third = readServer("ollama", pulled, second);
  expect(third.models?.[0]).toMatchObject({
    identity: { value: "sha256:new" },
    abilities: null,
    trainedContextTokens: null,
  });
});

test("Ollama: what is not in memory has no context yet, and abilities come from the list where it has them", () => {
  expect(readServer("ollama").models?.[1]).toMatchObject({
    id: "nomic-embed-text:latest",
    loaded: false,
    contextTokens: null,
    trainedContextTokens: 2048,
    abilities: new Set(["embedding"]),
  });
});

test("llama.cpp as a router lists models with their states, and refuses others", () => {
  const models = {
    data: [
      { id: "a", aliases: ["fast"], status: { value: "loaded" }, meta: { n_ctx_train: 100 } },
      { id: "b", status: { value: "unloaded" } },
    ],
  };
  const state = readServer("llamacpp", { "/v1/models": models, "/props": { status: 400 } });
  expect(state.answersListedOnly).toBe(true);
  expect(state.models?.map(({ id, loaded }) => [id, loaded])).toEqual([
    ["a", true],
    ["fast", true],
    ["b", false],
  ]);
});

test.each([
  ["it has metrics", {}, true, false],
  ["it has none, and is in use", { "/metrics": { status: 501 } }, true, true],
  ["it has none, and nobody wants it", { "/metrics": { status: 501 } }, false, false],
])("llama.cpp: /slots, which keeps a server awake, is asked or not where %s", async (...row) => {
  const [, answers, wanted, asked] = row;
  const server = await startModelServer({ ...serverAnswers.llamacpp, ...answers });
  const fetcher = createFetcher();
  const whom = { reader: serverReaders.llamacpp, root: server.url, headers: {} };
  await askServer(whom, { models: [], previous: null, wanted }, fetcher.fetch);
  expect(server.asked.includes("GET /slots")).toBe(asked);
  await fetcher.close();
  await server.close();
});

test("llama.cpp that sleeps is up, is not woken, and its model counts as not loaded", async () => {
  const props = { ...(serverAnswers.llamacpp["/props"] as object), is_sleeping: true };
  const server = await startModelServer({
    ...serverAnswers.llamacpp,
    ...{ "/props": props, "/metrics": { status: 501 } },
  });
  const fetcher = createFetcher();
  const whom = { reader: serverReaders.llamacpp, root: server.url, headers: {} };
  const result = await askServer(whom, { models: [], previous: null, wanted: true }, fetcher.fetch);
  expect(result).toMatchObject({ state: { health: "up", models: [{ loaded: false }] } });
  expect(server.asked).not.toContain("GET /slots");
  await fetcher.close();
  await server.close();
});

test("LM Studio: a loaded instance is listed under its own name too, and older versions are understood", () => {
  expect(readServer("lmstudio").models?.map(({ id, loaded }) => [id, loaded])).toEqual([
    ["qwen/qwen3-8b", true],
    ["qwen3", true],
    ["nomic-embed", false],
  ]);
  const older = readServer("lmstudio", {
    "/api/v1/models": { status: 404 },
    "/api/v0/models": {
      data: [
        {
          id: "m",
          type: "vlm",
          state: "not-loaded",
          max_context_length: 4096,
          quantization: "4bit",
        },
      ],
    },
  });
  expect(older.models).toEqual([
    {
      id: "m",
      loaded: false,
      contextTokens: null,
      trainedContextTokens: 4096,
      identity: null,
      quantization: "4bit",
      abilities: new Set(["completion", "images"]),
    },
  ]);
});
