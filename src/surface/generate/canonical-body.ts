import type { Fields } from "../../protocol/conversation.ts";
import { isFields } from "../fields.ts";

/** Fields that hold fields of the wire. Inside all others, names may be the client's own, as those of a function's arguments. */
const structured: ReadonlySet<string> = new Set([
  "contents",
  "fileData",
  "functionCall",
  "functionCallingConfig",
  "functionDeclarations",
  "functionResponse",
  "generateContentRequest",
  "generationConfig",
  "inlineData",
  "parts",
  "safetySettings",
  "systemInstruction",
  "thinkingConfig",
  "toolConfig",
  "tools",
]);

/** Lists that clients may write as their one item alone. */
const lists: ReadonlySet<string> = new Set(["contents", "parts", "tools", "functionDeclarations"]);

/**
 * The body in the spelling that the wire's reference uses: it is read as JSON of protocol buffers, so that `system_instruction` is
 * `systemInstruction`. The very same object where nothing is spelt otherwise.
 */
export function canonicalBody(body: Fields): Fields {
  let changed = false;
  const entries = Object.entries(body).map(([name, value]) => {
    const spelt = camelCase(name);
    const settled = structured.has(spelt) ? canonicalValue(value) : value;
    const listed = lists.has(spelt) && isFields(settled) ? [settled] : settled;
    if (spelt !== name || listed !== value) changed = true;
    return [spelt, listed] as const;
  });
  return changed ? Object.fromEntries(entries) : body;
}

function canonicalValue(value: unknown): unknown {
  if (isFields(value)) return canonicalBody(value);
  if (!Array.isArray(value)) return value;
  const items = value.map(canonicalValue);
  return items.every((item, at) => item === value[at]) ? value : items;
}

/** A name with underscores as protocol buffers write it in JSON. */
export function camelCase(name: string): string {
  if (!name.includes("_")) return name;
  // From the first underscore of a row alone: a key of many would be searched from each.
  return name.replaceAll(/(?<!_)_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
