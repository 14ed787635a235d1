import { invalidRequest } from "../../protocol/api-error.ts";
import { beyond, type ContentPart } from "../../protocol/chat-request.ts";
import type { ModelRequestRead } from "../../protocol/model-request.ts";
import { splice } from "../splice.ts";
import { type FormField, readFields } from "./form-fields.ts";
import { plainRequest } from "./plain-request.ts";
import type { PlainApi } from "./read-plain.ts";
import { plainSettings } from "./settings.ts";

const utf8 = new TextDecoder("utf-8");

/**
 * Reads a request that comes as a form, such as sound to be written down. Only the value of `model` is changed on its way; where the
 * form has none, a field is put before the others.
 */
export function readForm(api: PlainApi, bytes: Uint8Array, contentType: string): ModelRequestRead {
  const read = readFields(bytes, contentType);
  if (!read.ok) return refused(null, read.message);
  const { fields, mark } = read;
  const repeated = repeatedName(fields);
  if (repeated !== null)
    return refused(repeated, `'${repeated}' stands more than once in the form`);
  const texts = new Map<string, string>();
  for (const { name, isFile, value } of fields)
    if (!isFile) texts.set(name, utf8.decode(bytes.subarray(value.start, value.end)));
  const span = fields.find(({ name }) => name === "model")?.value ?? null;
  const model = texts.get("model") ?? "";
  if (span !== null && !texts.has("model")) return refused("model", "'model' must not be a file");
  if (model === "" && api.needsModel)
    return refused("model", "'model' is missing: the name of a policy, a target or a model");
  return {
    ok: true,
    request: plainRequest({
      dialect: "plain",
      bytes,
      native: Object.fromEntries(texts),
      modelSpan: null,
      body: {
        model,
        messages: [{ role: "user", content: contentOf(api, bytes, fields) }],
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

/** A name that stands for two values of which readers would take one or the other; null for none. Lists and files may have several. */
function repeatedName(fields: readonly FormField[]): string | null {
  const seen = new Map<string, boolean>();
  for (const { name, isFile } of fields) {
    const before = seen.get(name);
    const isList = name.endsWith("[]") || (isFile && before === true);
    if (before !== undefined && !isList) return name;
    seen.set(name, isFile);
  }
  return null;
}

/** What facts are read from: what is asked first, then all else but settings. */
function contentOf(
  { asked, path }: PlainApi,
  bytes: Uint8Array,
  fields: readonly FormField[],
): readonly ContentPart[] {
  const rank = ({ name }: FormField): number => (asked.includes(name) ? 0 : 1);
  return [...fields]
    .sort((one, other) => rank(one) - rank(other))
    .flatMap((field): readonly ContentPart[] => {
      const { name, value } = field;
      const shown = isMedia(field) ? [mediaPart(path, value.end - value.start)] : [];
      if (plainSettings.has(name) || isBinary(field)) return shown;
      return [
        ...shown,
        { type: "text", text: utf8.decode(bytes.subarray(value.start, value.end)) },
      ];
    });
}

/** Fields that hold pictures or sound, whatever their type is said to be. */
const mediaFields = /^(?:file|image|mask)(?:\[\d*\])?$/;
const binaryTypes = /^(?:|(?:image|audio|video)\/.*|application\/(?:octet-stream|ogg|mp4))$/;

function isMedia({ name, isFile, mediaType }: FormField): boolean {
  return mediaFields.test(name) || (isFile && /^(?:image|audio|video)\//.test(mediaType));
}

/** Whether a field's bytes are no text: it can hold pictures or sound, and its type does not say otherwise. */
function isBinary({ name, isFile, mediaType }: FormField): boolean {
  return isFile && mediaFields.test(name) && binaryTypes.test(mediaType);
}

function mediaPart(path: string, size: number): ContentPart {
  return path.startsWith("/audio")
    ? { type: "input_audio", input_audio: { data: "", format: "" }, [beyond]: { size } }
    : { type: "image_url", image_url: { url: "" } };
}

function fieldText(mark: string, name: string, value: string): string {
  return `--${mark}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function refused(param: string | null, message: string): ModelRequestRead {
  return { ok: false, problem: invalidRequest(param, message, "invalid_form") };
}
