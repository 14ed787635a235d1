import { invalidRequest } from "../../protocol/api-error.ts";
import type { ByteSpan } from "../../protocol/chat-request.ts";
import type { ModelRequestRead } from "../../protocol/model-request.ts";
import { splice } from "../splice.ts";
import { plainRequest } from "./plain-request.ts";
import type { PlainApi } from "./read-plain.ts";

/** One field of a `multipart/form-data` body; files are only looked at from outside. */
interface FormField {
  readonly name: string;
  readonly isFile: boolean;
  readonly value: ByteSpan;
}

/** Fields of one form; more is no request of any of these APIs. */
const mostFields = 64;
const longestHead = 8 * 1024;
const ascii = new TextDecoder("latin1");
const utf8 = new TextDecoder("utf-8");
const encoder = new TextEncoder();

/**
 * Reads a request that comes as a form (RFC 7578), such as sound to be written down. Only the value of `model` is changed on its
 * way; where the form has none, a field is put before the others.
 */
export function readForm(api: PlainApi, bytes: Uint8Array, contentType: string): ModelRequestRead {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  const fields = mark === undefined ? null : fieldsOf(bytes, mark);
  if (mark === undefined || fields === null)
    return refused(null, "the request body is not multipart/form-data as RFC 7578 has it");
  const texts = new Map<string, string>();
  for (const { name, isFile, value } of fields)
    if (!isFile) texts.set(name, utf8.decode(bytes.subarray(value.start, value.end)));
  const models = fields.filter(({ name }) => name === "model");
  if (models.length > 1) return refused("model", "'model' stands more than once in the form");
  const model = texts.get("model") ?? "";
  if (model === "" && api.needsModel)
    return refused("model", "'model' is missing: the name of a policy, a target or a model");
  const span = models[0]?.value ?? null;
  const sounds = fields.filter(({ name, isFile }) => isFile && api.asked.includes(name));
  const content = [
    ...api.asked.flatMap((name) => {
      const text = texts.get(name);
      return text === undefined ? [] : [{ type: "text", text }];
    }),
    ...sounds.map(() =>
      api.path.startsWith("/audio")
        ? { type: "input_audio", input_audio: { data: "", format: "" } }
        : { type: "image_url", image_url: { url: "" } },
    ),
  ];
  return {
    ok: true,
    request: plainRequest({
      dialect: "plain",
      bytes,
      native: Object.fromEntries(texts),
      modelSpan: null,
      body: {
        model,
        messages: [{ role: "user", content }],
        ...(texts.get("stream") === "true" ? { stream: true } : {}),
      },
      relayed: {
        path: api.path,
        contentType,
        what: api.what,
        withModel: (named) =>
          span === null
            ? splice(bytes, { start: 0, end: 0 }, fieldText(mark, "model", named))
            : splice(bytes, span, named),
      },
    }),
  };
}

function fieldText(mark: string, name: string, value: string): string {
  return `--${mark}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function refused(param: string | null, message: string): ModelRequestRead {
  return { ok: false, problem: invalidRequest(param, message, "invalid_form") };
}

/** The fields of a form; null when it is none, or holds too many. Linear in the bytes. */
function fieldsOf(bytes: Uint8Array, mark: string): readonly FormField[] | null {
  const delimiter = encoder.encode(`\r\n--${mark}`);
  const fields: FormField[] = [];
  let at = startsWith(bytes, 0, delimiter.subarray(2))
    ? delimiter.length - 2
    : after(bytes, delimiter, 0);
  while (at >= 0 && fields.length <= mostFields) {
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) return fields;
    const head = at + 2;
    const body = after(bytes, encoder.encode("\r\n\r\n"), at);
    if (bytes[at] !== 0x0d || body < 0 || body - head > longestHead) return null;
    const end = after(bytes, delimiter, body);
    if (end < 0) return null;
    const field = fieldOf(ascii.decode(bytes.subarray(head, body)));
    if (field === null) return null;
    fields.push({ ...field, value: { start: body, end: end - delimiter.length } });
    at = end;
  }
  return null;
}

function fieldOf(head: string): Pick<FormField, "name" | "isFile"> | null {
  const disposition = /^content-disposition:[^\r\n]*/im.exec(head)?.[0] ?? "";
  const name = /;\s*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition);
  if (name === null) return null;
  return { name: name[1] ?? name[2] ?? "", isFile: /;\s*filename\*?=/i.test(disposition) };
}

function startsWith(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  return pattern.every((byte, index) => bytes[at + index] === byte);
}

/** Index behind the next occurrence of a pattern from `from` on; -1 when there is none. */
function after(bytes: Uint8Array, pattern: Uint8Array, from: number): number {
  const [first = 0] = pattern;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
    if (startsWith(bytes, at, pattern)) return at + pattern.length;
  return -1;
}
