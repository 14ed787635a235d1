import type { IncomingHttpHeaders } from "node:http";
import type { KeyGrant } from "../configuration/configuration.ts";
import { mayAskFor } from "./choose-policy.ts";
import type { Snapshot } from "./snapshot.ts";
import { dialectAt } from "./surfaces.ts";

/** The policies and targets that a key may ask for, as clients of one API read them. */
export interface ModelPages {
  /** A page of the list; `query` is that of the request. */
  list(snapshot: Snapshot, key: KeyGrant | null, query: URLSearchParams): object;
  /** One model by its id; null where there is none that the key may ask for. */
  one(snapshot: Snapshot, key: KeyGrant | null, id: string): object | null;
}

/** The pages of the API that a request speaks. */
export function modelPagesFor(path: string, headers: IncomingHttpHeaders): ModelPages {
  switch (dialectAt(path, headers)) {
    case "generate":
      return googlePages;
    case "messages":
      return anthropicPages;
    case "chat":
      return openAiPages;
  }
}

interface Entry {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly owner: string;
  /** Of a target, where they are known. */
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
}

/** Policies first, both in order of their names. */
function entriesFor(snapshot: Snapshot, key: KeyGrant | null): readonly Entry[] {
  const seconds = (sinceEpochMs: number): number => Math.floor(sinceEpochMs / 1000);
  const first = seconds(snapshot.defaultPolicy.sinceEpochMs);
  const unknown = { contextTokens: null, maxOutputTokens: null };
  const policies = [...snapshot.policies.values()].map(
    ({ name, sinceEpochMs }): Entry => ({
      id: name,
      created: seconds(sinceEpochMs),
      owner: "signalbox",
      ...unknown,
    }),
  );
  const targets = [...snapshot.targets.configured.values()].map(({ target }): Entry => {
    const { name: id, provider: owner, contextTokens, maxOutputTokens } = target;
    return { id, created: first, owner, contextTokens, maxOutputTokens };
  });
  const byName = (a: Entry, b: Entry): number => (a.id < b.id ? -1 : 1);
  const mayAsk = ({ id }: Entry): boolean => mayAskFor(key, id) || key?.policy === id;
  return [...policies.sort(byName), ...targets.sort(byName)].filter(mayAsk);
}

type Page = (entries: readonly Entry[], query: URLSearchParams) => object;

function pagesOf(page: Page, shown: (entry: Entry) => object, prefix = ""): ModelPages {
  return {
    list: (snapshot, key, query) => page(entriesFor(snapshot, key), query),
    one(snapshot, key, id) {
      const name = id.startsWith(prefix) ? id.slice(prefix.length) : id;
      const entry = entriesFor(snapshot, key).find((one) => one.id === name);
      return entry === undefined ? null : shown(entry);
    },
  };
}

const openAiModel = ({ id, created, owner }: Entry): object => ({
  id,
  object: "model",
  created,
  owned_by: owner,
});

const openAiPages = pagesOf(
  (entries) => ({ object: "list", data: entries.map(openAiModel) }),
  openAiModel,
);

const anthropicModel = ({ id, created }: Entry): object => ({
  type: "model",
  id,
  display_name: id,
  created_at: new Date(created * 1000).toISOString(),
});

const anthropicPages = pagesOf((entries, query) => {
  const after = entries.findIndex(({ id }) => id === query.get("after_id")) + 1;
  const before = entries.findIndex(({ id }) => id === query.get("before_id"));
  const size = sizeOf(query.get("limit"), entries.length);
  const rest = before < 0 ? entries.slice(after) : entries.slice(0, before);
  const shown = before < 0 ? rest.slice(0, size) : rest.slice(-size);
  return {
    data: shown.map(anthropicModel),
    has_more: shown.length < rest.length,
    first_id: shown[0]?.id ?? null,
    last_id: shown.at(-1)?.id ?? null,
  };
}, anthropicModel);

const googleModel = ({ id, owner, contextTokens, maxOutputTokens }: Entry): object => ({
  name: `models/${id}`,
  baseModelId: id,
  version: "001",
  displayName: id,
  description: owner === "signalbox" ? "A policy of this gateway." : `A target at ${owner}.`,
  ...(contextTokens === null ? {} : { inputTokenLimit: contextTokens }),
  ...(maxOutputTokens === null ? {} : { outputTokenLimit: maxOutputTokens }),
  supportedGenerationMethods: ["generateContent", "countTokens"],
});

/** Page tokens are places in the list: it changes with the configuration alone. */
const googlePages = pagesOf(
  (entries, query) => {
    const [from = "0"] = /^\d{1,9}$/.exec(query.get("pageToken") ?? "") ?? [];
    const start = Math.min(entries.length, Number(from));
    const end = start + sizeOf(query.get("pageSize"), entries.length);
    return {
      models: entries.slice(start, end).map(googleModel),
      ...(end < entries.length ? { nextPageToken: String(end) } : {}),
    };
  },
  googleModel,
  "models/",
);

/** How many entries a page holds: as many as were asked for, all where nobody says. */
function sizeOf(asked: string | null, all: number): number {
  const size = Number(/^\d{1,4}$/.exec(asked ?? "")?.[0]);
  return size > 0 ? size : Math.max(1, all);
}
