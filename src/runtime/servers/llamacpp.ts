import type { LooseJson } from "./loose-json.ts";
import type { Samples } from "./prometheus.ts";
import type { Round, ServerReader } from "./round.ts";
import {
  bareState,
  type ServerAbility,
  type ServerModel,
  type ServerState,
  type Speculation,
  takesWork,
} from "./server-state.ts";

/** llama.cpp's `llama-server` (wire-formats §5.2), one model or as a router of several. */
export const llamacppReader: ServerReader = {
  kind: "llamacpp",
  probes: ({ wanted }) => [
    { path: "/health" },
    { path: "/v1/models" },
    { path: "/props" },
    { path: "/metrics" },
    // Unlike the others this one wakes a sleeping server and keeps an idle one awake: only for want of metrics, and in use.
    { path: "/slots", when: (round) => wanted && !round.isGood("/metrics") && !isSleeping(round) },
  ],
  read(round) {
    const status = round.status("/health");
    if (status === 503) {
      const why = round.errorText("/health") ?? "the model is being loaded";
      return bareState("llamacpp", "loading", why);
    }
    const slots = round.json("/slots").items();
    const metrics = round.metrics("/metrics");
    const busy = slots?.filter((slot) => slot.at("is_processing").flag === true).length ?? null;
    const load = {
      running: metrics.sum("llamacpp:requests_processing") ?? busy,
      queued: metrics.sum("llamacpp:requests_deferred"),
      slots: round.json("/props").at("total_slots").count ?? slots?.length ?? null,
    };
    const objection = round.objection("/v1/models", "/props");
    const models = modelsOf(round, slots);
    return {
      ...bareState("llamacpp", objection?.health ?? takesWork(load), objection?.why ?? null),
      version: round.json("/props").at("build_info").text,
      ...models,
      ...load,
      kvUse: metrics.max("llamacpp:kv_cache_usage_ratio"),
      speculative: speculationOf(slots, metrics),
      tokensPerSecond: metrics.sum("llamacpp:predicted_tokens_seconds"),
    };
  },
};

function isSleeping(round: Round): boolean {
  return round.json("/props").at("is_sleeping").flag === true;
}

function modelsOf(
  round: Round,
  slots: readonly LooseJson[] | null,
): Pick<ServerState, "models" | "answersListedOnly"> {
  const listed = round.json("/v1/models").at("data").items();
  if (listed === null) return { models: null, answersListedOnly: false };
  // A router lists models with their states, and refuses others; a server with one model answers to any name.
  const isRouter = listed.some((entry) => entry.at("status").at("value").text !== null);
  const props = round.json("/props");
  const models = listed.flatMap((entry): readonly ServerModel[] => {
    const id = entry.at("id").text;
    if (id === null) return [];
    return isRouter ? routedModels(id, entry) : [onlyModel(id, entry, { props, slots })];
  });
  return { models, answersListedOnly: isRouter };
}

/** A router answers to a model's aliases too. */
function routedModels(id: string, entry: LooseJson): readonly ServerModel[] {
  const value = entry.at("status").at("value").text;
  const model = {
    loaded: value === null ? null : value === "loaded",
    contextTokens: entry.at("meta").at("n_ctx").count,
    trainedContextTokens: entry.at("meta").at("n_ctx_train").count,
    identity: null,
    quantization: null,
    abilities: modalities(entry),
  };
  const aliases =
    entry
      .at("aliases")
      .items(50)
      ?.flatMap(({ text }) => text ?? []) ?? [];
  return [...new Set([id, ...aliases])].map((name) => ({ id: name, ...model }));
}

interface Surroundings {
  readonly props: LooseJson;
  readonly slots: readonly LooseJson[] | null;
}

function onlyModel(id: string, entry: LooseJson, { props, slots }: Surroundings): ServerModel {
  const meta = entry.at("meta");
  const file = props.at("model_path").text;
  const size = meta.at("size").count;
  return {
    id,
    // A server that sleeps has put its model away, and takes it out for the next request.
    loaded: meta.isObject && props.at("is_sleeping").flag !== true,
    // A request runs in one slot, so a slot's share of the context is what fits.
    contextTokens:
      slots?.[0]?.at("n_ctx").count ??
      meta.at("n_ctx").count ??
      props.at("default_generation_settings").at("n_ctx").count,
    trainedContextTokens: meta.at("n_ctx_train").count,
    // The size tells apart two files that were put in one place, most of the time.
    identity:
      file === null ? null : { kind: "file", value: size === null ? file : `${file}#${size}` },
    quantization:
      (file === null ? null : quantizationIn(file)) ??
      quantizationOf(props.at("model_ftype").text ?? meta.at("ftype").text),
    abilities: modalities(entry) ?? propsModalities(props),
  };
}

/** The quantization that a GGUF file is named by: `…-Q4_K_M.gguf`. */
function quantizationIn(file: string): string | null {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  const found = /(?:^|[-._])((?:I?Q\d[A-Z0-9_]*|BF16|F16|F32|MXFP4(?:_MOE)?))(?=[-.]|$)/i.exec(
    name,
  );
  return found?.[1]?.toUpperCase() ?? null;
}

/** The same in the server's own words: `all F32`, `Q4_K - Medium`, `(guessed) Q8_0`. */
function quantizationOf(words: string | null): string | null {
  const [, type = "", size = ""] =
    /^(?:\(guessed\) )?(?:all )?((?:IQ|Q|BF|F|MXFP)\d\w*)(?: - (Small|Medium|Large))?/.exec(
      words ?? "",
    ) ?? [];
  if (type === "") return null;
  return size === "" ? type : `${type}_${size[0]}`;
}

function modalities(entry: LooseJson): ReadonlySet<ServerAbility> | null {
  const inputs = entry.at("architecture").at("input_modalities").items(20);
  if (inputs === null) return null;
  const names = inputs.map(({ text }) => text);
  return abilitySet(names.includes("image"), names.includes("audio"));
}

function propsModalities(props: LooseJson): ReadonlySet<ServerAbility> | null {
  const given = props.at("modalities");
  if (!given.isObject) return null;
  return abilitySet(given.at("vision").flag === true, given.at("audio").flag === true);
}

function abilitySet(images: boolean, audio: boolean): ReadonlySet<ServerAbility> {
  return new Set<ServerAbility>([
    "completion",
    ...(images ? (["images"] as const) : []),
    ...(audio ? (["audio"] as const) : []),
  ]);
}

function speculationOf(slots: readonly LooseJson[] | null, metrics: Samples): Speculation | null {
  const drafted = metrics.sum("llamacpp:spec_decode_num_draft_tokens");
  const accepted = metrics.sum("llamacpp:spec_decode_num_accepted_tokens");
  const drafts = metrics.sum("llamacpp:spec_decode_num_drafts");
  const isOn = slots?.some((slot) => slot.at("speculative").flag === true) === true;
  if (!isOn && (drafted ?? 0) === 0) return null;
  return {
    draft: null,
    acceptance: share(accepted, drafted),
    acceptedLength: lengthOf(accepted, drafts),
  };
}

/** Tokens that a step yields: those accepted, and one of the model's own. */
export function lengthOf(accepted: number | null, drafts: number | null): number | null {
  return accepted === null || drafts === null || drafts <= 0 ? null : 1 + accepted / drafts;
}

/** Accepted of drafted tokens; null where either is unknown, or nothing was drafted. */
export function share(accepted: number | null, drafted: number | null): number | null {
  if (accepted === null || drafted === null || drafted <= 0) return null;
  return Math.min(1, accepted / drafted);
}
