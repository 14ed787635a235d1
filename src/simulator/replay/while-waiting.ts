import type { LoggedRequest } from "../logged-request.ts";
import type { DecidedRequest } from "./surroundings.ts";

/** Facts that a report tells requests apart by. */
const kinds = ["team", "key", "user", "intent", "stream"] as const;

/**
 * A decided request without what nobody asks of it any more: many may wait for a day, and a body or a record takes as much memory as a
 * hundred of what is left.
 */
export function whileWaiting({ arrival, ...decided }: DecidedRequest): DecidedRequest {
  return {
    ...decided,
    arrival: { ...arrival, request: smallRequest(arrival.request) },
    counted: () => null,
    readOperand: () => undefined,
  };
}

function smallRequest(request: LoggedRequest): LoggedRequest {
  const { line, file, format, id, atMs, offsetMs, seed, usage, latency, facts, chat } = request;
  const outcome = request.outcome();
  return {
    ...{ line, file, format, id, atMs, offsetMs, seed, usage, latency },
    facts: facts === null ? null : kindsIn(facts),
    chat: chat === null ? null : smallChat(chat),
    outcome: () => outcome,
  };
}

function smallChat({ body, ...chat }: NonNullable<LoggedRequest["chat"]>): LoggedRequest["chat"] {
  const { model, stream } = body;
  return {
    ...chat,
    body: { model, messages: [], ...(stream === undefined ? {} : { stream }) },
    headers: undefined,
    known: chat.known === null ? null : kindsIn(chat.known),
  };
}

function kindsIn(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of kinds) if (facts[name] !== undefined) kept[name] = facts[name];
  return kept;
}
