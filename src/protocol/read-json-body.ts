import { type ApiProblem, invalidRequest } from "./api-error.ts";
import { withoutMark } from "./byte-order-mark.ts";
import type { ByteSpan } from "./chat-request.ts";
import type { ReadLimits } from "./read-chat-request.ts";
import { scanJson } from "./scan-json.ts";

export type JsonBodyRead =
  | {
      readonly ok: true;
      /** As they came, but for a byte order mark. */
      readonly bytes: Uint8Array;
      readonly value: unknown;
      /** The value of the top-level `model`; null when a top-level key is repeated, since then the parsed body alone counts. */
      readonly modelSpan: ByteSpan | null;
    }
  | { readonly ok: false; readonly problem: ApiProblem };

/** Array items beyond this are an attack on the parser, not a conversation; far above any real request. */
const maxCommas = 500_000;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses a client's body within the bounds of `limits` (`maxMessages` is the caller's). Never throws. */
export function readJsonBody(received: Uint8Array, limits: ReadLimits): JsonBodyRead {
  const bytes = withoutMark(received);
  const scan = scanJson(bytes, { ...limits, maxCommas });
  if (scan.depth > limits.maxDepth) return tooMuch(`nested deeper than ${limits.maxDepth} levels`);
  if (scan.keys > limits.maxKeys) return tooMuch(`of more than ${limits.maxKeys} keys`);
  if (scan.commas > maxCommas) return tooMuch(`of more than ${maxCommas} items`);
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    return notJson(error);
  }
  const keys = typeof value === "object" && value !== null ? Object.keys(value).length : 0;
  const repeated = scan.topLevelKeys !== keys;
  return { ok: true, bytes, value, modelSpan: repeated ? null : scan.modelSpan };
}

function tooMuch(what: string): JsonBodyRead {
  const message = `the request body is JSON ${what}`;
  return { ok: false, problem: invalidRequest(null, message, "invalid_json_limits") };
}

function notJson(error: unknown): JsonBodyRead {
  const message =
    error instanceof SyntaxError
      ? `the request body is not JSON: ${error.message.slice(0, 200)}`
      : "the request body is not valid UTF-8";
  return { ok: false, problem: invalidRequest(null, message, "invalid_json") };
}
