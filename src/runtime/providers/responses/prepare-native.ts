import type { Target } from "../../../catalog/target.ts";
import type { Fields } from "../../../protocol/conversation.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Overrides } from "../adapter.ts";
import { type Carrier, isKnownNotToThink, tellReasoning, tellSetting } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { tierAt } from "../override-conversation.ts";
import { spliceModel } from "../splice-model.ts";

type Loose = Record<string, unknown>;

const samplingFields = ["temperature", "top_p", "top_logprobs"];
const asksLogprobs = "message.output_text.logprobs";

interface Surroundings {
  readonly overrides: Overrides;
  readonly carrier: Carrier;
}

/**
 * A client's body of this very wire for a target that speaks it: everything goes on as it came, but for the model, what the plan
 * bounds or sets, and sampling that the model refuses. Bytes are spliced where the model alone changes.
 */
export function prepareNativeResponses(
  request: ModelRequest,
  target: Target,
  around: Surroundings,
): Uint8Array | string {
  const { native } = request;
  const changes = changesOf(native, target, around);
  const spliced = Object.keys(changes).length > 0 ? null : spliceModel(request, target.model, "");
  return spliced ?? JSON.stringify({ ...native, model: target.model, ...changes });
}

/** Fields to write anew; undefined for those to leave out. */
function changesOf(native: Fields, target: Target, { overrides, carrier }: Surroundings): Loose {
  const changes = settingsOf(native, overrides.set);
  tellUnplaced(overrides.set, carrier);
  const effort = overrides.set?.["reasoning_effort"];
  if (typeof effort === "string" && (target.rejectsEffort || isKnownNotToThink(target))) {
    leaveEffort(native, changes);
    tellReasoning(carrier, { effort, budgetTokens: null, enabled: null });
  }
  const asked = native["max_output_tokens"];
  const limit = Math.min(
    typeof asked === "number"
      ? Math.min(asked, target.maxOutputTokens ?? asked)
      : Number.POSITIVE_INFINITY,
    overrides.maxTokens ?? Number.POSITIVE_INFINITY,
  );
  if (Number.isFinite(limit) && limit !== asked) changes["max_output_tokens"] = limit;
  if (overrides.tier !== undefined)
    changes["service_tier"] = tierAt(target, overrides.tier) ?? undefined;
  if (target.rejectsSampling) leaveSampling(native, changes, carrier);
  return changes;
}

/** Takes out the client's effort, in whose place the plan sets one that the model is not told. */
function leaveEffort(native: Fields, changes: Loose): void {
  delete changes["reasoning"];
  const { effort, ...rest } = objectOf(native["reasoning"]);
  if (effort === undefined) return;
  changes["reasoning"] = Object.keys(rest).length === 0 ? undefined : rest;
}

/** Takes out what models without sampling refuse. */
function leaveSampling(native: Fields, changes: Loose, carrier: Carrier): void {
  for (const name of samplingFields) {
    if (!(name in native || name in changes)) continue;
    tellSetting(carrier, name, changes[name] ?? native[name]);
    changes[name] = undefined;
  }
  const { include } = native;
  if (!Array.isArray(include) || !include.includes(asksLogprobs)) return;
  carrier.cannot("include", "the likelihood of tokens");
  const rest = include.filter((name) => name !== asksLogprobs);
  changes["include"] = rest.length === 0 ? undefined : rest;
}

function settingsOf(native: Fields, set: Overrides["set"] = {}): Loose {
  const out: Loose = {};
  for (const name of ["temperature", "top_p", "parallel_tool_calls"])
    if (set[name] !== undefined) out[name] = set[name];
  if (set["user"] !== undefined) out["safety_identifier"] = set["user"];
  if (set["reasoning_effort"] !== undefined)
    out["reasoning"] = { ...objectOf(native["reasoning"]), effort: set["reasoning_effort"] };
  if (set["verbosity"] !== undefined)
    out["text"] = { ...objectOf(native["text"]), verbosity: set["verbosity"] };
  return out;
}

/** What a policy may set that this wire has a place for. */
const placed: ReadonlySet<string> = new Set([
  "temperature",
  "top_p",
  "parallel_tool_calls",
  "user",
  "reasoning_effort",
  "verbosity",
]);

/** Tells of what a policy sets in vain. Stops it means for the targets that take them: they do not refuse. */
function tellUnplaced(set: Overrides["set"] = {}, carrier: Carrier): void {
  for (const [name, value] of Object.entries(set)) {
    if (name === "stop") carrier.leavesOut(name);
    else if (!placed.has(name)) tellSetting(carrier, name, value);
  }
}

const objectOf = (value: unknown): Fields => (isFields(value) ? value : {});
