import type { Caller } from "../configuration/configuration.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { idOfPlace, type LinePlace } from "./log-file.ts";
import { type LoggedUsage, type ReadLine, readMoment, tellsNothing } from "./logged-request.ts";
import { tokens } from "./read-record.ts";
import { type BodyDialect, dialectOfEndpoint, endpointOfPath, readBody } from "./request-body.ts";
import { wordsOfResponse } from "./response-words.ts";
import { fieldsOf, isRow, type Row } from "./row.ts";

/** Whether a JSON object is meant as a request body, bare or in an envelope with what was known beside it. */
export function isChatLine(json: object): boolean {
  return "messages" in json || "body" in json || ("input" in json && "model" in json);
}

/**
 * Reads one request body, of chat completions, Messages or Responses, or an envelope
 * `{time?, id?, headers?, caller?: {name, user, team, …}, url?, body, response?, usage?}` with what the gateway would have known. Lines of
 * OpenAI's batches (`custom_id`, `url`, `body`) are envelopes too. Null tells the API by `url`, `endpoint` or `path`, else by the body.
 */
export function readChatLine(json: Row, place: LinePlace, dialect: BodyDialect | null): ReadLine {
  const envelope: Row = "body" in json ? json : { body: json };
  const endpoint = endpointIn(envelope);
  if (endpoint !== null && dialectOfEndpoint(endpoint) === null) {
    return { ok: false, reason: `a request of the API \`${endpoint}\`, whose bodies are not read` };
  }
  // What an envelope says of itself goes before what was said of the log.
  const told = endpoint === null ? dialect : dialectOfEndpoint(endpoint);
  const read = readBody(envelope["body"], told);
  if (!read.ok) return read;
  const headers = headersOf(envelope["headers"]);
  const caller = callerOf(envelope["caller"]);
  if (headers === null) return { ok: false, reason: "`headers` is not an object of texts" };
  if (caller === "wrong") return { ok: false, reason: "`caller` is not an object of plain values" };
  const { time, response } = envelope;
  const atMs = time === undefined ? null : readMoment(time);
  if (time !== undefined && atMs === null) return { ok: false, reason: "`time` is no moment" };
  const id = envelope["id"] ?? envelope["custom_id"];
  return {
    ok: true,
    request: {
      ...{ line: place.line, file: place.file, format: read.endpoint },
      id: typeof id === "string" ? id : idOfPlace(place),
      atMs,
      offsetMs: null,
      facts: null,
      chat: { body: read.body, endpoint: read.endpoint, headers, caller, known: null },
      seed: null,
      usage: usageIn(envelope),
      latency: null,
      outcome: tellsNothing,
      ...(response === undefined
        ? {}
        : { answer: (most?: number) => wordsOfResponse(response, most) }),
    },
  };
}

function endpointIn(envelope: Row): Endpoint | null {
  return endpointOfPath(envelope["url"] ?? envelope["endpoint"] ?? envelope["path"]);
}

function headersOf(given: unknown): Readonly<Record<string, string>> | null | undefined {
  if (given === undefined) return undefined;
  if (!isRow(given)) return null;
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== "string") return null;
    headers.push([name.toLowerCase(), value]);
  }
  return Object.fromEntries(headers);
}

function callerOf(given: unknown): Caller | null | undefined | "wrong" {
  if (given === undefined || given === null) return given;
  if (!isRow(given)) return "wrong";
  const attributes: [string, string | number | boolean][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (!["string", "number", "boolean"].includes(typeof value)) return "wrong";
    attributes.push([name, value as string | number | boolean]);
  }
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    name: text(given["name"]) ?? "log",
    user: text(given["user"]),
    team: text(given["team"]),
    attributes: Object.fromEntries(attributes),
  };
}

/** The usage beside a body, else that of its response: a body of an API, or as lines of batches have one. */
function usageIn({ usage, response }: Row): LoggedUsage | null {
  const told = usageOf(usage);
  if (told !== null || response === undefined) return told;
  const answer = fieldsOf(response);
  return usageOf(answer?.["usage"]) ?? usageOf(fieldsOf(answer?.["body"])?.["usage"]);
}

/** Tokens as each API counts them: Messages count what was cached beside the rest of the input. */
function usageOf(given: unknown): LoggedUsage | null {
  if (!isRow(given)) return null;
  const cached = ["cache_read_input_tokens", "cache_creation_input_tokens"].map(
    (name) => tokens(given[name]) ?? 0,
  );
  const ofMessages = tokens(given["input_tokens"]);
  const input =
    tokens(given["prompt_tokens"]) ??
    (ofMessages === null ? null : ofMessages + cached.reduce((sum, each) => sum + each, 0));
  const output = tokens(given["completion_tokens"] ?? given["output_tokens"]);
  return input === null && output === null ? null : { input, output, served: null };
}
