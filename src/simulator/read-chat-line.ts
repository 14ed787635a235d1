import type { Caller } from "../configuration/configuration.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import { checkChatBody } from "../protocol/check-chat-body.ts";
import { type LoggedUsage, type ReadLine, readMoment } from "./logged-request.ts";
import { tokens } from "./read-record.ts";

type Fields = Readonly<Record<string, unknown>>;

const mostMessages = 1_000_000;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a JSON object is meant as a chat request, bare or in an envelope with what was known beside it. */
export function isChatLine(json: object): boolean {
  return "messages" in json || "body" in json;
}

/**
 * Reads one chat request: a body of `POST /v1/chat/completions`, or an envelope
 * `{time?, id?, headers?, caller?: {name, user, team, …}, body, usage?}` with what the gateway would have known.
 */
export function readChatLine(json: object, line: number): ReadLine {
  const envelope: Fields = "body" in json ? (json as Fields) : { body: json };
  const body = envelope["body"];
  const problem = checkChatBody(body, mostMessages);
  if (problem !== null) return { ok: false, reason: problem.message };
  const headers = headersOf(envelope["headers"]);
  const caller = callerOf(envelope["caller"]);
  if (headers === null) return { ok: false, reason: "`headers` is not an object of texts" };
  if (caller === "wrong") return { ok: false, reason: "`caller` is not an object of plain values" };
  const { id, time } = envelope;
  const atMs = time === undefined ? null : readMoment(time);
  if (time !== undefined && atMs === null) return { ok: false, reason: "`time` is no moment" };
  return {
    ok: true,
    request: {
      line,
      id: typeof id === "string" ? id : `line ${line}`,
      atMs,
      facts: null,
      chat: { body: body as ChatBody, headers, caller },
      seed: null,
      usage: usageOf(envelope["usage"]),
      latency: null,
    },
  };
}

function headersOf(given: unknown): Readonly<Record<string, string>> | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) return null;
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== "string") return null;
    headers.push([name.toLowerCase(), value]);
  }
  return Object.fromEntries(headers);
}

function callerOf(given: unknown): Caller | null | undefined | "wrong" {
  if (given === undefined || given === null) return given;
  if (!isObject(given)) return "wrong";
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

function usageOf(given: unknown): LoggedUsage | null {
  if (!isObject(given)) return null;
  const input = tokens(given["prompt_tokens"]);
  const output = tokens(given["completion_tokens"]);
  return input === null && output === null ? null : { input, output, served: null };
}
