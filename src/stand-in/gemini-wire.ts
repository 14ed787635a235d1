import { encodeSse } from "../protocol/sse.ts";
import { type Asked, proofOf, roughTokens, type Said, saidTokens, textSaid } from "./answer.ts";
import { geminiProblem, isThirdGeneration } from "./gemini-rules.ts";
import type { StandInFailure } from "./speed.ts";
import {
  type Address,
  asJson,
  asList,
  type Frames,
  inStream,
  type Json,
  textOf,
  type Wire,
  type WireError,
} from "./wire.ts";

const errors: Readonly<
  Record<StandInFailure, readonly [status: number, word: string, message: string]>
> = {
  rate_limited: [
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details. Please retry in 1s.",
  ],
  overloaded: [503, "UNAVAILABLE", "The model is overloaded. Please try again later."],
  overloaded_in_stream: [503, "UNAVAILABLE", "The model is overloaded. Please try again later."],
  billing: [
    402,
    "FAILED_PRECONDITION",
    "The billing account of this project is exhausted. Please add credits.",
  ],
  server_error: [500, "INTERNAL", "An internal error has occurred. Please retry."],
  timeout: [504, "DEADLINE_EXCEEDED", "The request timed out. Please try again."],
  cut_stream: [500, "INTERNAL", "The stream was cut."],
  network: [500, "INTERNAL", "The connection was cut."],
  context_exceeded: [
    400,
    "INVALID_ARGUMENT",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  ],
  content_filtered: [200, "", ""],
  auth: [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."],
  bad_request: [400, "INVALID_ARGUMENT", "Request contains an invalid argument."],
};

const google = "type.googleapis.com/google.rpc";
const details: Readonly<Partial<Record<StandInFailure, readonly Json[]>>> = {
  rate_limited: [
    {
      "@type": `${google}.QuotaFailure`,
      violations: [
        {
          quotaMetric: "generativelanguage.googleapis.com/generate_content_requests",
          quotaId: "GenerateRequestsPerMinutePerProjectPerModel",
        },
      ],
    },
    { "@type": `${google}.RetryInfo`, retryDelay: "1s" },
  ],
  auth: [{ "@type": `${google}.ErrorInfo`, reason: "API_KEY_INVALID", domain: "googleapis.com" }],
};

/** Gemini's `generateContent`, as the provider speaks it; it refuses what the provider refuses. */
export const geminiWire: Wire = {
  read,
  whole: (asked, said, id) =>
    JSON.stringify({
      candidates: [
        {
          content: {
            role: "model",
            parts: [...thoughtParts(asked, said), ...partsOf(asked, said, id)],
          },
          finishReason: reasonOf(said),
          index: 0,
        },
      ],
      usageMetadata: usageOf(asked, saidTokens(said), said),
      ...identity(asked, id),
    }),
  frames,
  error(failure, streamed = false) {
    if (failure === "content_filtered") return blocked(streamed);
    const [status, word, message] = errors[failure];
    const error = errorOf(status, word, message, details[failure]);
    return failure === "overloaded_in_stream" && streamed
      ? inStream(encodeSse(JSON.stringify(JSON.parse(error.body))).replaceAll("\n", "\r\n"))
      : error;
  },
  limits: {},
  models: (names) =>
    JSON.stringify({
      models: names.map((name) => ({
        name: `models/${name}`,
        version: "001",
        displayName: name,
        inputTokenLimit: 1_048_576,
        outputTokenLimit: 65_536,
        supportedGenerationMethods: ["generateContent", "countTokens"],
      })),
    }),
};

function errorOf(
  status: number,
  word: string,
  message: string,
  further?: readonly Json[],
): WireError {
  const error = { code: status, message, status: word, ...(further ? { details: further } : {}) };
  return { status, headers: {}, body: JSON.stringify({ error }, null, 2) };
}

/** A blocked prompt is no error on this wire: an answer without candidates. */
function blocked(streamed: boolean): WireError {
  const body = {
    promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
    usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 },
    modelVersion: "stand-in",
  };
  return streamed
    ? inStream(chunk(body))
    : { status: 200, headers: {}, body: JSON.stringify(body) };
}

function read(body: Json, { path, query }: Address): Asked | WireError {
  const [, model = "", verb = ""] = /\/models\/([^/]+):(\w+)$/.exec(path) ?? [];
  const stream = verb === "streamGenerateContent";
  if (stream && !/(?:^|&)alt=sse(?:&|$)/.test(query))
    return errorOf(400, "INVALID_ARGUMENT", "The stand-in streams events only: ask with alt=sse.");
  const name = decodeURIComponent(model);
  const problem = geminiProblem(body, name);
  if (problem !== null) return errorOf(400, "INVALID_ARGUMENT", problem);
  const contents = asList(body["contents"]).map(asJson);
  const config = asJson(body["generationConfig"]);
  const texts = contents
    .filter((content) => content["role"] !== "model")
    .map((content) => textOf(content["parts"]));
  const limit = config["maxOutputTokens"];
  return {
    model: name,
    prompt: texts.findLast((text) => text !== "") ?? "",
    promptTokens: roughTokens(JSON.stringify([body["systemInstruction"] ?? "", contents])),
    tools: toolsOf(body),
    toolChoice: choiceOf(asJson(asJson(body["toolConfig"])["functionCallingConfig"])),
    afterTools: asList(contents.at(-1)?.["parts"]).some(
      (part) => asJson(part)["functionResponse"] !== undefined,
    ),
    json: jsonOf(config),
    maxTokens: typeof limit === "number" ? limit : null,
    stream,
    showsUsage: true,
    ...thinkingOf(asJson(config["thinkingConfig"])),
    images: asList(contents.at(-1)?.["parts"]).flatMap(imageOf),
    beginning: JSON.stringify([body["systemInstruction"] ?? "", contents]),
  };
}

function thinkingOf(config: Json): Pick<Asked, "thinks" | "showsThoughts"> {
  const showsThoughts = config["includeThoughts"] === true;
  const { thinkingBudget: budget, thinkingLevel: level } = config;
  const asked = level !== undefined || (budget !== undefined && budget !== 0);
  return { thinks: asked || showsThoughts, showsThoughts };
}

function imageOf(part: unknown): readonly string[] {
  const { inlineData, fileData } = asJson(part);
  const { mimeType } = asJson(inlineData ?? fileData);
  if (inlineData === undefined && fileData === undefined) return [];
  return [String(mimeType ?? "address")];
}

function toolsOf(body: Json): Asked["tools"] {
  return asList(body["tools"])
    .flatMap((tool) => asList(asJson(tool)["functionDeclarations"]))
    .map(asJson)
    .map((declared) => ({
      name: String(declared["name"]),
      description: String(declared["description"] ?? ""),
      parameters:
        declared["parametersJsonSchema"] ??
        plainSchema(declared["parameters"] ?? { type: "OBJECT" }),
    }));
}

/** A schema in this wire's own words, whose types are in capitals, as JSON Schema has them. */
function plainSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plainSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === "type" && typeof value === "string" ? value.toLowerCase() : plainSchema(value),
    ]),
  );
}

function choiceOf(config: Json): Asked["toolChoice"] {
  const [name] = asList(config["allowedFunctionNames"]);
  if (config["mode"] === "NONE") return { kind: "none" };
  if (config["mode"] !== "ANY") return { kind: "auto" };
  return typeof name === "string" ? { kind: "named", name } : { kind: "required" };
}

function jsonOf(config: Json): Asked["json"] {
  if (config["responseMimeType"] !== "application/json") return { kind: "none" };
  const schema = config["responseJsonSchema"] ?? plainSchema(config["responseSchema"]);
  return schema === undefined ? { kind: "object" } : { kind: "schema", schema };
}

function identity(asked: Asked, id: string): Json {
  return { modelVersion: asked.model, responseId: id };
}

/** Base64 that a client has to send back as it is. */
function signatureOf(asked: Asked, id: string): Json {
  return isThirdGeneration(asked.model) ? { thoughtSignature: proofOf(id) } : {};
}

function thoughtParts({ showsThoughts }: Asked, { thoughts }: Said): readonly Json[] {
  return showsThoughts === true && thoughts.length > 0
    ? [{ text: thoughts.join(""), thought: true }]
    : [];
}

/** Of several calls the first alone is signed. */
function partsOf(asked: Asked, said: Said, id: string): readonly Json[] {
  const signature = signatureOf(asked, id);
  return said.kind === "text"
    ? [{ text: textSaid(said), ...signature }]
    : said.calls.map(({ name, args }, at) => ({
        functionCall: { name, args: JSON.parse(args) },
        ...(at === 0 ? signature : {}),
      }));
}

function reasonOf(said: Said): string {
  return said.kind === "text" && said.cut ? "MAX_TOKENS" : "STOP";
}

function usageOf(asked: Asked, output: number, said: Said): Json {
  const thoughts = said.thoughts.length;
  const cached = asked.cached?.read ?? 0;
  return {
    promptTokenCount: asked.promptTokens,
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
    candidatesTokenCount: output,
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
    totalTokenCount: asked.promptTokens + output + thoughts,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: asked.promptTokens }],
  };
}

/** The provider ends lines of a stream with CRLF. */
function chunk(data: Json): string {
  return encodeSse(JSON.stringify(data)).replaceAll("\n", "\r\n");
}

function frames(asked: Asked, said: Said, id: string): Frames {
  let output = 0;
  const piece = (parts: readonly Json[], further: Json = {}): string =>
    chunk({
      candidates: [{ content: { role: "model", parts }, index: 0, ...further }],
      usageMetadata: usageOf(asked, output, said),
      ...identity(asked, id),
    });
  const thoughts = thoughtParts(asked, said);
  const opening = thoughts.length === 0 ? "" : piece(thoughts);
  const tokens =
    said.kind === "text"
      ? said.words.map((text) => {
          output += 1;
          return piece([{ text }]);
        })
      : [piece(partsOf(asked, said, id))];
  output = saidTokens(said);
  const signature = said.kind === "text" ? signatureOf(asked, id) : {};
  return {
    opening,
    tokens,
    closing: piece([{ text: "", ...signature }], { finishReason: reasonOf(said) }),
  };
}
