import type { LoggedRequest } from "../logged-request.ts";
import { shortestHeldMs } from "../replay/arrivals.ts";

/**
 * When a request came and ended by the log's clock, in milliseconds: of the epoch's, or of a zero of the log's own. One that waited in the
 * batch lane counts as ended when it came, since in a log that is sorted it stands there.
 */
export interface LoggedTimes {
  readonly cameMs: number;
  readonly endedMs: number;
}

/** Null where the log tells no time. */
export function timesOf(request: LoggedRequest): LoggedTimes | null {
  const cameMs = request.atMs ?? request.offsetMs;
  if (cameMs === null) return null;
  return { cameMs, endedMs: hasWaited(request) ? cameMs : cameMs + tookMs(request) };
}

/** Whether it is a line of the batch lane that waited for longer than a replay puts right by itself. */
export function hasWaited(request: LoggedRequest): boolean {
  return tookMs(request) > shortestHeldMs && request.outcome().isBatch;
}

function tookMs(request: LoggedRequest): number {
  return request.latency?.totalMs ?? request.outcome().durationMs ?? 0;
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
