import { type ApiProblem, invalidRequest } from "../../protocol/api-error.ts";
import {
  type Check,
  flag,
  listOf,
  maybe,
  object,
  shape,
  text,
  textOrListOf,
  unfit,
} from "../checks.ts";
import { isFields } from "../fields.ts";

/** Where a content block stands. */
export type Place = "system" | "user" | "assistant" | "result" | "document";

export const cacheControl: Check = maybe(shape({ type: text, ttl: maybe(text) }));

/** Blocks that may stand in one place only; where any other may stand is for the provider to say. */
const onlyIn: ReadonlyMap<unknown, Place> = new Map([
  ["tool_use", "assistant"],
  ["thinking", "assistant"],
  ["redacted_thinking", "assistant"],
  ["tool_result", "user"],
]);

/** Sources by type; others are newer than this code and pass. */
const sources: ReadonlyMap<unknown, Check> = new Map([
  ["base64", shape({ media_type: text, data: text })],
  ["text", shape({ data: text })],
  ["url", shape({ url: text })],
  ["file", shape({ file_id: text })],
  ["content", shape({ content: textOrListOf(blockIn("document")) })],
]);

const source: Check = byType(sources);

const citationSwitch: Check = maybe(shape({ enabled: maybe(flag) }));

const blocks: ReadonlyMap<unknown, Check> = new Map([
  ["text", shape({ text, citations: maybe(listOf(object)) })],
  ["image", shape({ source })],
  [
    "document",
    shape({ source, title: maybe(text), context: maybe(text), citations: citationSwitch }),
  ],
  ["tool_use", shape({ id: text, name: text, input: object })],
  [
    "tool_result",
    shape({
      tool_use_id: text,
      content: maybe(textOrListOf(blockIn("result"))),
      is_error: maybe(flag),
    }),
  ],
  ["thinking", shape({ thinking: text, signature: maybe(text) })],
  ["redacted_thinking", shape({ data: text })],
]);
const block = byType(blocks);

/** Checks an object by the name of its type; types that are not known here pass. */
function byType(checks: ReadonlyMap<unknown, Check>): Check {
  return (value, path) => {
    if (!isFields(value)) return unfit(path, "an object", value);
    const type = value["type"];
    if (typeof type !== "string") return unfit(`${path}.type`, "a string", type);
    const check = checks.get(type);
    return check === undefined ? null : check(value, path);
  };
}

/** Checks a content block that stands in this place. */
export function blockIn(place: Place): Check {
  return (value, path) => {
    if (!isFields(value)) return block(value, path);
    return (
      misplaced(value["type"], place, `${path}.type`) ??
      block(value, path) ??
      cacheControl(value["cache_control"], `${path}.cache_control`)
    );
  };
}

function misplaced(type: unknown, place: Place, path: string): ApiProblem | null {
  const only = onlyIn.get(type);
  if (only !== undefined && only !== place)
    return invalidRequest(
      path,
      `'${path}': a block of type '${type}' belongs in the content of a message of the ${only}`,
      "invalid_value",
    );
  if (place === "document" && type !== "text" && type !== "image")
    return unfit(path, "text or image", type, "invalid_value");
  return null;
}
