import type { ClientKey } from "../configuration/configuration.ts";
import { mayAskFor } from "./choose-policy.ts";
import type { Snapshot } from "./snapshot.ts";

/** One entry of `GET /v1/models`, as OpenAI's clients read it. */
export interface ListedModel {
  readonly id: string;
  readonly object: "model";
  /** Seconds since the epoch. */
  readonly created: number;
  readonly owned_by: string;
}

/** The policies and targets that a key may ask for; policies first, both in order of their names. */
export function listModels(snapshot: Snapshot, key: ClientKey | null): readonly ListedModel[] {
  const created = (sinceEpochMs: number): number => Math.floor(sinceEpochMs / 1000);
  const first = created(snapshot.defaultPolicy.sinceEpochMs);
  const policies = [...snapshot.policies.values()].map(({ name, sinceEpochMs }) =>
    listed(name, created(sinceEpochMs), "signalbox"),
  );
  const targets = [...snapshot.targets.configured.values()].map(({ target }) =>
    listed(target.name, first, target.provider),
  );
  const byName = (a: ListedModel, b: ListedModel): number => (a.id < b.id ? -1 : 1);
  const mayAsk = ({ id }: ListedModel): boolean => mayAskFor(key, id) || key?.policy === id;
  return [...policies.sort(byName), ...targets.sort(byName)].filter(mayAsk);
}

function listed(id: string, created: number, owner: string): ListedModel {
  return { id, object: "model", created, owned_by: owner };
}
