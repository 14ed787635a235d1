import { lengthOf, share } from "./llamacpp.ts";
import type { Samples } from "./prometheus.ts";
import type { ServerReader } from "./round.ts";
import { bareState, type ServerModel, type Speculation, takesWork } from "./server-state.ts";

/** vLLM (wire-formats §5.3), by the names of its metrics old and new. */
export const vllmReader: ServerReader = {
  kind: "vllm",
  probes: () => [
    { path: "/health" },
    { path: "/v1/models" },
    { path: "/version" },
    { path: "/metrics" },
  ],
  read(round) {
    const status = round.status("/health") ?? 0;
    if (status >= 500)
      return bareState("vllm", "down", `/health answers ${status}: the engine is dead`);
    const metrics = round.metrics("/metrics");
    const load = {
      running: metrics.sum("vllm:num_requests_running"),
      queued: metrics.sum("vllm:num_requests_waiting"),
      slots: null,
    };
    const objection = round.objection("/health", "/v1/models");
    const listed = round.json("/v1/models").at("data").items();
    const models = listed?.flatMap((entry): readonly ServerModel[] => {
      const id = entry.at("id").text;
      const root = entry.at("root").text;
      if (id === null) return [];
      return [
        {
          id,
          loaded: true,
          contextTokens: entry.at("max_model_len").count,
          trainedContextTokens: null,
          identity: root === null ? null : { kind: "path", value: root },
          quantization: null,
          abilities: null,
        },
      ];
    });
    return {
      ...bareState("vllm", objection?.health ?? takesWork(load), objection?.why ?? null),
      version: round.json("/version").at("version").text,
      models: models ?? null,
      answersListedOnly: models !== undefined,
      ...load,
      kvUse: metrics.max("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
      speculative: speculationOf(metrics),
      tokensPerSecond: metrics.sum("vllm:avg_generation_throughput_toks_per_s"),
    };
  },
};

/** Its counters are there only where speculation is on; which model drafts, the server does not say. */
function speculationOf(metrics: Samples): Speculation | null {
  const drafted = metrics.sum("vllm:spec_decode_num_draft_tokens");
  if (drafted === null) return null;
  const accepted = metrics.sum("vllm:spec_decode_num_accepted_tokens");
  const drafts = metrics.sum("vllm:spec_decode_num_drafts");
  return {
    draft: null,
    acceptance: share(accepted, drafted),
    acceptedLength: lengthOf(accepted, drafts),
  };
}
