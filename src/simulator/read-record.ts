import type { Usage } from "../protocol/usage.ts";
import {
  type LoggedLatency,
  type LoggedRequest,
  type LoggedUsage,
  type ReadLine,
  readMoment,
} from "./logged-request.ts";

/** The fields of a decision record that a replay rests on; anything may stand in a log, so each is checked. */
interface RecordLike {
  readonly v?: unknown;
  readonly time?: unknown;
  readonly id?: unknown;
  readonly facts?: unknown;
  readonly attempts?: unknown;
  readonly seed?: unknown;
  readonly durationMs?: unknown;
}

/** Whether a JSON object is meant as a decision record. */
export function isRecord(json: object): boolean {
  return "v" in json && "facts" in json;
}

/** Reads a decision record of version 1. */
export function readRecord(json: object, line: number): ReadLine {
  const record = json as RecordLike;
  if (record.v !== 1) {
    return { ok: false, reason: `decision record of version ${String(record.v)}; known is 1` };
  }
  const { facts } = record;
  if (!isFacts(facts)) return { ok: false, reason: "`facts` is not an object" };
  const atMs = readMoment(record.time);
  // The record's time is the clock's fact, which its snapshot holds only where the policy asked.
  if (atMs !== null) facts["time"] ??= record.time;
  const request: LoggedRequest = {
    line,
    id: typeof record.id === "string" ? record.id : `line ${line}`,
    atMs,
    facts,
    chat: null,
    seed: typeof record.seed === "number" ? record.seed : null,
    usage: usageOf(record.attempts),
    latency: latencyOf(record),
  };
  return { ok: true, request };
}

function isFacts(facts: unknown): facts is Record<string, unknown> {
  return typeof facts === "object" && facts !== null && !Array.isArray(facts);
}

/** Tokens of the last attempt that has a count: the one whose answer the client got, unless all failed. */
function usageOf(attempts: unknown): LoggedUsage | null {
  if (!Array.isArray(attempts)) return null;
  for (let i = attempts.length - 1; i >= 0; i -= 1) {
    const { target, usage } = (attempts[i] ?? {}) as { target?: unknown; usage?: unknown };
    if (typeof usage !== "object" || usage === null) continue;
    const counted = usage as Readonly<Record<string, unknown>>;
    const input = tokens(counted["input"]);
    const output = tokens(counted["output"]);
    if (input === null || output === null || typeof target !== "string") continue;
    return { input, output, served: { target, usage: wholeUsage(counted, input, output) } };
  }
  return null;
}

/** Only a first attempt that answered says how long its target takes; a fallback's time holds that of the failure too. */
function latencyOf({ attempts, durationMs }: RecordLike): LoggedLatency | null {
  if (!Array.isArray(attempts) || attempts.length !== 1 || typeof durationMs !== "number")
    return null;
  const { target, outcome, firstTokenMs } = (attempts[0] ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (outcome !== "ok" || typeof target !== "string") return null;
  return {
    target,
    totalMs: durationMs,
    firstTokenMs: typeof firstTokenMs === "number" ? firstTokenMs : null,
  };
}

function wholeUsage(
  counted: Readonly<Record<string, unknown>>,
  input: number,
  output: number,
): Usage {
  return {
    inputTokens: input,
    cachedReadTokens: tokens(counted["cachedRead"]) ?? 0,
    cachedWriteTokens: tokens(counted["cachedWrite"]) ?? 0,
    outputTokens: output,
    reasoningTokens: tokens(counted["reasoning"]) ?? 0,
    estimated: counted["estimated"] === true,
  };
}

/** A count of tokens; null when it is none. */
export function tokens(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
