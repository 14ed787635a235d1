import { readDataUrl } from "../protocol/data-url.ts";
import { textOfBytes } from "./text-bytes.ts";

/** Fields whose value may be a name or an id, which is no text. */
const labels =
  /^(?:type|role|id|path|object|status|detail|index|.*_ids?|.*Id|media_?[tT]ype|mime_?[tT]ype|file_?ur[il]|fileUri|authorization(?:_token)?)$/;
/** What a name or an id looks like: nothing that a person would write, and no address of one. */
const labelLike = /^[\w.:/?=&%+[\]-]{0,256}$/;

/** Fields whose value may be bytes in letters, or a proof that only its maker reads. */
const bytes =
  /^(?:data|bytes|file_data|b64_json|result|signature|thought_?[sS]ignature|encrypted_?\w*|image|image_url|imageUrl|audio|url)$/;
const shortestBytes = 64;
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
/** Names of fields as APIs give them; what else stands there was put there to be read. */
const plainName = /^[A-Za-z_][\w.-]{0,63}$/;

/** Whether a string under a name is bytes in letters and no text. */
function isBytes(name: string, value: string): boolean {
  if (value.length < shortestBytes) return false;
  const url = readDataUrl(value);
  if (url !== null) return url.base64 && url.isPlain && base64.test(value.slice(url.start));
  return bytes.test(name) && base64.test(value);
}

/**
 * Calls `visit` with every string of a JSON value that a model may read: not with names, ids, bytes in letters and proofs, but
 * with the text of files that are text. The value is as deep as the server's bounds let a body be. `name` is that of the field
 * where it stands.
 */
export function eachString(value: unknown, visit: (text: string) => void, name = ""): void {
  if (typeof value === "string") visitString(null, name, value, visit);
  else if (Array.isArray(value))
    for (const item of value as readonly unknown[]) eachString(item, visit, name);
  else if (typeof value === "object" && value !== null)
    eachStringIn(value as Readonly<Record<string, unknown>>, visit);
}

function eachStringIn(
  fields: Readonly<Record<string, unknown>>,
  visit: (text: string) => void,
): void {
  for (const name in fields) {
    if (!plainName.test(name)) visit(name);
    const value = fields[name];
    if (name === "cache_control") eachPhrase(value, visit);
    else if (typeof value === "string") visitString(fields, name, value, visit);
    else eachString(value, visit, name);
  }
}

const addressLike = /^(?!data:)[a-z][a-z0-9+.-]{1,15}:\/\/\S*$/i;
const sampled = 1400;

/** The same of a picture or of sound: its address and its bytes are no text, unless they hold one or are no such thing. */
export function eachStringOfMedia(value: unknown, visit: (text: string) => void): void {
  if (typeof value === "string") visitMedia(null, "url", value, visit);
  if (typeof value !== "object" || value === null) return;
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    if (!plainName.test(name)) visit(name);
    const field = fields[name];
    if (typeof field !== "string") eachString(field, visit, name);
    else if (name === "format" || name === "detail") eachPhrase(field, visit);
    else if (name !== "url" && name !== "data") visitString(fields, name, field, visit);
    else visitMedia(fields, name, field, visit);
  }
}

function visitMedia(
  fields: Readonly<Record<string, unknown>> | null,
  name: string,
  value: string,
  visit: (text: string) => void,
): void {
  if (value === "" || addressLike.test(value)) return;
  const text = textOfBytes(fields, name, value);
  if (text !== null || !isMediaBytes(value)) visit(text ?? value);
}

/** Pictures are long and many: how they begin tells enough. */
function isMediaBytes(value: string): boolean {
  const url = readDataUrl(value);
  const start = url?.start ?? 0;
  return (
    (url === null || (url.base64 && url.isPlain)) &&
    /^[A-Za-z0-9+/_=\r\n\t%-]*$/.test(value.slice(start, start + sampled))
  );
}

/** The same of a value that holds names, ids and switches alone: only what looks like none of them is a text. */
export function eachPhrase(value: unknown, visit: (text: string) => void): void {
  if (typeof value === "string") {
    if (!labelLike.test(value)) visit(value);
  } else if (Array.isArray(value))
    for (const item of value as readonly unknown[]) eachPhrase(item, visit);
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) {
      if (!labelLike.test(name)) visit(name);
      eachPhrase(inner, visit);
    }
}

function visitString(
  fields: Readonly<Record<string, unknown>> | null,
  name: string,
  value: string,
  visit: (text: string) => void,
): void {
  if (value === "") return;
  const text = textOfBytes(fields, name, value);
  if (text !== null) visit(text);
  else if (!isBytes(name, value) && !(labels.test(name) && labelLike.test(value))) visit(value);
}
