import type { Picodollars } from "../base/money.ts";
import type { Caller } from "../configuration/configuration.ts";
import type { Cause } from "../protocol/cause.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { UnansweredCode } from "../protocol/unanswered.ts";
import type { Usage } from "../protocol/usage.ts";
import type { LogFileName } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";

/** A request body of a log, with what the log tells beside it; undefined where it tells nothing. */
export interface LoggedChat {
  /** In the words of chat completions, whichever API it came by. */
  readonly body: ChatBody;
  readonly endpoint: Endpoint;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Null when the log says that nobody was known. */
  readonly caller: Caller | null | undefined;
  /** Facts by name that the log tells beside the body; they stand in where neither caller, headers nor time do. Null is unknown. */
  readonly known: Readonly<Record<string, unknown>> | null;
}

/** One request of a log, whatever its format. */
export interface LoggedRequest {
  /** Where it stands in its file, from 1. */
  readonly line: number;
  /** Null for a log of bytes alone. */
  readonly file: LogFileName | null;
  readonly format: LogFormat;
  readonly id: string;
  /** When it came in, in milliseconds since the epoch; null when the log does not tell. */
  readonly atMs: number | null;
  /** When it came in after a zero of the log's own, in milliseconds; null where `atMs` tells it, or nothing does. */
  readonly offsetMs: number | null;
  /**
   * Facts by name, as JSON: null is unknown, an absent one is missing from the log. Null when there is a chat to read
   * them from.
   */
  readonly facts: Readonly<Record<string, unknown>> | null;
  readonly chat: LoggedChat | null;
  /** The seed its choices were drawn from; null when the log does not tell. */
  readonly seed: number | null;
  /** Tokens that were measured, or counted in the texts that the log holds; null when it tells neither. */
  readonly usage: LoggedUsage | null;
  /** How long the answer took; null when the log does not tell. */
  readonly latency: LoggedLatency | null;
  /** What became of it. Told when asked, since no decision rests on it. */
  outcome(): LoggedOutcome;
  /** What it was answered, in words, its first 20,000 letters or as many as asked for; null for nothing. Absent where the log holds no answers. */
  answer?(mostLetters?: number): string | null;
}

/** What became of a logged request, as far as the log tells; null is what it does not tell. */
export interface LoggedOutcome {
  /** Whether the client got a whole answer. */
  readonly ok: boolean | null;
  /** HTTP status of the answer. */
  readonly status: number | null;
  /** Why the last attempt failed. */
  readonly cause: Cause | null;
  /** Whether the answer came from a cache. */
  readonly cacheHit: boolean | null;
  /** What tells requests that ask the same from all others; null where the log does not. */
  readonly cacheKey: string | null;
  /** How near the prompt was whose answer it was given; null where it asked the very same, or was given none. */
  readonly cacheSimilarity: number | null;
  /** What its client wanted of the cache, in the words of `cache-control`; null for nothing, and where the log does not tell. */
  readonly cacheControl: string | null;
  /** What all of it cost by the log. */
  readonly cost: Picodollars | null;
  /** From arrival to the end, in milliseconds. */
  readonly durationMs: number | null;
  /** Targets in the order in which they were asked; empty where the log names none. */
  readonly attempts: readonly LoggedAttempt[];
  /** Whether the client asked for a stream. */
  readonly streamed: boolean | null;
  /** Whether it could wait, so that its times are not those of an answer. */
  readonly isBatch: boolean;
  /** Whether that was its policy's doing; else it was a line of a batch that its client made. */
  readonly isDeferred: boolean;
  /** Whether it may have been, since its record is from before that was told. */
  readonly mayBeDeferred: boolean;
  /** Why a line of the lane was never answered; null for all others, and where the log does not tell. */
  readonly unanswered: UnansweredCode | null;
  readonly tags: readonly string[];
}

/** One attempt at a target. Times are in milliseconds after the request came in. */
export interface LoggedAttempt {
  /** A target of the configuration, or the model's name in the log where none is that. */
  readonly target: string;
  readonly outcome: "ok" | "aborted" | Cause;
  readonly status: number | null;
  readonly startMs: number;
  readonly firstTokenMs: number | null;
  readonly endMs: number | null;
  readonly outputTokens: number | null;
  /** As the target counted the prompt. */
  readonly inputTokens: number | null;
  /** The failure's own code, or why it was aborted, in the words of a decision record. */
  readonly code: string | null;
  /** When the target asked to be asked again, in milliseconds after its failure. */
  readonly retryAfterMs: number | null;
  /** Whether it was made in a provider's batch. */
  readonly isBatched?: true;
}

/** HTTP status in the record of a line that was never answered. */
export const unansweredStatus = 504;

/** An outcome of which nothing is known. */
export const untoldOutcome: LoggedOutcome = {
  ok: null,
  status: null,
  cause: null,
  cacheHit: null,
  cacheKey: null,
  cacheSimilarity: null,
  cacheControl: null,
  cost: null,
  durationMs: null,
  attempts: [],
  streamed: null,
  isBatch: false,
  isDeferred: false,
  mayBeDeferred: false,
  unanswered: null,
  tags: [],
};

/** For requests of which nothing is known but that they came. */
export const tellsNothing = (): LoggedOutcome => untoldOutcome;

/** Times of one answered request, in milliseconds, and the target that took them. */
export interface LoggedLatency {
  readonly target: string;
  readonly totalMs: number;
  readonly firstTokenMs: number | null;
}

/** Tokens that were measured or counted. Cached ones hold only for the target that served the request. */
export interface LoggedUsage {
  readonly input: number | null;
  readonly output: number | null;
  readonly served: {
    readonly target: string;
    readonly usage: Usage;
    /** How long the attempt took; null when the log does not tell. */
    readonly durationMs: number | null;
  } | null;
}

/** What became of one line: a request, or the reason why it is none. */
export type ReadLine =
  | { readonly ok: true; readonly request: LoggedRequest }
  | { readonly ok: false; readonly reason: string };

/** The longest that anything of a request is believed to take, in milliseconds: what may wait the longest at a provider has seven days. */
const longestSpanMs = 8 * 86_400_000;

/** A time that something of a request took, in milliseconds; null for what is none, or beyond belief. */
export function readSpan(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= longestSpanMs ? value : null;
}

const isoLike =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?$/;

/**
 * A moment as logs write it: ISO 8601 (a space for the T and more digits than milliseconds are fine; UTC when no zone is
 * given), or a number of seconds or milliseconds since the epoch. Null when it is none.
 */
export function readMoment(value: unknown): number | null {
  if (typeof value === "number") return momentOfNumber(value);
  if (typeof value !== "string") return null;
  // The form that JavaScript itself writes needs no look at its parts.
  if (value.length === 24 && value.endsWith("Z")) return readIso(value);
  const match = isoLike.exec(value);
  if (match === null) {
    return /^\d{9,16}(\.\d+)?$/.test(value) ? momentOfNumber(Number(value)) : null;
  }
  const [, date = "", time = "", fraction = "", zone = "Z"] = match;
  return valid(
    Date.parse(
      `${date}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`.replace(
        /T(\d\d:\d\d)\./,
        "T$1:00.",
      ),
    ),
  );
}

/** The last day that was read, up to its `T`, and when it began: a log tells many moments of a day. */
let dayRead = "";
let dayBeganMs = Number.NaN;

/** `2026-11-28T10:00:00.000Z` */
function readIso(text: string): number | null {
  const ofDay = timeOfDay(text);
  if (Number.isNaN(ofDay)) return valid(Date.parse(text));
  if (dayRead === "" || !text.startsWith(dayRead)) {
    dayRead = text.slice(0, 11);
    dayBeganMs = Date.parse(`${dayRead}00:00:00.000Z`);
  }
  return valid(dayBeganMs + ofDay);
}

/** Milliseconds of `10:00:00.000` in such a text; NaN where it is written or counted in any other way. */
function timeOfDay(text: string): number {
  const hours = twoDigits(text, 11);
  const minutes = twoDigits(text, 14);
  const seconds = twoDigits(text, 17);
  const milliseconds = twoDigits(text, 20) * 10 + digit(text, 22);
  const marks = text.charCodeAt(13) === 58 && text.charCodeAt(16) === 58;
  if (!marks || text.charCodeAt(19) !== 46 || text.charCodeAt(10) !== 84) return Number.NaN;
  if (hours > 23 || minutes > 59 || seconds > 59) return Number.NaN;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  const code = text.charCodeAt(at) - 48;
  return code >= 0 && code <= 9 ? code : Number.NaN;
}

function momentOfNumber(value: number): number | null {
  if (!(value >= 1e8 && value < 1e17)) return null;
  if (value >= 1e14) return Math.floor(value / 1000);
  return value >= 1e11 ? value : value * 1000;
}

function valid(moment: number): number | null {
  return Number.isNaN(moment) ? null : moment;
}
