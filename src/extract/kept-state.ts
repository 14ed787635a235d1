import { beyond, type ChatBody } from "../protocol/chat-request.ts";
import { mediaOf } from "./media.ts";

/** Under this name a record holds what of the prompt its provider keeps, so that its size is not known. No fact can have it. */
export const keptKey = "body.kept";

/** Settings that name what a provider keeps and puts before the prompt. */
const keptSettings = ["previous_response_id", "conversation", "prompt", "cachedContent"] as const;

/**
 * What hides the size of the prompt: the name of a setting or of a part that stands for what only a provider knows, such as
 * `previous_response_id`; null where all that is sent can be counted.
 */
export function keptState(body: ChatBody): string | null {
  const settings = body[beyond]?.settings;
  if (settings !== undefined)
    for (const name of keptSettings) if (isSaid(settings[name])) return name;
  for (const { content } of body.messages) {
    if (typeof content !== "object" || content === null) continue;
    for (const part of content)
      if (part[beyond]?.value?.["type"] === "item_reference") return "item_reference";
  }
  return mediaOf(body).kept;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
