import type { LooseJson } from "./loose-json.ts";
import type { Samples } from "./prometheus.ts";
import type { Round, ServerReader } from "./round.ts";
import {
  bareState,
  type ModelIdentity,
  type ServerModel,
  type Speculation,
  takesWork,
} from "./server-state.ts";

/** SGLang (wire-formats §5.4). `/health` runs nothing; a probe that generates would take from what it measures. */
export const sglangReader: ServerReader = {
  kind: "sglang",
  probes: () => [
    { path: "/health" },
    { path: "/v1/models" },
    { path: "/get_server_info" },
    { path: "/server_info", when: (round) => !round.isGood("/get_server_info") },
    { path: "/metrics" },
  ],
  read(round) {
    if (round.status("/health") === 503) {
      return bareState("sglang", "loading", "/health answers 503: the server is not ready");
    }
    const info = infoOf(round);
    const metrics = round.metrics("/metrics");
    const inside = info.at("internal_states").items() ?? [];
    const load = {
      running: metrics.sum("sglang:num_running_reqs"),
      queued: metrics.sum("sglang:num_queue_reqs"),
      slots: info.at("max_running_requests").count,
    };
    const objection = round.objection("/health", "/v1/models", "/get_server_info");
    return {
      ...bareState("sglang", objection?.health ?? takesWork(load), objection?.why ?? null),
      version: info.at("version").text,
      models: modelsOf(round, info),
      ...load,
      kvUse: metrics.max("sglang:token_usage"),
      speculative: speculationOf(info, inside, metrics),
      tokensPerSecond:
        metrics.sum("sglang:gen_throughput") ?? inside[0]?.at("last_gen_throughput").amount ?? null,
    };
  },
};

function infoOf(round: Round): LooseJson {
  const info = round.json("/get_server_info");
  return info.isObject ? info : round.json("/server_info");
}

function modelsOf(round: Round, info: LooseJson): readonly ServerModel[] | null {
  const listed = round.json("/v1/models").at("data").items();
  if (listed === null) return null;
  return listed.flatMap((entry): readonly ServerModel[] => {
    const id = entry.at("id").text;
    if (id === null) return [];
    return [
      {
        id,
        loaded: true,
        contextTokens: entry.at("max_model_len").count ?? info.at("context_length").count,
        trainedContextTokens: null,
        identity: identityOf(info, entry),
        quantization: info.at("quantization").text,
        abilities: null,
      },
    ];
  });
}

function identityOf(info: LooseJson, entry: LooseJson): ModelIdentity | null {
  const path = info.at("model_path").text ?? entry.at("root").text;
  if (path === null) return null;
  const revision = info.at("revision").text;
  return revision === null
    ? { kind: "path", value: path }
    : { kind: "revision", value: `${path}@${revision}` };
}

function speculationOf(
  info: LooseJson,
  inside: readonly LooseJson[],
  metrics: Samples,
): Speculation | null {
  const algorithm = info.at("speculative_algorithm").text;
  const acceptedLength =
    metrics.max("sglang:spec_accept_length") ??
    inside[0]?.at("avg_spec_accept_length").amount ??
    null;
  if (algorithm === null && (acceptedLength ?? 0) === 0) return null;
  return {
    draft: info.at("speculative_draft_model_path").text ?? algorithm,
    acceptance: metrics.max("sglang:spec_accept_rate"),
    acceptedLength,
  };
}
