import type { LooseJson } from "./loose-json.ts";
import type { Probe, Round, ServerReader } from "./round.ts";
import {
  bareState,
  findModel,
  type ServerAbility,
  type ServerModel,
  type ServerState,
} from "./server-state.ts";

/** Names in Ollama's `capabilities`, as they are called here. */
const abilityNames: Readonly<Record<string, ServerAbility>> = {
  completion: "completion",
  tools: "tools",
  vision: "images",
  audio: "audio",
  thinking: "reasoning",
  embedding: "embedding",
};

/** Models whose details are asked for in one round. */
const mostShown = 8;

/** Ollama (wire-formats §5.1). It loads on demand, so a model that is listed counts whether or not it is in memory. */
export const ollamaReader: ServerReader = {
  kind: "ollama",
  probes({ models, previous }) {
    // Details hang on the digest and are asked once for each.
    const unknown = models.filter((name) => {
      const known = previous === null ? undefined : findModel(previous, name);
      return previous !== null && known !== undefined && known.abilities === null;
    });
    return [
      { path: "/api/version" },
      { path: "/api/tags" },
      { path: "/api/ps" },
      ...unknown.slice(0, mostShown).map(showProbe),
    ];
  },
  read(round, previous) {
    const objection = round.objection("/api/version", "/api/tags", "/api/ps");
    const { health, why } = objection ?? { health: "up", why: null };
    const listed = round.json("/api/tags").at("models").items();
    const loaded = round.json("/api/ps").at("models").items();
    return {
      ...bareState("ollama", health, why),
      version: round.json("/api/version").at("version").text,
      models: listed === null ? null : modelsOf(listed, loaded, { round, previous }),
      answersListedOnly: listed !== null,
    };
  },
};

const showName = (model: string): string => `/api/show ${model}`;

function showProbe(model: string): Probe {
  return { path: "/api/show", as: showName(model), body: JSON.stringify({ model }) };
}

interface Sources {
  readonly round: Round;
  readonly previous: ServerState | null;
}

function modelsOf(
  listed: readonly LooseJson[],
  loaded: readonly LooseJson[] | null,
  { round, previous }: Sources,
): readonly ServerModel[] {
  return listed.flatMap((entry): readonly ServerModel[] => {
    const id = entry.at("name").text ?? entry.at("model").text;
    if (id === null) return [];
    const digest = entry.at("digest").text;
    const running = loaded?.find((each) => each.at("name").text === id);
    const before = previous?.models?.find((each) => each.id === id);
    const same = before?.identity?.value === digest ? before : undefined;
    const shown = shownOf(round, id);
    return [
      {
        id,
        loaded: loaded === null ? null : running !== undefined,
        // What the model could hold is not what the server gives it: that is known once it is loaded.
        contextTokens: running?.at("context_length").count ?? null,
        trainedContextTokens:
          trainedContext(shown) ??
          entry.at("details").at("context_length").count ??
          same?.trainedContextTokens ??
          null,
        identity: digest === null ? null : { kind: "digest", value: digest },
        quantization: entry.at("details").at("quantization_level").text,
        abilities:
          abilitiesOf(shown.at("capabilities")) ??
          abilitiesOf(entry.at("capabilities")) ??
          same?.abilities ??
          null,
      },
    ];
  });
}

function shownOf(round: Round, id: string): LooseJson {
  const shown = round.json(showName(id));
  return shown.isObject ? shown : round.json(showName(id.replace(/:latest$/, "")));
}

function trainedContext(shown: LooseJson): number | null {
  const info = shown.at("model_info");
  const architecture = info.at("general.architecture").text;
  return architecture === null ? null : info.at(`${architecture}.context_length`).count;
}

function abilitiesOf(list: LooseJson): ReadonlySet<ServerAbility> | null {
  const items = list.items(50);
  if (items === null) return null;
  return new Set(
    items.flatMap(({ text }) => {
      const ability = text === null ? undefined : abilityNames[text];
      return ability === undefined ? [] : [ability];
    }),
  );
}
