import { isPublicName, mayBePublic } from "../../configuration/public-address.ts";
import type { Fields } from "../../protocol/conversation.ts";
import type { Failure } from "../../protocol/failure.ts";

/** Keys whose strings are addresses to whoever reads them, on any wire: `url`, `image_url`, `fileUri`, `server_url`. */
const addressKey = /(?:^|_|[a-z])(?:ur[li]s?|URLs?)$/i;
/** Keys of nearly all strings, of which neither pattern knows one: what most requests are made of is not matched against them. */
const ordinary: ReadonlySet<string> = new Set(["role", "content", "text", "type", "model", "name"]);
/** Keys whose strings are addresses or bytes, and are looked at where they have a scheme. */
const eitherKey =
  /^(?:images?|image\[\]|input_image|mask|videos?|input_video|audio|files?|source|file_data)$/;
/**
 * What models and tools said to each other, and descriptions of tools: no wire fetches from there, and agents speak there of
 * addresses inside with good reason.
 */
const spoken: ReadonlySet<string> = new Set([
  ...["arguments", "args", "input_schema", "parameters", "schema", "metadata"],
  ...["annotations", "citations", "action", "response"],
]);
const spokenInputs: ReadonlySet<unknown> = new Set([
  ...["tool_use", "server_tool_use", "mcp_tool_use", "custom_tool_call"],
]);

/** One strict form, which every parser of addresses reads alike; what is spelt otherwise goes nowhere. */
const plain =
  /^https?:\/\/([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?(?:[/?#][^\s\\]*)?$/i;

/** Which addresses a server at home may fetch. */
type Rule = "public" | "none";

/** Whether an address may be fetched by a server at home: bytes in the address itself, or a host that is nobody's own. */
export function mayBeFetched(address: string, rule: Rule): boolean {
  if (address === "" || /^data:/i.test(address)) return true;
  if (rule === "none" || !plain.test(address) || !URL.canParse(address)) return false;
  // As parsed: of 2130706433 and 0x7f.1 it makes the address that they are.
  const { hostname } = new URL(address);
  return mayBePublic(hostname) && isPublicName(hostname);
}

/** Bytes as base64 that stand where an address can. */
const bytes = /^[A-Za-z0-9+/]{64,}={0,2}$/;

/** Where a client's body holds the first address that a server at home must not fetch; null for nowhere. Looks at every depth. */
export function forbiddenUrl(body: unknown, rule: Rule): string | null {
  const place = search(body, "", rule);
  // Behind the body itself, which has no name.
  return place?.startsWith(".") === true ? place.slice(1) : place;
}

/** Where below a value, as it stands behind the value's own place; put together only where something is found. `key`: the nearest above. */
function search(value: unknown, key: string, rule: Rule): string | null {
  if (typeof value === "string") return isForbidden(value, key, rule) ? "" : null;
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value)) return searchFields(value as Fields, rule);
  for (let at = 0; at < value.length; at += 1) {
    const item: unknown = value[at];
    if (typeof item === "string" && !isKey(key)) continue;
    const found = search(item, key, rule);
    if (found !== null) return `[${at}]${found}`;
  }
  return null;
}

function searchFields(fields: Fields, rule: Rule): string | null {
  const isSpoken = spokenInputs.has(fields["type"]);
  for (const key in fields) {
    const value = fields[key];
    if (typeof value === "string" && !isKey(key)) continue;
    if (spoken.has(key) || (isSpoken && key === "input")) continue;
    const found = search(value, key, rule);
    if (found !== null) return `.${key}${found}`;
  }
  return null;
}

function isKey(key: string): boolean {
  return !ordinary.has(key) && (addressKey.test(key) || eitherKey.test(key));
}

function isForbidden(text: string, key: string, rule: Rule): boolean {
  if (addressKey.test(key)) return !bytes.test(text) && !mayBeFetched(text, rule);
  return (
    eitherKey.test(key) &&
    /^\s*(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(text) &&
    !mayBeFetched(text, rule)
  );
}

/** The refusal of a request that names such an address. */
export function mediaUrlRefused(path: string, rule: Rule): Failure {
  const message =
    rule === "none"
      ? `'${path}' is an address, and the server that would fetch it is sent none: send the bytes`
      : `'${path}' is no address that anybody can reach, and the server that would fetch it stands inside: send the bytes`;
  return {
    cause: "bad_request",
    retrySame: false,
    code: "media_url_refused",
    param: path,
    message,
  };
}
