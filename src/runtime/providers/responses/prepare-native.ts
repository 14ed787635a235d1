import type { Target } from "../../../catalog/target.ts";
import type { Fields } from "../../../protocol/conversation.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Overrides } from "../adapter.ts";
import { isFields } from "../error-signal.ts";
import { tierAt } from "../override-conversation.ts";

type Loose = Record<string, unknown>;

const samplingFields = ["temperature", "top_p", "top_logprobs"];

/**
 * A client's body of this very wire for a target that speaks it: everything goes on as it came, but for the model, what the plan
 * bounds or sets, and sampling that the model refuses. Bytes are spliced where the model alone changes.
 */
export function prepareNativeResponses(
  { native, bytes, modelSpan }: ModelRequest,
  target: Target,
  overrides: Overrides,
): Uint8Array | string {
  const changes = changesOf(native, target, overrides);
  if (modelSpan === null || Object.keys(changes).length > 0)
    return JSON.stringify({ ...native, model: target.model, ...changes });
  const model = Buffer.from(JSON.stringify(target.model));
  return Buffer.concat([bytes.subarray(0, modelSpan.start), model, bytes.subarray(modelSpan.end)]);
}

/** Fields to write anew; undefined for those to leave out. */
function changesOf(native: Fields, target: Target, overrides: Overrides): Loose {
  const changes = settingsOf(native, overrides.set);
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
  if (target.rejectsSampling)
    for (const name of samplingFields)
      if (name in native || name in changes) changes[name] = undefined;
  return changes;
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

const objectOf = (value: unknown): Fields => (isFields(value) ? value : {});
