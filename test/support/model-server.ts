import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerKind } from "../../src/runtime/servers/server-state.ts";

/** What a model server answers to a path: JSON or text with 200, a status of its own, or nothing for ever. */
export type ServerAnswer = string | object | Head | "stall";

interface Head {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type ServerAnswers = Readonly<Record<string, ServerAnswer>>;

const digest = `sha256:${"ab12".repeat(16)}`;

/** Answers of each kind of server as it has one model at work, in the shapes of wire-formats §5. */
export const serverAnswers: Readonly<Record<ServerKind, ServerAnswers>> = {
  ollama: {
    "/api/version": { version: "0.33.0" },
    "/api/tags": {
      models: [
        {
          name: "qwen3:8b",
          model: "qwen3:8b",
          modified_at: "2026-08-01T10:00:00Z",
          size: 5_200_000_000,
          digest,
          details: { format: "gguf", family: "qwen3", quantization_level: "Q4_K_M" },
        },
        {
          name: "nomic-embed-text:latest",
          model: "nomic-embed-text:latest",
          size: 274_000_000,
          digest: `sha256:${"cd34".repeat(16)}`,
          details: { format: "gguf", quantization_level: "F16", context_length: 2048 },
          capabilities: ["embedding"],
        },
      ],
    },
    "/api/ps": {
      models: [
        {
          name: "qwen3:8b",
          model: "qwen3:8b",
          digest,
          size_vram: 6_000_000_000,
          expires_at: "2026-11-27T13:00:00Z",
          context_length: 4096,
        },
      ],
    },
    "/api/show": {
      details: { quantization_level: "Q4_K_M" },
      model_info: { "general.architecture": "qwen3", "qwen3.context_length": 40_960 },
      capabilities: ["completion", "tools", "thinking"],
    },
    "/v1/models": {
      object: "list",
      data: [{ id: "qwen3:8b", object: "model", created: 1, owned_by: "library" }],
    },
  },
  llamacpp: {
    "/health": { status: "ok" },
    "/v1/models": {
      object: "list",
      data: [
        {
          id: "/models/qwen2.5-7b-instruct-Q4_K_M.gguf",
          object: "model",
          owned_by: "llamacpp",
          meta: { n_ctx_train: 32_768, n_params: 7_600_000_000, size: 4_683_073_184 },
          architecture: { input_modalities: ["text", "image"], output_modalities: ["text"] },
        },
      ],
    },
    "/props": {
      default_generation_settings: { n_ctx: 8192, params: {} },
      total_slots: 4,
      model_path: "/models/qwen2.5-7b-instruct-Q4_K_M.gguf",
      modalities: { vision: true, audio: false },
      build_info: "b7012-00dc8057",
    },
    "/slots": [0, 1, 2, 3].map((id) => ({
      id,
      n_ctx: 8192,
      speculative: true,
      is_processing: id < 2,
      next_token: { has_next_token: id < 2, n_remain: -1, n_decoded: 12 },
    })),
    "/metrics": [
      "# HELP llamacpp:requests_processing Number of requests processing.",
      "# TYPE llamacpp:requests_processing gauge",
      "llamacpp:requests_processing 2",
      "llamacpp:requests_deferred 0",
      "llamacpp:predicted_tokens_seconds 41.5",
      "llamacpp:spec_decode_num_draft_tokens_total 400",
      "llamacpp:spec_decode_num_accepted_tokens_total 300",
      'llamacpp:spec_decode_num_accepted_tokens_per_pos_total{position="0"} 120',
      "",
    ].join("\n"),
  },
  vllm: {
    "/health": "",
    "/v1/models": {
      object: "list",
      data: [
        {
          id: "Qwen2.5-7B-Instruct",
          object: "model",
          owned_by: "vllm",
          root: "Qwen/Qwen2.5-7B-Instruct-AWQ",
          parent: null,
          max_model_len: 32_768,
        },
      ],
    },
    "/version": { version: "0.14.1" },
    "/metrics": [
      'vllm:num_requests_running{engine="0",model_name="Qwen2.5-7B-Instruct"} 3.0',
      'vllm:num_requests_running{engine="1",model_name="Qwen2.5-7B-Instruct"} 2.0',
      'vllm:num_requests_waiting{engine="0",model_name="Qwen2.5-7B-Instruct"} 0.0',
      'vllm:num_requests_waiting{engine="1",model_name="Qwen2.5-7B-Instruct"} 0.0',
      'vllm:kv_cache_usage_perc{engine="0",model_name="Qwen2.5-7B-Instruct"} 0.25',
      'vllm:kv_cache_usage_perc{engine="1",model_name="Qwen2.5-7B-Instruct"} 0.5',
      'vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="a{b}"} 9.0',
      'vllm:spec_decode_num_drafts_total{engine="0"} 100.0',
      'vllm:spec_decode_num_draft_tokens_total{engine="0"} 500.0',
      'vllm:spec_decode_num_accepted_tokens_total{engine="0"} 350.0',
      "",
    ].join("\n"),
  },
  sglang: {
    "/health": "",
    "/v1/models": {
      object: "list",
      data: [{ id: "llama-3.1-8b", object: "model", owned_by: "sglang", max_model_len: 131_072 }],
    },
    "/get_server_info": {
      model_path: "meta-llama/Llama-3.1-8B-Instruct",
      revision: "0e9e39f",
      version: "0.5.6",
      quantization: "fp8",
      max_running_requests: 64,
      speculative_algorithm: "EAGLE3",
      speculative_draft_model_path: "lmsys/eagle3-llama-3.1-8b",
    },
    "/metrics": [
      'sglang:num_running_reqs{model_name="llama-3.1-8b"} 7.0',
      'sglang:num_queue_reqs{model_name="llama-3.1-8b"} 2.0',
      'sglang:token_usage{model_name="llama-3.1-8b"} 0.31',
      'sglang:gen_throughput{model_name="llama-3.1-8b"} 512.5',
      'sglang:spec_accept_length{model_name="llama-3.1-8b"} 2.8',
      "",
    ].join("\n"),
  },
  lmstudio: {
    "/v1/models": { object: "list", data: [{ id: "qwen/qwen3-8b", object: "model" }] },
    "/api/v1/models": {
      models: [
        {
          type: "llm",
          key: "qwen/qwen3-8b",
          quantization: { name: "Q4_K_M", bits_per_weight: 4 },
          size_bytes: 5_027_783_488,
          loaded_instances: [{ id: "qwen3", config: { context_length: 8192 } }],
          max_context_length: 40_960,
          capabilities: { vision: false, trained_for_tool_use: true },
        },
        {
          type: "embedding",
          key: "nomic-embed",
          quantization: null,
          size_bytes: 84_000_000,
          loaded_instances: [],
          max_context_length: 2048,
        },
      ],
    },
  },
};

export interface ModelServer {
  /** Origin, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Requests so far, as `GET /path`. */
  readonly asked: string[];
  /** The `authorization` of each. */
  readonly keys: (string | undefined)[];
  /** Most requests that were open at one time. */
  mostAtOnce(): number;
  /** Answers otherwise from now on. */
  set(answers: ServerAnswers): void;
  close(): Promise<void>;
}

/** Starts a model server on loopback that answers as told, and 404 to everything else. */
export async function startModelServer(answers: ServerAnswers): Promise<ModelServer> {
  let told = { ...answers };
  let open = 0;
  let most = 0;
  const asked: string[] = [];
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    asked.push(`${request.method} ${path}`);
    keys.push(request.headers.authorization);
    open += 1;
    most = Math.max(most, open);
    response.once("close", () => {
      open -= 1;
    });
    request.resume();
    request.once("end", () => {
      const answer = Object.hasOwn(told, path) ? told[path] : { status: 404, body: "{}" };
      if (answer === "stall") return;
      const { status, headers, body } = headAndBody(answer);
      response.writeHead(status, headers).end(body);
    });
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    keys,
    mostAtOnce: () => most,
    set: (next) => {
      told = { ...told, ...next };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

/** An answer with its head; objects with a `status` number and nothing a server would send beside it are heads. */
export function headAndBody(answer: ServerAnswer = ""): {
  status: number;
  headers: Record<string, string>;
  body: string;
} {
  if (typeof answer === "string") {
    return { status: 200, headers: { "content-type": "text/plain" }, body: answer };
  }
  const json = { "content-type": "application/json" };
  if ("status" in answer && typeof answer.status === "number") {
    const { status, body = "", headers = {} } = answer as Head;
    return { status, headers: { ...json, ...headers }, body };
  }
  return { status: 200, headers: json, body: JSON.stringify(answer) };
}
