import { type Asker, askers } from "../language/program/frame.ts";
import type { DecisionSnapshot } from "./explain-snapshot.ts";

/** A decision record, read far enough to be explained. */
export interface ReadRecord {
  readonly snapshot: DecisionSnapshot;
  readonly policy: string;
  readonly hash: string;
  /** What was decided: the rule's id, and the targets of the plan's steps. */
  readonly rule: string;
  readonly plan: readonly (string | null)[];
}

export type RecordRead =
  | { readonly ok: true; readonly record: ReadRecord }
  /** `why` completes "cannot explain this record: …". */
  | { readonly ok: false; readonly why: string };

/** Reads a parsed line of a decision log; anything may stand in a log, so each field is looked at. */
export function readRecordSnapshot(json: unknown): RecordRead {
  if (!isObject(json) || !("v" in json)) return refused("it is no decision record");
  if (json["v"] !== 1) return refused(`it is of version ${String(json["v"])}; known is 1`);
  const { time, id, seed, facts, policy, hash, rule, plan } = json;
  if (typeof time !== "string" || Number.isNaN(Date.parse(time))) return refused("it has no time");
  if (typeof id !== "string" || typeof rule !== "string") return refused("it has no id or rule");
  if (typeof seed !== "number" && typeof seed !== "string") return refused("it has no seed");
  if (!isObject(facts)) return refused("its facts are no object");
  const steps = Array.isArray(plan) ? (plan as unknown[]) : [];
  return {
    ok: true,
    record: {
      snapshot: { time, id, seed, facts, asked: askedIn(json["asked"]) },
      policy: typeof policy === "string" ? policy : "",
      hash: typeof hash === "string" ? hash : "",
      rule,
      plan: steps.map((target) => (typeof target === "string" ? target : null)),
    },
  };
}

function askedIn(json: unknown): Readonly<Record<string, Asker>> {
  if (!isObject(json)) return {};
  const asked: Record<string, Asker> = {};
  for (const [key, value] of Object.entries(json)) {
    const asker = askers.find((each) => each === value);
    if (asker !== undefined) asked[key] = asker;
  }
  return asked;
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function refused(why: string): RecordRead {
  return { ok: false, why };
}
