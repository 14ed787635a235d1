import type { Asked, House, Said } from "./answer.ts";
import type { StandInFailure } from "./speed.ts";

/** An error as a provider answers it. */
export interface WireError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A streamed answer: the opening, one frame per token, the closing. */
export interface Frames {
  readonly opening: string;
  readonly tokens: readonly string[];
  readonly closing: string;
}

/** Where a call went. */
export interface Address {
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

export type Json = Readonly<Record<string, unknown>>;

/** One provider's wire format, seen from the provider's side. */
export interface Wire {
  /** What a body asks for; an error in the provider's own shape when it would refuse it. Some wires say part of it in the address. */
  read(body: Json, address: Address): Asked | WireError;
  /** A whole answer. */
  whole(asked: Asked, said: Said, id: string): string;
  frames(asked: Asked, said: Said, id: string): Frames;
  /** A failure; some wires tell one of a stream inside a stream, some houses have envelopes of their own. */
  error(failure: StandInFailure, streamed?: boolean, house?: House): WireError;
  /** What every answer says of the account's limits, as headers. */
  readonly limits: Readonly<Record<string, string>>;
  /** The list of models. */
  models(names: readonly string[]): string;
}

/** Whether reading a body gave an error. */
export function isWireError(read: Asked | WireError): read is WireError {
  return "status" in read;
}

/** A value as a JSON object; an empty one for anything else. */
export function asJson(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

/** A value as a list; an empty one for anything else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text of content, which both wires send as a string or as parts. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return asList(content)
    .map((part) => String(asJson(part)["text"] ?? ""))
    .join("");
}

/** What a failure of a stream says as its first event, under a status of success. */
export function inStream(body: string): WireError {
  return { status: 200, headers: { "content-type": "text/event-stream" }, body };
}

/** The media types of images given inline as `data:` addresses, `address` for others. */
export function shownBy(url: unknown): string {
  return /^data:([^;,]+)/.exec(String(url))?.[1] ?? "address";
}
