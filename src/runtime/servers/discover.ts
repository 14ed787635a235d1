import { askServer, defaultFetchLimits } from "./ask-server.ts";
import type { BoundedAnswer, BoundedFetch, FetchLimits } from "./bounded-fetch.ts";
import { type LooseJson, looseJson } from "./loose-json.ts";
import { serverReaders } from "./readers.ts";
import type { ServerKind, ServerState } from "./server-state.ts";

/** Where model servers listen unless they are told otherwise; llama.cpp has two (wire-formats §0.1). */
export const wellKnownPorts: readonly number[] = [11_434, 8080, 9931, 8000, 30_000, 1234];

/** A server that answers on loopback. */
export interface FoundServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Null for one that speaks OpenAI's format and is none of the known kinds. */
  readonly kind: ServerKind | null;
  readonly state: ServerState | null;
  /** Ids of its models; empty where it does not say. */
  readonly models: readonly string[];
}

/** Who is at home on these ports of this machine; no key is sent. Ports are asked side by side, each by one question at a time. */
export async function discoverServers(
  ports: readonly number[],
  fetch: BoundedFetch,
  limits: FetchLimits = defaultFetchLimits,
): Promise<readonly FoundServer[]> {
  const found = await Promise.all([...new Set(ports)].map((port) => discover(port, fetch, limits)));
  return found.filter((each) => each !== null);
}

async function discover(
  port: number,
  fetch: BoundedFetch,
  limits: FetchLimits,
): Promise<FoundServer | null> {
  const url = `http://127.0.0.1:${port}`;
  const ask = (path: string): Promise<BoundedAnswer> =>
    fetch({ url: `${url}${path}`, headers: { accept: "*/*" } }, limits);
  // Every kind has this list, so who has neither it nor a word on keys or loading is none of them.
  const list = await ask("/v1/models");
  if (!list.ok) return null;
  const kind = await identify(list, ask);
  const listed = idsOf(list);
  if (kind === null) {
    return listed === null ? null : { port, url, kind, state: null, models: listed };
  }
  const asked = { reader: serverReaders[kind], root: url, headers: {} };
  const occasion = { models: listed ?? [], previous: null, wanted: false };
  const result = await askServer(asked, occasion, fetch, limits);
  const state = result.kind === "state" ? result.state : null;
  const models = state?.models?.map(({ id }) => id) ?? listed ?? [];
  return { port, url, kind, state, models };
}

function jsonOf(answer: BoundedAnswer): LooseJson {
  return looseJson(answer.ok ? answer.body : new Uint8Array());
}

function idsOf(list: BoundedAnswer): readonly string[] | null {
  if (!list.ok || list.status !== 200) return null;
  return (
    jsonOf(list)
      .at("data")
      .items()
      ?.flatMap((entry) => entry.at("id").text ?? []) ?? null
  );
}

/** Owners that a list of models names, by kind. */
const owners: Readonly<Record<string, ServerKind>> = {
  vllm: "vllm",
  sglang: "sglang",
  llamacpp: "llamacpp",
};

/** One sign by which a kind shows itself. */
interface Sign {
  readonly kind: ServerKind;
  readonly path: string;
  tells(answer: BoundedAnswer & { ok: true }, json: LooseJson): boolean;
}

const isGood = ({ status }: { readonly status: number }): boolean => status === 200;

/** In an order in which none is taken for another: the rarest paths first, `/version` last. */
const signs: readonly Sign[] = [
  {
    kind: "ollama",
    path: "/api/version",
    tells: (answer, json) => isGood(answer) && json.at("version").text !== null,
  },
  {
    kind: "llamacpp",
    path: "/props",
    tells: (answer, json) =>
      isGood(answer) &&
      (json.at("total_slots").count !== null || json.at("model_path").text !== null),
  },
  {
    kind: "llamacpp",
    path: "/health",
    tells: ({ status }, json) =>
      status === 503 && json.at("error").at("type").text === "unavailable_error",
  },
  {
    kind: "lmstudio",
    path: "/api/v1/models",
    tells: (answer, json) => isGood(answer) && json.at("models").items()?.some(isNative) === true,
  },
  {
    kind: "lmstudio",
    path: "/api/v0/models",
    tells: (answer, json) => isGood(answer) && json.at("data").items() !== null,
  },
  {
    kind: "sglang",
    path: "/get_server_info",
    tells: (answer, json) => isGood(answer) && json.at("model_path").text !== null,
  },
  {
    kind: "vllm",
    path: "/version",
    tells: (answer, json) => isGood(answer) && json.at("version").text !== null,
  },
];

function isNative(entry: LooseJson): boolean {
  return entry.at("key").text !== null && entry.at("loaded_instances").items() !== null;
}

async function identify(
  list: BoundedAnswer & { ok: true },
  ask: (path: string) => Promise<BoundedAnswer>,
): Promise<ServerKind | null> {
  if (/llama\.cpp/i.test(list.headers["server"] ?? "")) return "llamacpp";
  for (const entry of jsonOf(list).at("data").items(20) ?? []) {
    const owner = entry.at("owned_by").text ?? "";
    if (Object.hasOwn(owners, owner)) return owners[owner] ?? null;
  }
  for (const { kind, path, tells } of signs) {
    const answer = await ask(path);
    if (answer.ok && tells(answer, jsonOf(answer))) return kind;
  }
  return null;
}
