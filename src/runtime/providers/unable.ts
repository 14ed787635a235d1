import type { Ability, Target } from "../../catalog/target.ts";
import type { Conversation, Part } from "../../protocol/conversation.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import { unsupported } from "./carrier.ts";

/** What a part of each kind asks of a model, and what a refusal calls it. */
const asked: ReadonlyMap<string, readonly [ability: Ability, what: string]> = new Map([
  ["image", ["images", "an image"]],
  ["audio", ["audio", "sound"]],
  ["file", ["files", "a file"]],
]);

/** The same by the types of a chat body; what it has no type for bears its place. */
const types: ReadonlySet<string> = new Set(["image_url", "input_audio", "file"]);

/** Why a request cannot be sent to a target: the first of its parts that the model is known not to take; null when there is none. */
export function unableToTake(request: ModelRequest, { lacks }: Target): Failure | null {
  if (lacks === undefined || lacks.size === 0 || request.relayed !== undefined) return null;
  if (!holdsMedia(request)) return null;
  for (const part of partsOf(request.conversation())) {
    const [ability, what] = isPlainText(part) ? [] : (asked.get(part.kind) ?? []);
    if (ability !== undefined && what !== undefined && lacks.has(ability))
      return unsupported(part.path, what);
  }
  return null;
}

/** A text beside others is no file to any wire but its own. */
function isPlainText(part: Part): boolean {
  return part.kind === "file" && part.source.kind === "text";
}

/** A look at the body that facts are read from anyway, so that plain text costs no conversation. */
function holdsMedia({ body }: ModelRequest): boolean {
  return body.messages.some(
    ({ content }) =>
      Array.isArray(content) && content.some((part) => types.has(part.type) || "path" in part),
  );
}

function* partsOf({ turns }: Conversation): Generator<Part> {
  for (const { parts } of turns)
    for (const part of parts) {
      yield part;
      if (part.kind === "result") yield* part.parts;
    }
}
