import { expect, test } from "vitest";
import { readerFor, serverReaders } from "../../../src/runtime/servers/readers.ts";
import type { ServerKind, ServerState } from "../../../src/runtime/servers/server-state.ts";
import {
  type ServerAnswer,
  type ServerAnswers,
  serverAnswers,
} from "../../support/model-server.ts";
import { readServer } from "../../support/read-server.ts";

const summaries: Readonly<Record<ServerKind, object>> = {
  ollama: {
    health: "up",
    version: "0.33.0",
    answersListedOnly: true,
    running: null,
    queued: null,
    slots: null,
    kvUse: null,
    speculative: null,
    tokensPerSecond: null,
  },
  llamacpp: {
    health: "up",
    version: "b7012-00dc8057",
    answersListedOnly: false,
    running: 2,
    queued: 0,
    slots: 4,
    kvUse: null,
    speculative: { draft: null, acceptance: 0.75, acceptedLength: null },
    tokensPerSecond: 41.5,
  },
  vllm: {
    health: "up",
    version: "0.14.1",
    answersListedOnly: true,
    running: 5,
    queued: 0,
    slots: null,
    kvUse: 0.5,
    speculative: { draft: null, acceptance: 0.7, acceptedLength: 4.5 },
    tokensPerSecond: null,
  },
  sglang: {
    health: "saturated",
    version: "0.5.6",
    answersListedOnly: false,
    running: 7,
    queued: 2,
    slots: 64,
    kvUse: 0.31,
    speculative: { draft: "lmsys/eagle3-llama-3.1-8b", acceptance: null, acceptedLength: 2.8 },
    tokensPerSecond: 512.5,
  },
  lmstudio: {
    health: "up",
    version: null,
    answersListedOnly: true,
    running: null,
    queued: null,
    slots: null,
    kvUse: null,
    speculative: null,
    tokensPerSecond: null,
  },
};

test.each(Object.keys(serverReaders) as ServerKind[])(
  "%s: load, limits and speculation are read, and what it does not say stays unknown",
  (kind) => {
    const { models: _, ...state } = readServer(kind);
    expect(state).toEqual({ kind, why: null, ...summaries[kind] });
  },
);

const firstModels: Readonly<Record<ServerKind, object>> = {
  ollama: {
    id: "qwen3:8b",
    loaded: true,
    contextTokens: 4096,
    trainedContextTokens: null,
    identity: { kind: "digest", value: `sha256:${"ab12".repeat(16)}` },
    quantization: "Q4_K_M",
    abilities: null,
  },
  llamacpp: {
    id: "/models/qwen2.5-7b-instruct-Q4_K_M.gguf",
    loaded: true,
    contextTokens: 8192,
    trainedContextTokens: 32_768,
    identity: { kind: "file", value: "/models/qwen2.5-7b-instruct-Q4_K_M.gguf#4683073184" },
    quantization: "Q4_K_M",
    abilities: new Set(["completion", "images"]),
  },
  vllm: {
    id: "Qwen2.5-7B-Instruct",
    loaded: true,
    contextTokens: 32_768,
    trainedContextTokens: null,
    identity: { kind: "path", value: "Qwen/Qwen2.5-7B-Instruct-AWQ" },
    quantization: null,
    abilities: null,
  },
  sglang: {
    id: "llama-3.1-8b",
    loaded: true,
    contextTokens: 131_072,
    trainedContextTokens: null,
    identity: { kind: "revision", value: "meta-llama/Llama-3.1-8B-Instruct@0e9e39f" },
    quantization: "fp8",
    abilities: null,
  },
  lmstudio: {
    id: "qwen/qwen3-8b",
    loaded: true,
    contextTokens: 8192,
    trainedContextTokens: 40_960,
    identity: { kind: "file", value: "qwen/qwen3-8b@Q4_K_M#5027783488" },
    quantization: "Q4_K_M",
    abilities: new Set(["completion", "tools"]),
  },
};

test.each(Object.keys(serverReaders) as ServerKind[])("%s: its model, as it runs it", (kind) => {
  expect(readServer(kind).models?.[0]).toEqual(firstModels[kind]);
});

const loadingModel = {
  status: 503,
  body: '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}',
};
const dead = { status: 503, body: "" };
const refused = { status: 401, body: '{"error":"no"}' };

test.each<[ServerKind, string, Record<string, ServerAnswer | null>, Partial<ServerState>]>([
  [
    "llamacpp",
    "a model that is being loaded",
    { "/health": loadingModel },
    { health: "loading", why: "Loading model", models: null },
  ],
  [
    "llamacpp",
    "no /metrics: slots tell what runs",
    { "/metrics": { status: 501, body: "{}" } },
    { health: "up", running: 2, queued: null, slots: 4 },
  ],
  [
    "llamacpp",
    "no /slots either",
    { "/metrics": { status: 501 }, "/slots": { status: 501 } },
    { running: null, slots: 4, speculative: null },
  ],
  [
    "llamacpp",
    "every slot busy",
    { "/metrics": "llamacpp:requests_processing 4\n" },
    { health: "saturated", running: 4 },
  ],
  [
    "llamacpp",
    "requests that wait",
    { "/metrics": "llamacpp:requests_processing 1\nllamacpp:requests_deferred 3\n" },
    { health: "saturated", queued: 3 },
  ],
  [
    "llamacpp",
    "a key that is refused, although /health is open",
    { "/v1/models": refused, "/props": refused },
    { health: "unauthorised", why: "/v1/models answers 401: the key is refused" },
  ],
  [
    "vllm",
    "a dead engine",
    { "/health": dead },
    { health: "down", why: "/health answers 503: the engine is dead" },
  ],
  [
    "vllm",
    "the names of 2025",
    {
      "/metrics":
        'vllm:gpu_cache_usage_perc{model_name="m"} 0.9\nvllm:num_requests_running 1\nvllm:avg_generation_throughput_toks_per_s 80\n',
    },
    { kvUse: 0.9, running: 1, queued: null, tokensPerSecond: 80, speculative: null },
  ],
  [
    "vllm",
    "counters without their suffix",
    {
      "/metrics": "vllm:spec_decode_num_draft_tokens 10\nvllm:spec_decode_num_accepted_tokens 5\n",
    },
    { speculative: { draft: null, acceptance: 0.5, acceptedLength: null } },
  ],
  [
    "vllm",
    "nothing drafted yet",
    {
      "/metrics":
        "vllm:spec_decode_num_draft_tokens_total 0\nvllm:spec_decode_num_accepted_tokens_total 0\nvllm:spec_decode_num_drafts_total 0\n",
    },
    { speculative: { draft: null, acceptance: null, acceptedLength: null } },
  ],
  [
    "vllm",
    "requests that wait",
    { "/metrics": "vllm:num_requests_waiting 2\n" },
    { health: "saturated", queued: 2, running: null },
  ],
  [
    "vllm",
    "metrics that are cut",
    { "/metrics": null },
    { health: "up", running: null, queued: null, kvUse: null },
  ],
  [
    "vllm",
    "a key that is refused",
    { "/v1/models": refused },
    { health: "unauthorised", models: null, answersListedOnly: false },
  ],
  [
    "vllm",
    "something else on that port",
    { "/health": { status: 404 }, "/v1/models": { status: 404 } },
    { health: "unrecognised", why: "/health answers 404, and nothing else tells more" },
  ],
  [
    "vllm",
    "a proxy without the server behind it",
    { "/health": { status: 404 }, "/v1/models": { status: 404 }, "/metrics": { status: 502 } },
    { health: "unrecognised" },
  ],
  ["sglang", "a server that is not ready", { "/health": dead }, { health: "loading" }],
  [
    "sglang",
    "neither metrics nor information",
    { "/metrics": { status: 404 }, "/get_server_info": { status: 404 } },
    { health: "up", running: null, slots: null, speculative: null, version: null },
  ],
  [
    "sglang",
    "information under its newer path",
    {
      "/get_server_info": { status: 404 },
      "/server_info": { version: "0.6.0", max_running_requests: 7 },
      "/metrics": "sglang:num_running_reqs 7\n",
    },
    { health: "saturated", version: "0.6.0", slots: 7 },
  ],
  [
    "ollama",
    "an answer that is no JSON",
    { "/api/tags": "<html>" },
    { health: "up", models: null, answersListedOnly: false },
  ],
  [
    "ollama",
    "a proxy that wants a key",
    { "/api/version": refused, "/api/tags": refused, "/api/ps": refused },
    { health: "unauthorised" },
  ],
  [
    "ollama",
    "a proxy without the server behind it",
    { "/api/version": { status: 502 }, "/api/tags": { status: 502 }, "/api/ps": { status: 502 } },
    { health: "down", why: "/api/version answers 502" },
  ],
  [
    "ollama",
    "wrong types everywhere",
    {
      "/api/version": [],
      "/api/tags": { models: [null, 1, { name: 5 }, { name: "a", digest: {}, details: "x" }] },
      "/api/ps": { models: "no" },
    },
    { version: null },
  ],
  [
    "lmstudio",
    "the plain list alone",
    { "/api/v1/models": { status: 404 } },
    { health: "up", answersListedOnly: false },
  ],
])("%s: %s", (kind, _, changed, expected) => {
  expect(readServer(kind, changed)).toMatchObject(expected);
});

test("SGLang without metrics tells its speed and accepted length in its information", () => {
  const info = {
    ...{ speculative_algorithm: "NGRAM", version: "0.6.0" },
    internal_states: [{ last_gen_throughput: 88.5, avg_spec_accept_length: 3.1 }],
  };
  const state = readServer("sglang", { "/metrics": { status: 404 }, "/get_server_info": info });
  expect(state).toMatchObject({
    tokensPerSecond: 88.5,
    speculative: { draft: "NGRAM", acceptance: null, acceptedLength: 3.1 },
  });
});

test("kinds of providers that tell nothing of themselves have no reader", () => {
  expect(["openai-compatible", "anthropic", "toString"].map(readerFor)).toEqual([null, null, null]);
});

test("answers of any shape make a state, whatever the kind", () => {
  const shapes: ServerAnswer[] = [
    "",
    "[]",
    "null",
    "{",
    '{"data":{}}',
    '{"models":[[]]}',
    '"x"',
    "9",
  ];
  for (const kind of Object.keys(serverReaders) as ServerKind[]) {
    const paths = Object.keys(serverAnswers[kind]);
    for (const shape of shapes) {
      const changed: ServerAnswers = Object.fromEntries(paths.map((path) => [path, shape]));
      expect(readServer(kind, changed).kind).toBe(kind);
    }
  }
});

test.each([
  ["/models/qwen-Q8_0.gguf", "Q4_K - Medium", "Q8_0"],
  ["/models/qwen.gguf", "Q4_K - Medium", "Q4_K_M"],
  ["/models/qwen.gguf", "(guessed) all F32", "F32"],
  ["/models/qwen.gguf", "IQ2_XS - 2.3125 bpw", "IQ2_XS"],
  ["/models/qwen.gguf", "(guessed) unknown, may not work", null],
])("llama.cpp with %s, which it calls %s, runs %s", (model_path, model_ftype, quantization) => {
  const state = readServer("llamacpp", { "/props": { model_path, model_ftype } });
  expect(state.models?.[0]?.quantization).toBe(quantization);
});
