import type { LooseJson } from "./loose-json.ts";
import type { ServerReader } from "./round.ts";
import { bareState, type ServerAbility, type ServerModel } from "./server-state.ts";

/** LM Studio (wire-formats §5.6): the native list of 0.4, else that of before, else the plain one. It tells no load. */
export const lmstudioReader: ServerReader = {
  kind: "lmstudio",
  probes: () => [
    { path: "/v1/models" },
    { path: "/api/v1/models" },
    { path: "/api/v0/models", when: (round) => !round.isGood("/api/v1/models") },
  ],
  read(round) {
    const objection = round.objection("/v1/models", "/api/v1/models");
    const { health, why } = objection ?? { health: "up", why: null };
    const native = round.json("/api/v1/models").at("models").items()?.flatMap(nativeModel);
    const older = round.json("/api/v0/models").at("data").items()?.flatMap(olderModel);
    const plain = round.json("/v1/models").at("data").items()?.flatMap(plainModel);
    return {
      ...bareState("lmstudio", health, why),
      models: native ?? older ?? plain ?? null,
      answersListedOnly: (native ?? older) !== undefined,
    };
  },
};

function nativeModel(entry: LooseJson): readonly ServerModel[] {
  const id = entry.at("key").text ?? entry.at("id").text;
  if (id === null) return [];
  const instances = entry.at("loaded_instances").items(50);
  const quantization = entry.at("quantization").at("name").text ?? entry.at("quantization").text;
  const size = entry.at("size_bytes").count;
  const model = {
    contextTokens: instances?.[0]?.at("config").at("context_length").count ?? null,
    trainedContextTokens: entry.at("max_context_length").count,
    identity:
      size === null
        ? null
        : { kind: "file" as const, value: `${id}@${quantization ?? ""}#${size}` },
    quantization,
    abilities: abilitiesOf(entry),
  };
  const loaded = instances === null ? null : instances.length > 0;
  // A loaded instance may have a name of its own, under which it is asked for.
  const others = instances?.flatMap((each) => each.at("id").text ?? []) ?? [];
  return [...new Set([id, ...others])].map((name) => ({ id: name, loaded, ...model }));
}

function olderModel(entry: LooseJson): readonly ServerModel[] {
  const id = entry.at("id").text;
  if (id === null) return [];
  const state = entry.at("state").text;
  return [
    {
      id,
      loaded: state === null ? null : state === "loaded",
      contextTokens: entry.at("loaded_context_length").count,
      trainedContextTokens: entry.at("max_context_length").count,
      identity: null,
      quantization: entry.at("quantization").text,
      abilities: abilitiesOf(entry),
    },
  ];
}

function plainModel(entry: LooseJson): readonly ServerModel[] {
  const id = entry.at("id").text;
  if (id === null) return [];
  const unknown = { contextTokens: null, trainedContextTokens: null, identity: null };
  return [{ id, loaded: null, ...unknown, quantization: null, abilities: null }];
}

function abilitiesOf(entry: LooseJson): ReadonlySet<ServerAbility> | null {
  const type = entry.at("type").text;
  if (type === null) return null;
  if (type.startsWith("embedding")) return new Set(["embedding"]);
  const can = entry.at("capabilities");
  const named = can.items(20)?.map(({ text }) => text) ?? [];
  return new Set<ServerAbility>([
    "completion",
    ...(type === "vlm" || can.at("vision").flag === true ? (["images"] as const) : []),
    ...(named.includes("tool_use") || can.at("trained_for_tool_use").flag === true
      ? (["tools"] as const)
      : []),
  ]);
}
