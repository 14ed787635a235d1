import { mostPicodollars, type Picodollars, picodollarsPerDollar } from "../base/money.ts";
import { builtInFactTable } from "../facts/built-in.ts";
import type { FactTable } from "../facts/fact.ts";
import type { Cause } from "../protocol/cause.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { usageOfCounts } from "../protocol/usage.ts";
import { idOfPlace, type LinePlace } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import {
  type LoggedAttempt,
  type LoggedChat,
  type LoggedOutcome,
  type LoggedRequest,
  type LoggedUsage,
  readSpan,
} from "./logged-request.ts";
import { type BodyDialect, dialectOfEndpoint, readBody } from "./request-body.ts";
import { wordsOfResponse } from "./response-words.ts";
import { countOf, type Row } from "./row.ts";

/** What a log of another gateway is read by. */
export interface RowContext {
  readonly facts: FactTable;
  /** The configuration's name for what served a request, by the log's names for model and provider; null where none is that. */
  readonly targetOf: (model: string, provider: string | null) => string | null;
}

/** What the row of a log tells; null and what is left out is what it does not tell. */
export interface RowParts {
  readonly format: LogFormat;
  readonly place: LinePlace;
  readonly id: string | null;
  readonly atMs: number | null;
  /** Where the log counts from a zero of its own. */
  readonly offsetMs?: number | null;
  readonly endpoint?: Endpoint | null;
  /** What the client wrote as the model. */
  readonly model?: string | null;
  /** The request as the client sent it, as far as the log holds it. */
  readonly body?: unknown;
  /** Facts by name; null is one that is known to be unknown. */
  readonly known?: Readonly<Record<string, unknown>>;
  /** What a client says of its request for books; a key that is a declared fact's name is that fact. */
  readonly metadata?: Row | null;
  readonly stream?: boolean | null;
  readonly input?: number | null;
  readonly output?: number | null;
  readonly cachedRead?: number | null;
  readonly cachedWrite?: number | null;
  readonly reasoning?: number | null;
  readonly served?: { readonly model: string; readonly provider: string | null } | null;
  readonly totalMs?: number | null;
  readonly firstTokenMs?: number | null;
  readonly ok?: boolean | null;
  readonly status?: number | null;
  readonly cause?: Cause | null;
  readonly cacheHit?: boolean | null;
  readonly dollars?: number | null;
  readonly tags?: readonly string[];
  /** The answer as the log holds it: a body of an API, or a text. */
  readonly response?: unknown;
}

/** Makes a request of what a row tells. A body that cannot be read leaves the facts that stand beside it. */
export function requestOfRow(told: RowParts, context: RowContext): LoggedRequest {
  const [totalMs, firstTokenMs] = [readSpan(told.totalMs), readSpan(told.firstTokenMs)];
  const isOk = okIn(told);
  const timed = { ...told, totalMs, firstTokenMs };
  const parts = isOk === false ? failedParts(timed) : timed;
  const { place, format, atMs, response } = parts;
  const target = targetIn(parts, context);
  const size = sizeIn(parts);
  const known = knownFacts(parts, context);
  const chat = chatIn(parts, known);
  const isMeasured =
    target !== null && isOk === true && parts.cacheHit !== true && totalMs !== null;
  return {
    line: place.line,
    file: place.file,
    format,
    id: parts.id ?? idOfPlace(place),
    atMs,
    offsetMs: atMs === null ? (parts.offsetMs ?? null) : null,
    facts: chat === null ? factsAlone(parts, known) : null,
    chat,
    seed: null,
    usage: usageIn(parts, size, target),
    latency: isMeasured ? { target, totalMs, firstTokenMs } : null,
    outcome: () => outcomeIn(parts, size, { target, ok: isOk }),
    ...(response === undefined || response === null
      ? {}
      : { answer: (most?: number) => wordsOfResponse(response, most) }),
  };
}

function targetIn({ served }: RowParts, { targetOf }: RowContext): string | null {
  if (served === undefined || served === null) return null;
  return targetOf(served.model, served.provider) ?? served.model;
}

/** Whether it was answered: what the log says, else its status, else that tokens came back. */
function okIn({ ok, status, cause, output }: RowParts): boolean | null {
  if (typeof ok === "boolean") return ok;
  if (typeof status === "number") return status >= 200 && status < 300;
  if (cause !== undefined && cause !== null) return false;
  return typeof output === "number" && output > 0 ? true : null;
}

/**
 * What a row tells of a request that failed. Gateways write zeros for counts that they never had: without a token of the answer its length is
 * unknown, and a prompt of none was not counted. A status of a failure goes before any token, whatever first token is told.
 */
function failedParts(parts: RowParts): RowParts {
  const { input = null, output = null, status = null, firstTokenMs = null, known } = parts;
  if (output !== null && output > 0) return parts;
  return {
    ...parts,
    ...{ input: input === 0 ? null : input, output: null },
    ...(known?.["tokens"] === 0 ? { known: { ...known, tokens: undefined } } : {}),
    firstTokenMs: status !== null && status >= 400 ? null : firstTokenMs,
  };
}

/** Facts that the row itself tells, with those that its metadata names. */
function knownFacts(
  { known = {}, metadata }: RowParts,
  { facts }: RowContext,
): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (typeof value === "object") continue;
    all[`metadata.${key}`] = value;
    if (facts.has(key) && !builtInFactTable().has(key)) all[key] = value;
  }
  for (const [name, value] of Object.entries(known)) if (value !== undefined) all[name] = value;
  return all;
}

function chatIn(
  { body, endpoint, metadata }: RowParts,
  known: Record<string, unknown>,
): LoggedChat | null {
  if (body === undefined || body === null) return null;
  const dialect: BodyDialect | null = endpoint == null ? null : dialectOfEndpoint(endpoint);
  if (endpoint != null && dialect === null) return null;
  const read = readBody(body, dialect);
  if (!read.ok) return null;
  const lacksMetadata = read.body["metadata"] == null && metadata != null;
  return {
    body: lacksMetadata ? { ...read.body, metadata: { ...metadata } } : read.body,
    endpoint: read.endpoint,
    headers: undefined,
    caller: undefined,
    known,
  };
}

function factsAlone(parts: RowParts, known: Record<string, unknown>): Record<string, unknown> {
  const { atMs, model, endpoint, stream, input } = parts;
  const facts: Record<string, unknown> = { ...known };
  if (typeof model === "string") facts["model"] ??= model;
  if (typeof endpoint === "string") facts["endpoint"] ??= endpoint;
  if (typeof stream === "boolean") facts["stream"] ??= stream;
  if (typeof input === "number") facts["tokens"] ??= input;
  if (atMs !== null) facts["time"] ??= new Date(atMs).toISOString();
  return facts;
}

/** Tokens of the prompt: as what served it counted them, else as the row tells the fact. */
function sizeIn({ input = null, known }: RowParts): number | null {
  return input ?? countOf(known?.["tokens"]);
}

/** The size of a prompt that nobody measured at what served it holds at any target alike. */
function usageIn(parts: RowParts, size: number | null, target: string | null): LoggedUsage | null {
  const { input = null, output = null, totalMs = null, cacheHit } = parts;
  if (size === null && output === null) return null;
  if (target === null || input === null || output === null || cacheHit === true) {
    return { input: size, output, served: null };
  }
  const { cachedRead, cachedWrite, reasoning } = parts;
  const usage = usageOfCounts({ input, output, cachedRead, cachedWrite, reasoning });
  return { input, output, served: { target, usage, durationMs: totalMs } };
}

function outcomeIn(
  parts: RowParts,
  size: number | null,
  { target, ok }: { readonly target: string | null; readonly ok: boolean | null },
): LoggedOutcome {
  const {
    status = null,
    cacheHit = null,
    totalMs = null,
    firstTokenMs = null,
    output = null,
  } = parts;
  const cause = ok === false ? (parts.cause ?? causeOfStatus(status)) : null;
  const attempt: LoggedAttempt | null =
    target === null || ok === null || cacheHit === true
      ? null
      : {
          target,
          outcome: ok ? "ok" : (cause ?? "server_error"),
          ...{ status, startMs: 0, firstTokenMs, endMs: totalMs, outputTokens: output },
          // What was refused is billed to nobody.
          inputTokens: ok || output !== null ? size : null,
          ...{ code: null, retryAfterMs: null },
        };
  return {
    ...{ ok, status, cause, cacheHit, cacheKey: null, durationMs: totalMs },
    ...{ cacheSimilarity: null, cacheControl: null },
    cost: costOf(parts.dollars),
    attempts: attempt === null ? [] : [attempt],
    streamed: parts.stream ?? (firstTokenMs === null ? null : true),
    isBatch: false,
    isDeferred: false,
    mayBeDeferred: false,
    unanswered: null,
    tags: parts.tags ?? [],
  };
}

function costOf(dollars: number | null | undefined): Picodollars | null {
  if (dollars === null || dollars === undefined || dollars < 0) return null;
  return Math.min(Math.round(dollars * picodollarsPerDollar), mostPicodollars);
}

/** What a bare HTTP status says of a failure; null for one that says nothing. */
export function causeOfStatus(status: number | null): Cause | null {
  if (status === null || status < 400) return null;
  if (status === 429) return "rate_limited";
  if (status === 401 || status === 403) return "auth";
  if (status === 408 || status === 504) return "timeout";
  if (status === 503 || status === 529) return "overloaded";
  return status < 500 ? "bad_request" : "server_error";
}
