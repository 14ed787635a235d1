import { expect, test } from "vitest";
import type { ServerKind } from "../../../src/runtime/servers/server-state.ts";
import {
  identityOf,
  isHealthy,
  measuredAt,
  type ServedState,
  servedState,
} from "../../../src/runtime/servers/server-targets.ts";
import type { ServerAnswer } from "../../support/model-server.ts";
import { readServer } from "../../support/read-server.ts";

test.each<[string, ServerKind, string, Record<string, ServerAnswer>]>([
  ["up: a model that is loaded", "ollama", "qwen3:8b", {}],
  ["up: one that is loaded on demand, slow but answered", "ollama", "nomic-embed-text", {}],
  ["absent: one that Ollama does not have", "ollama", "qwen3:14b", {}],
  ["absent: one that vLLM does not serve", "vllm", "Qwen2.5-14B", {}],
  ["up: any name at llama.cpp with one model", "llamacpp", "whatever", {}],
  ["saturated: any name at SGLang, which is full", "sglang", "whatever", {}],
  ["loading: a server that is", "llamacpp", "m", { "/health": { status: 503 } }],
  ["down: a dead engine", "vllm", "Qwen2.5-7B-Instruct", { "/health": { status: 500 } }],
  ["unauthorised: a key that is refused", "vllm", "m", { "/v1/models": { status: 401 } }],
  [
    "unrecognised: a server behind a proxy that shows chat only",
    "vllm",
    "m",
    { "/health": { status: 404 }, "/v1/models": { status: 404 } },
  ],
  ["up: a list that cannot be read", "vllm", "m", { "/v1/models": "<html>" }],
])("%s", (title, kind, model, answers) => {
  expect(servedState(readServer(kind, answers), model)).toBe(title.split(":")[0]);
});

test("requests go to what takes them or may: full servers queue, and strange ones are not known to be down", () => {
  const states = ["up", "saturated", "unrecognised", "loading", "unauthorised", "down", "absent"];
  const healthy = states.filter((state) => isHealthy(state as ServedState));
  expect(healthy).toEqual(["up", "saturated", "unrecognised"]);
});

test.each<[ServerKind, number, object]>([
  ["vllm", 0, { queue: 5, running: 5, kv: 0.5 }],
  ["vllm", 9, { queue: 9, running: 5, kv: 0.5 }],
  ["sglang", 1, { queue: 9, running: 7, kv: 0.31 }],
  ["ollama", 2, { queue: 2, running: undefined, kv: undefined }],
])("measures of %s with %d requests of our own", (kind, own, expected) => {
  const state = readServer(kind);
  const { queue, running, kv } = {
    queue: measuredAt(state, "queue", own),
    running: measuredAt(state, "running", own),
    kv: measuredAt(state, "kv", own),
  };
  expect({ queue, running, kv }).toEqual(expected);
});

test("a target without a watched server has its own requests alone for a queue, and no other measure", () => {
  expect(measuredAt(null, "queue", 3)).toBe(3);
  expect(measuredAt(null, "kv", 3)).toBeUndefined();
  expect(measuredAt(readServer("vllm"), "ttft", 3)).toBeUndefined();
});

test.each<[string, ServerKind, string, string | null]>([
  ["a digest", "ollama", "qwen3:8b", `digest:sha256:${"ab12".repeat(16)}`],
  ["the latest tag", "ollama", "nomic-embed-text", `digest:sha256:${"cd34".repeat(16)}`],
  ["a model that is not there", "ollama", "none", null],
  [
    "the only model, by any name",
    "llamacpp",
    "whatever",
    "file:/models/qwen2.5-7b-instruct-Q4_K_M.gguf#4683073184",
  ],
  ["a revision", "sglang", "llama-3.1-8b", "revision:meta-llama/Llama-3.1-8B-Instruct@0e9e39f"],
  ["a model that vLLM does not serve", "vllm", "other", null],
])("identity: %s", (_, kind, model, expected) => {
  const identity = identityOf(readServer(kind), model);
  expect(identity === null ? null : `${identity.kind}:${identity.value}`).toBe(expected);
});
