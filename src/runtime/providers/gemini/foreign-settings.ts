import type { Conversation, Fields } from "../../../protocol/conversation.ts";
import type { Carrier } from "../carrier.ts";
import { isFields } from "../error-signal.ts";

/** Settings that only this wire has, under its own names and those that the provider's chat endpoint uses for them. */
const requestFields: ReadonlyMap<string, string> = new Map([
  ["safetySettings", "safetySettings"],
  ["safety_settings", "safetySettings"],
  ["labels", "labels"],
  ["cachedContent", "cachedContent"],
  ["cached_content", "cachedContent"],
]);
const generationFields: ReadonlySet<string> = new Set([
  "responseModalities",
  "mediaResolution",
  "speechConfig",
  "imageConfig",
]);

/** Settings of other wires without which the answer would be another one. */
const telling: ReadonlySet<string> = new Set([
  "audio",
  "background",
  "container",
  "context_management",
  "conversation",
  "functions",
  "mcp_servers",
  "previous_response_id",
  "prompt",
  "web_search_options",
]);

/** The settings that this wire alone has, by where they stand; tells the carrier of those that matter and have no place here. */
export function foreignSettings(
  { foreign }: Conversation,
  carrier: Carrier,
): { readonly request: Fields; readonly generation: Fields } {
  const request: Record<string, unknown> = {};
  const generation: Record<string, unknown> = {};
  for (const [name, value] of [...Object.entries(ownExtras(foreign)), ...Object.entries(foreign)]) {
    if (value === null || value === undefined) continue;
    const place = requestFields.get(name);
    if (place !== undefined) request[place] = value;
    else if (generationFields.has(name)) generation[name] = value;
    else if (telling.has(name) || asksForMore(name, value)) carrier.cannot(name, "this setting");
  }
  return { request, generation };
}

/** What chat clients write for this provider: `extra_body.google`, which some merge into the body. */
function ownExtras(foreign: Fields): Fields {
  const extra = isFields(foreign["extra_body"]) ? foreign["extra_body"] : foreign;
  return isFields(extra["google"]) ? extra["google"] : {};
}

/** Answers in more than text. */
function asksForMore(name: string, value: unknown): boolean {
  return name === "modalities" && Array.isArray(value) && value.some((one) => one !== "text");
}
