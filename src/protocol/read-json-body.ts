import { type ApiProblem, invalidRequest } from "./api-error.ts";
import { withoutMark } from "./byte-order-mark.ts";
import type { ByteSpan } from "./chat-request.ts";
import type { Fields } from "./conversation.ts";
import { scanJson } from "./scan-json.ts";

/** Bounds on what a client may send; the gateway's server settings fit. */
export interface ReadLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
  readonly maxMessages: number;
}

export type JsonBodyRead =
  | {
      readonly ok: true;
      /** Without a byte order mark. */
      readonly bytes: Uint8Array;
      readonly value: Fields;
      /** Where the value of the top-level `model` stands, quotes included; null where it could not be told for sure. */
      readonly modelSpan: ByteSpan | null;
      /** Whether a key of any object stands more than once, so that the bytes may be read in more than one way. */
      readonly repeated: boolean;
    }
  | { readonly ok: false; readonly problem: ApiProblem };

/** Array items beyond this are an attack on the parser, not a request; far above any real one. */
const maxCommas = 500_000;
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a body that must be a JSON object: size bounds before parsing. Of a repeated key, however deep, the last counts, for policy and
 * upstream alike: `modelSpan` is then null, so that what was parsed is sent on and not the client's bytes. Never throws.
 */
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
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = "the request body must be a JSON object";
    return { ok: false, problem: invalidRequest(null, message) };
  }
  // What was scanned as keys and is not among those that were parsed was overwritten by one of the same name.
  const repeated = scan.keys !== countKeys(value);
  const modelSpan = repeated ? null : scan.modelSpan;
  return { ok: true, bytes, value: value as Fields, modelSpan, repeated };
}

/** Keys of all objects of a value whose depth is bounded; counted in place, since every request pays for it. */
function countKeys(value: object): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[])
      if (typeof item === "object" && item !== null) count += countKeys(item);
    return count;
  }
  const fields = value as Fields;
  for (const name in fields) {
    count += 1;
    const field = fields[name];
    if (typeof field === "object" && field !== null) count += countKeys(field);
  }
  return count;
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
