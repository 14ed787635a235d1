import type { Measure } from "../../catalog/target-fact.ts";
import {
  findModel,
  type ModelIdentity,
  type ServerHealth,
  type ServerState,
} from "./server-state.ts";

/** How a target at a watched server is: as its server, or `absent` where the server has no such model. */
export type ServedState = ServerHealth | "absent";

/** How a model fares on a server in this state. */
export function servedState(state: ServerState, model: string): ServedState {
  const takesRequests = state.health === "up" || state.health === "saturated";
  if (!takesRequests || !state.answersListedOnly || state.models === null) return state.health;
  return findModel(state, model) === undefined ? "absent" : state.health;
}

/**
 * Whether requests may be sent. A model that a server would load on demand counts as healthy, only slow; a server that is
 * full queues; and one that answers in a strange way may still serve, so nothing is held against it.
 */
export function isHealthy(served: ServedState): boolean {
  return served === "up" || served === "saturated" || served === "unrecognised";
}

/**
 * A measure as the server tells it; undefined where it does not. `ownInFlight` are the gateway's own requests at the
 * target: they are newer than the last round, and those of others are in the server's word alone, so the larger one holds.
 */
export function measuredAt(
  state: ServerState | null,
  measure: Measure,
  ownInFlight: number,
): number | undefined {
  switch (measure) {
    case "queue":
      return Math.max(ownInFlight, (state?.running ?? 0) + (state?.queued ?? 0));
    case "running":
      return state?.running ?? undefined;
    case "kv":
      return state?.kvUse ?? undefined;
    case "tps":
      return state?.tokensPerSecond ?? undefined;
    default:
      return undefined;
  }
}

/**
 * What tells the weights behind a model from others, for keys of caches; null where the server does not say. Of a server
 * that answers to any name it is that of its only model.
 */
export function identityOf(state: ServerState | null, model: string): ModelIdentity | null {
  if (state === null) return null;
  const listed = findModel(state, model);
  if (listed !== undefined) return listed.identity;
  if (state.answersListedOnly || state.models?.length !== 1) return null;
  return state.models[0]?.identity ?? null;
}
