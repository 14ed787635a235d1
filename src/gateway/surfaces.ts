import type { IncomingHttpHeaders } from "node:http";
import type { ServerSettings } from "../configuration/configuration.ts";
import type { RequestContext } from "../extract/context.ts";
import { openAiErrorBody } from "../protocol/api-error.ts";
import type { AnswerWriter, ModelRequestRead } from "../protocol/model-request.ts";
import { readChat } from "../surface/chat/read-chat.ts";
import { chatWriter } from "../surface/chat/write-chat.ts";
import { readCompletions } from "../surface/completions/read-completions.ts";
import { completionsWriter } from "../surface/completions/write-completions.ts";
import { readGenerateRequest } from "../surface/generate/read-generate-request.ts";
import { generateListWriter, generateWriter } from "../surface/generate/write-generate.ts";
import { readMessagesRequest } from "../surface/messages/read-messages-request.ts";
import { messagesWriter } from "../surface/messages/write-messages.ts";
import { plainWriter } from "../surface/plain/plain-request.ts";
import { readForm } from "../surface/plain/read-form.ts";
import { type PlainApi, readPlain } from "../surface/plain/read-plain.ts";
import { readResponsesRequest } from "../surface/responses/read-responses-request.ts";
import { responsesWriter } from "../surface/responses/write-responses.ts";

/** One API that clients speak: how its requests are read, and how answers and errors are written. */
export interface Surface {
  /** What policies know it by. */
  readonly endpoint: RequestContext["endpoint"];
  readonly writer: AnswerWriter;
  /** Whether its requests can be lines of a batch: they want the answer of a model, and both can be JSON on a line of text. */
  readonly batches: boolean;
  /** The headers that `read` looks at, beside the type of the content. */
  readonly reads?: readonly string[];
  /** Reads a body under the server's bounds; never throws. */
  read(bytes: Uint8Array, limits: ServerSettings, headers: IncomingHttpHeaders): ModelRequestRead;
}

type ProblemWriter = AnswerWriter["problem"];

/** An API that is relayed to providers that have it, its requests JSON or forms. */
function plain(endpoint: Surface["endpoint"], api: PlainApi, batches = true): Surface {
  return {
    endpoint,
    writer: plainWriter,
    batches,
    read(bytes, limits, { "content-type": contentType = "" }) {
      if (!/^multipart\//i.test(contentType)) return readPlain(api, bytes, limits);
      return api.takesForms === true
        ? readForm(api, bytes, contentType)
        : noForms(api, contentType);
    },
  };
}

function noForms({ path }: PlainApi, contentType: string): ModelRequestRead {
  const type = contentType.split(";")[0]?.trim().toLowerCase();
  return {
    ok: false,
    problem: {
      status: 415,
      type: "invalid_request_error",
      code: "unsupported_media_type",
      param: "content-type",
      message: `/v1${path} takes application/json, not ${type}`,
    },
  };
}

function messages(counting: boolean): Surface {
  const read: Surface["read"] = (bytes, limits, { "anthropic-beta": said = "" }) =>
    readMessagesRequest(bytes, limits, { counting, betas: String(said) });
  return {
    endpoint: "messages",
    writer: messagesWriter,
    batches: !counting,
    reads: ["anthropic-beta"],
    read,
  };
}

const embeddings: PlainApi = {
  path: "/embeddings",
  what: "a request for embeddings",
  dialect: "embeddings",
  needsModel: true,
  asked: ["input"],
  needs: ["input"],
};
const image = (path: string, takesForms: boolean): PlainApi => ({
  path,
  what: "a request for an image",
  dialect: "plain",
  needsModel: false,
  asked: ["prompt", "image", "image[]"],
  takesForms,
  needs: [],
});
const speech: PlainApi = {
  path: "/audio/speech",
  what: "a request for speech",
  dialect: "plain",
  needsModel: true,
  asked: ["input", "instructions"],
  needs: ["input"],
};
const hearing = (path: string): PlainApi => ({
  path,
  what: "sound to be written down",
  dialect: "plain",
  needsModel: true,
  asked: ["prompt", "file"],
  takesForms: true,
  needs: [],
});
const moderations: PlainApi = {
  path: "/moderations",
  what: "a request for moderation",
  dialect: "plain",
  needsModel: false,
  asked: ["input"],
  needs: ["input"],
};
const rerank: PlainApi = {
  path: "/rerank",
  what: "a request for reranking",
  dialect: "plain",
  needsModel: true,
  asked: ["query", "documents"],
  needs: ["query", "documents"],
};

const surfaces: ReadonlyMap<string, Surface> = new Map([
  ["/v1/chat/completions", { endpoint: "chat", writer: chatWriter, batches: true, read: readChat }],
  [
    "/v1/completions",
    { endpoint: "completions", writer: completionsWriter, batches: true, read: readCompletions },
  ],
  [
    "/v1/responses",
    { endpoint: "responses", writer: responsesWriter, batches: true, read: readResponsesRequest },
  ],
  ["/v1/messages", messages(false)],
  ["/v1/messages/count_tokens", messages(true)],
  ["/v1/embeddings", plain("embeddings", embeddings)],
  ["/v1/images/generations", plain("images", image("/images/generations", false))],
  ["/v1/images/edits", plain("images", image("/images/edits", true))],
  // No line holds a file, which these want, or sound, which is what speech is answered with.
  ["/v1/images/variations", plain("images", image("/images/variations", true), false)],
  ["/v1/audio/speech", plain("audio", speech, false)],
  ["/v1/audio/transcriptions", plain("audio", hearing("/audio/transcriptions"), false)],
  ["/v1/audio/translations", plain("audio", hearing("/audio/translations"), false)],
  ["/v1/moderations", plain("moderations", moderations)],
  ["/v1/rerank", plain("rerank", rerank)],
]);

/** Gemini's own API names model and method in the path; a model's name may hold slashes and colons. */
const generatePath =
  /^\/v1(?:alpha|beta)?\/models\/(.+):(generateContent|streamGenerateContent|countTokens)$/;

function generateAt(path: string, query: string): Surface | null {
  const [, name = "", method = ""] = generatePath.exec(path) ?? [];
  if (name === "") return null;
  const stream = method === "streamGenerateContent";
  const address = {
    model: decoded(name).replace(/^models\//, ""),
    stream,
    counting: method === "countTokens",
    listed: stream && new URLSearchParams(query).get("alt") !== "sse",
  };
  return {
    endpoint: "generate",
    writer: address.listed ? generateListWriter : generateWriter,
    batches: !address.counting,
    read: (bytes, limits) => readGenerateRequest(bytes, limits, address),
  };
}

/** The API that a path belongs to; null for none. `query` is what stands behind the question mark. */
export function surfaceAt(path: string, query: string): Surface | null {
  return surfaces.get(path) ?? generateAt(path, query);
}

/** The API whose requests the lines of a batch for an endpoint are; null where it can have none. */
export function lineSurfaceAt(endpoint: string): Surface | null {
  const surface = surfaceAt(endpoint, "");
  return surface?.batches === true ? surface : null;
}

/** Longer headers than this are not kept with a batch. */
const mostKept = 4096;

/**
 * What is kept of a request's headers so that its body, or lines that it orders, can be read later as they would be now. Not
 * the content's type: what is kept of a body is JSON.
 */
export function headersRead(
  { reads = [] }: Surface,
  headers: IncomingHttpHeaders,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of reads) {
    const value = headers[name];
    if (typeof value === "string" && value.length <= mostKept) kept[name] = value;
  }
  return kept;
}

/** What a part of a path says; as it stands where it is badly encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** How errors are told on a page of the gateway that is no API's own, such as a list of models. */
export function problemWriterAt(path: string, headers: IncomingHttpHeaders): ProblemWriter {
  switch (dialectAt(path, headers)) {
    case "generate":
      return generateWriter.problem;
    case "messages":
      return messagesWriter.problem;
    case "chat":
      return openAiErrorBody;
  }
}

/** What the clients of a page speak. `/v1/models` is one path for all three, which their headers tell apart. */
export function dialectAt(
  path: string,
  headers: IncomingHttpHeaders,
): "chat" | "messages" | "generate" {
  if (/^\/v1(?:alpha|beta)\//.test(path)) return "generate";
  if (!/^\/v1\/models(?:\/|$)/.test(path)) return "chat";
  if (headers["anthropic-version"] !== undefined) return "messages";
  const google = headers["x-goog-api-key"] ?? headers["x-goog-api-client"];
  return google === undefined ? "chat" : "generate";
}
