import type { LoggedRequest } from "../logged-request.ts";

/** When a request came and ended by the log's clock, in milliseconds: of the epoch's, or of a zero of the log's own; null where it tells none. */
export interface LoggedTimes {
  readonly cameMs: number;
  readonly endedMs: number;
}

export function timesOf(request: LoggedRequest): LoggedTimes | null {
  const cameMs = request.atMs ?? request.offsetMs;
  if (cameMs === null) return null;
  const tookMs = request.latency?.totalMs ?? request.outcome().durationMs ?? 0;
  return { cameMs, endedMs: cameMs + tookMs };
}

/** What a request weighs in memory, about, in bytes: what is sure to be there, and its texts. */
export function weightOf(request: LoggedRequest): number {
  const { facts, chat } = request;
  return 1_500 + textIn(facts) + textIn(chat?.body) + (request.answer?.()?.length ?? 0);
}

function textIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  let sum = 0;
  for (const each of Object.values(value)) sum += textIn(each);
  return sum;
}
