import { type ApiProblem, invalidRequest } from "./api-error.ts";
import { withoutMark } from "./byte-order-mark.ts";
import type { ChatBody, ChatRequest } from "./chat-request.ts";
import { checkChatBody } from "./check-chat-body.ts";
import { scanJson } from "./scan-json.ts";

/** Bounds on what a client may send; the gateway's server settings fit. */
export interface ReadLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
  readonly maxMessages: number;
}

export type ChatRequestRead =
  | { readonly ok: true; readonly request: ChatRequest }
  | { readonly ok: false; readonly problem: ApiProblem };

/** Array items beyond this are an attack on the parser, not a chat; far above any real request. */
const maxCommas = 500_000;
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the body of a chat completion: size bounds before parsing, then JSON, then the type of every field the gateway
 * relies on. Of a repeated top-level key the last counts, for policy and upstream alike: `modelSpan` is then null, so
 * that adapters send the parsed body and not the client's bytes. Never throws.
 */
export function readChatRequest(received: Uint8Array, limits: ReadLimits): ChatRequestRead {
  const bytes = withoutMark(received);
  const scan = scanJson(bytes, { ...limits, maxCommas });
  if (scan.depth > limits.maxDepth) return tooMuch(`nested deeper than ${limits.maxDepth} levels`);
  if (scan.keys > limits.maxKeys) return tooMuch(`of more than ${limits.maxKeys} keys`);
  if (scan.commas > maxCommas) return tooMuch(`of more than ${maxCommas} items`);
  let body: unknown;
  try {
    body = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    return notJson(error);
  }
  const problem = checkChatBody(body, limits.maxMessages);
  if (problem !== null) return { ok: false, problem };
  const chat = body as ChatBody;
  const repeated = scan.topLevelKeys !== Object.keys(chat).length;
  return { ok: true, request: { bytes, body: chat, modelSpan: repeated ? null : scan.modelSpan } };
}

function tooMuch(what: string): ChatRequestRead {
  const message = `the request body is JSON ${what}`;
  return { ok: false, problem: invalidRequest(null, message, "invalid_json_limits") };
}

function notJson(error: unknown): ChatRequestRead {
  const message =
    error instanceof SyntaxError
      ? `the request body is not JSON: ${error.message.slice(0, 200)}`
      : "the request body is not valid UTF-8";
  return { ok: false, problem: invalidRequest(null, message, "invalid_json") };
}
