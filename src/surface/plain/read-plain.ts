import type { ApiProblem } from "../../protocol/api-error.ts";
import type { ChatBody, ContentPart } from "../../protocol/chat-request.ts";
import type { Fields } from "../../protocol/conversation.ts";
import { missing, wrong } from "../../protocol/field-checks.ts";
import type { ModelRequestRead } from "../../protocol/model-request.ts";
import { type ReadLimits, readJsonBody } from "../../protocol/read-json-body.ts";
import { isFields, textOf } from "../fields.ts";
import { splice } from "../splice.ts";
import { fitEmbeddings } from "./fit-embeddings.ts";
import { plainRequest } from "./plain-request.ts";
import { plainSettings } from "./settings.ts";

/** One API that is relayed as it is. */
export interface PlainApi {
  readonly path: string;
  readonly what: string;
  readonly dialect: "embeddings" | "plain";
  /** Whether a request has to name a model. */
  readonly needsModel: boolean;
  /** Fields that hold what is asked, each text, a list of texts, tokens or parts. */
  readonly asked: readonly string[];
  /** Whether its requests may come as forms. */
  readonly takesForms?: boolean;
  /** The fields of `asked` without which there is nothing to do. */
  readonly needs: readonly string[];
}

/** Reads a JSON request of an API that is relayed as it is. */
export function readPlain(
  api: PlainApi,
  received: Uint8Array,
  limits: ReadLimits,
): ModelRequestRead {
  const read = readJsonBody(received, limits);
  if (!read.ok) return read;
  const { value, bytes, modelSpan } = read;
  const problem = problemOf(api, value);
  if (problem !== null) return { ok: false, problem };
  return {
    ok: true,
    request: plainRequest({
      dialect: api.dialect,
      bytes,
      native: value,
      modelSpan,
      body: bodyOf(api, value),
      relayed: {
        path: api.path,
        contentType: null,
        what: api.what,
        withModel: (model) =>
          modelSpan === null
            ? JSON.stringify({ ...value, model })
            : splice(bytes, modelSpan, JSON.stringify(model)),
        ...(api.dialect === "embeddings"
          ? { fitAnswer: (answer, said) => fitEmbeddings(answer, said, value["encoding_format"]) }
          : {}),
      },
    }),
  };
}

function problemOf({ needsModel, needs }: PlainApi, value: Fields): ApiProblem | null {
  const { model, stream, user } = value;
  if (model === undefined ? needsModel : typeof model !== "string" || (model === "" && needsModel))
    return model === undefined
      ? missing("model", "the name of a policy, a target or a model")
      : wrong("model", "a string");
  for (const name of needs) if (value[name] === undefined) return missing(name, "what is asked");
  if (stream !== undefined && stream !== null && typeof stream !== "boolean")
    return wrong("stream", "true or false");
  return user !== undefined && user !== null && typeof user !== "string"
    ? wrong("user", "a string")
    : null;
}

/** What facts are read from: what is asked first, then all else but settings. */
function bodyOf({ asked }: PlainApi, value: Fields): ChatBody {
  const others = Object.entries(value).filter(
    ([name]) => !asked.includes(name) && !plainSettings.has(name),
  );
  const parts = [
    ...asked.flatMap((name) => partsOf(value[name], name)),
    ...others.flatMap(([name, other]) => (isCount(other) ? [] : partsOf(other, name))),
  ];
  const metadata = value["metadata"];
  return {
    model: textOf(value["model"]) ?? "",
    messages: [{ role: "user", content: parts }],
    ...(value["stream"] === true ? { stream: true } : {}),
    ...(typeof value["user"] === "string" ? { user: value["user"] } : {}),
    ...(isFields(metadata) ? { metadata } : {}),
  };
}

/** More tokens than any API takes at once. */
const mostTokens = 300_000;

/** Fields whose strings are pictures or sound: an address, the id of a file, or bytes as base64. */
const pictures = /^(?:images?|image\[\]|image_urls?|mask)$/;
const sounds = /^(?:audio|audio_url|input_audio)$/;
/** Fields that say where a picture is which the field around them names. */
const places = /^(?:url|file_id|b64_json|data|file_data)$/;

/**
 * What is asked, as facts read it: every string of it, pictures as such. Tokens that the client cut itself are told by as many
 * short words. `name` is that of the field where it stands.
 */
export function partsOf(asked: unknown, name = ""): readonly ContentPart[] {
  if (typeof asked === "string") return [partOfString(asked, name)];
  if (typeof asked === "number") return [{ type: "text", text: " a" }];
  if (Array.isArray(asked)) {
    if (asked.every(isCount))
      return [{ type: "text", text: " a".repeat(Math.min(asked.length, mostTokens)) }];
    return asked.flatMap((item) => partsOf(item, name));
  }
  if (!isFields(asked)) return [];
  return Object.entries(asked).flatMap(([inner, value]) => {
    if (inner === "type" || inner === "detail" || isCount(value)) return [];
    return partsOf(value, places.test(inner) ? name : inner);
  });
}

function partOfString(text: string, name: string): ContentPart {
  if (pictures.test(name) || /^data:image\//i.test(text))
    return { type: "image_url", image_url: { url: text } };
  return sounds.test(name) || /^data:audio\//i.test(text)
    ? { type: "input_audio", input_audio: { data: text, format: "" } }
    : { type: "text", text };
}

function isCount(value: unknown): value is number {
  return typeof value === "number";
}
