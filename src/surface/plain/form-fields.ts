import type { ByteSpan } from "../../protocol/chat-request.ts";

/** One field of a `multipart/form-data` body (RFC 7578). */
export interface FormField {
  readonly name: string;
  /** Whether it was sent with the name of a file. */
  readonly isFile: boolean;
  /** In lower case, without parameters; empty where it was not said. */
  readonly mediaType: string;
  readonly value: ByteSpan;
}

export type FormRead =
  | { readonly ok: true; readonly mark: string; readonly fields: readonly FormField[] }
  | { readonly ok: false; readonly message: string };

/** Fields of one form; more is no request of any of these APIs. */
const mostFields = 64;
const longestHead = 8 * 1024;
const ascii = new TextDecoder("latin1");
const encoder = new TextEncoder();
const noForm = "the request body is not multipart/form-data as RFC 7578 has it";

/**
 * The fields of a form, read in the one way that all readers share: whatever two readers could take differently is refused, so that
 * nothing stands in a form which the gateway does not see. Linear in the bytes.
 */
export function readFields(bytes: Uint8Array, contentType: string): FormRead {
  const parameters = parametersOf(contentType, /^multipart\/form-data/i);
  const mark = parameters?.get("boundary") ?? "";
  if (!/^[^\r\n"]{1,70}$/.test(mark)) return refused(noForm);
  const delimiter = encoder.encode(`\r\n--${mark}`);
  const fields: FormField[] = [];
  let at = behindFirst(bytes, delimiter);
  while (at >= 0 && !matches(bytes, at, ending)) {
    if (fields.length === mostFields)
      return refused(`the form holds more than ${mostFields} fields`);
    const head = at + lineBreak.length;
    const body = matches(bytes, at, lineBreak) ? endOfHead(bytes, head) : -1;
    at = body < 0 ? -1 : behindDelimiter(bytes, delimiter, body);
    if (at < 0) break;
    const field = fieldOf(ascii.decode(bytes.subarray(head, body - 4)));
    if (typeof field === "string") return refused(field);
    fields.push({ ...field, value: { start: body, end: at - delimiter.length } });
  }
  return at >= 0 && isBlank(bytes, at + ending.length)
    ? { ok: true, mark, fields }
    : refused(noForm);
}

function refused(message: string): FormRead {
  return { ok: false, message };
}

/** Index behind the first delimiter, before which nothing may stand but a line break; -1 where something does. */
function behindFirst(bytes: Uint8Array, delimiter: Uint8Array): number {
  const start = matches(bytes, 0, lineBreak) ? lineBreak.length : 0;
  const first = delimiter.subarray(lineBreak.length);
  return matches(bytes, start, first) ? start + first.length : -1;
}

const cr = 0x0d;
const lf = 0x0a;
const dash = 0x2d;
const lineBreak = Uint8Array.of(cr, lf);
const ending = Uint8Array.of(dash, dash);

/** Index behind the blank line that ends a field's head; -1 when it is too far away. */
function endOfHead(bytes: Uint8Array, from: number): number {
  const last = Math.min(from + longestHead, bytes.length - 3);
  for (let at = from; at < last; at += 1)
    if (bytes[at] === cr && bytes[at + 1] === lf && bytes[at + 2] === cr && bytes[at + 3] === lf)
      return at + 4;
  return -1;
}

/** What a field's head says; the problem where it can be read in more than one way. */
function fieldOf(head: string): Omit<FormField, "value"> | string {
  const headers = new Map<string, string>();
  for (const line of head.split("\r\n")) {
    const [, name = "", value = ""] = /^([!#$%&'*+.^`|~\w-]+):([^\r\n\0]*)$/.exec(line) ?? [];
    const lower = name.toLowerCase();
    if (lower === "") return "a field of the form has a head that is none";
    if (headers.has(lower)) return `a field of the form says '${lower}' more than once`;
    headers.set(lower, value.replace(/^[ \t]+/, ""));
  }
  const encoding = headers.get("content-transfer-encoding") ?? "binary";
  if (!/^(?:binary|[78]bit)\s*$/i.test(encoding))
    return "a field of the form is encoded, which RFC 7578 does not allow";
  const disposition = parametersOf(headers.get("content-disposition") ?? "", /^form-data/i);
  const name = disposition?.get("name");
  if (disposition === null || name === undefined)
    return "a field of the form has no Content-Disposition that names it once, in quotes or as a word";
  const other = [...disposition.keys()].find((each) => !/^(?:name|filename\*?)$/.test(each));
  if (other !== undefined) return `a field of the form has a parameter '${other}'`;
  return {
    name,
    isFile: disposition.has("filename") || disposition.has("filename*"),
    mediaType: (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "",
  };
}

/** The parameters of a header's value by lower-case name; null where one is repeated or what stands there is something else. */
function parametersOf(value: string, kind: RegExp): ReadonlyMap<string, string> | null {
  const head = kind.exec(value)?.[0];
  if (head === undefined) return null;
  // A backslash before a quote is read in two ways by those who read forms.
  const parameter = /[ \t]*;[ \t]*([!#$%&'*+.^`|~\w-]+)=(?:"([^"]*)(?<!\\)"|([^\s";,]+))/y;
  const parameters = new Map<string, string>();
  let at = head.length;
  while (at < value.length) {
    parameter.lastIndex = at;
    const found = parameter.exec(value);
    if (found === null) return /^[ \t]*$/.test(value.slice(at)) ? parameters : null;
    const [whole, name = "", quoted, word] = found;
    if (parameters.has(name.toLowerCase())) return null;
    parameters.set(name.toLowerCase(), quoted ?? word ?? "");
    at += whole.length;
  }
  return parameters;
}

function isBlank(bytes: Uint8Array, from: number): boolean {
  return bytes.subarray(from).every((byte) => byte === cr || byte === lf || byte === 0x20);
}

function matches(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  return pattern.every((byte, index) => bytes[at + index] === byte);
}

/**
 * Index behind the next delimiter from `from` on; -1 when there is none. Its beginning (line break and two dashes) is looked for
 * from its end, as Horspool does. No mark holds a line break, so that after a mismatch nothing is looked at again.
 */
function behindDelimiter(bytes: Uint8Array, delimiter: Uint8Array, from: number): number {
  const last = bytes.length - delimiter.length;
  let at = from;
  while (at <= last) {
    const fourth = bytes[at + 3];
    if (fourth === cr) at += 3;
    else if (fourth === lf) at += 2;
    else if (fourth !== dash) at += 4;
    else if (bytes[at + 2] !== dash || bytes[at + 1] !== lf || bytes[at] !== cr) at += 1;
    else {
      let same = 4;
      while (same < delimiter.length && bytes[at + same] === delimiter[same]) same += 1;
      if (same === delimiter.length) return at + same;
      at += same;
    }
  }
  return -1;
}
