import type { Sampling } from "../../../protocol/conversation.ts";
import type { Overrides } from "../adapter.ts";
import { type Carrier, clampSetting } from "../carrier.ts";

/** The knobs of this wire by its names for them. */
export interface SamplingFields {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
}

interface Taken {
  /** True for models that refuse sampling, and for all while they think. */
  readonly isRefused: boolean;
  /** What the plan sets: it stands before what the client said. */
  readonly set: Overrides["set"];
}

/**
 * Sampling as this wire takes it: temperature is clamped, and some models refuse both knobs at once, so one goes: the one
 * that the plan did not set, else `top_p`.
 */
export function samplingOf(
  { temperature, topP, topK }: Pick<Sampling, "temperature" | "topP" | "topK">,
  { isRefused, set = {} }: Taken,
  carrier: Carrier,
): SamplingFields {
  const isBoth = temperature !== null && topP !== null;
  const isByTopP = set["top_p"] !== undefined && set["temperature"] === undefined && topP !== 1;
  const takesTemperature = !isRefused && !(isBoth && isByTopP);
  const takesTopP = !isRefused && !(isBoth && !isByTopP);
  if (!takesTemperature && temperature !== null && temperature !== 1)
    carrier.leavesOut("temperature");
  if (!takesTopP && topP !== null && topP !== 1) carrier.leavesOut("top_p");
  if (isRefused && topK !== null) carrier.leavesOut("top_k");
  return {
    ...(temperature !== null && takesTemperature
      ? { temperature: clampSetting(carrier, "messages", "temperature", temperature) }
      : {}),
    ...(topP !== null && takesTopP ? { top_p: topP } : {}),
    ...(topK === null || isRefused ? {} : { top_k: topK }),
  };
}
