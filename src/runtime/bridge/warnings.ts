import type { Carrier } from "../providers/carrier.ts";
import { isFields } from "../providers/error-signal.ts";

/** Where the client's body has what a package's warning names. */
const params: Readonly<Record<string, string>> = {
  maxOutputTokens: "max_tokens",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  stopSequences: "stop",
  seed: "seed",
  reasoning: "reasoning_effort",
};

/** Settings without which the answer would be another one than was asked for. */
const weighty: Readonly<Record<string, readonly [string, string]>> = {
  responseFormat: ["response_format", "this format of the answer"],
  toolChoice: ["tool_choice", "this choice of a tool"],
};

/** Notes what a package says that its model does not support; the request has gone out without it. */
export function noteWarnings(warnings: unknown, carrier: Carrier): void {
  if (!Array.isArray(warnings)) return;
  for (const warning of warnings as readonly unknown[]) {
    if (!isFields(warning)) continue;
    const { type, feature, setting } = warning;
    if (type === "unsupported-tool") carrier.cannot("tools", "one of these tools");
    else if (type === "unsupported") noteFeature(String(feature), carrier);
    else if (type === "unsupported-setting") noteFeature(String(setting), carrier);
  }
}

function noteFeature(name: string, carrier: Carrier): void {
  const heavy = Object.hasOwn(weighty, name) ? weighty[name] : undefined;
  const param = Object.hasOwn(params, name) ? params[name] : undefined;
  if (heavy !== undefined) carrier.cannot(...heavy);
  else if (/^provider-defined tool/.test(name)) carrier.cannot("tools", "one of these tools");
  else carrier.leavesOut(param ?? wordOf(name));
}

/** A feature that we know no field for, as a word that a header can hold. */
function wordOf(feature: string): string {
  return feature.replaceAll(/[^A-Za-z0-9_.-]+/g, "_").slice(0, 60);
}
