import type { Conversation, Fields } from "../../../protocol/conversation.ts";
import { type Carrier, refuseForeign } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { ownDialect } from "./own-dialect.ts";

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

/** The settings that this wire alone has, by where they stand; tells the carrier of all else that has no place here. */
export function foreignSettings(
  conversation: Conversation,
  carrier: Carrier,
): { readonly request: Fields; readonly generation: Fields } {
  const { foreign } = conversation;
  refuseForeign(conversation, carrier, ownDialect, takes);
  const request: Record<string, unknown> = {};
  const generation: Record<string, unknown> = {};
  for (const [name, value] of [...Object.entries(ownExtras(foreign)), ...Object.entries(foreign)]) {
    if (value === null || value === undefined) continue;
    const place = requestFields.get(name);
    if (place !== undefined) request[place] = value;
    else if (generationFields.has(name)) generation[name] = value;
  }
  return { request, generation };
}

/** Whether this wire has a place for a setting. */
function takes(name: string, value: unknown): boolean {
  if (requestFields.has(name) || generationFields.has(name) || name === "google") return true;
  return (
    name === "extra_body" && isFields(value) && Object.keys(value).every((own) => own === "google")
  );
}

/** What chat clients write for this provider: `extra_body.google`, which some merge into the body. */
function ownExtras(foreign: Fields): Fields {
  const extra = isFields(foreign["extra_body"]) ? foreign["extra_body"] : foreign;
  return isFields(extra["google"]) ? extra["google"] : {};
}
