import type { AnswerEncoder, AnswerEvent } from "./answer-event.ts";
import type { ApiProblem } from "./api-error.ts";
import type { ByteSpan, ChatBody } from "./chat-request.ts";
import type { Conversation, Dialect, Fields } from "./conversation.ts";

/** How answers are written on one wire. */
export interface AnswerWriter {
  /** Starts a stream for one request. */
  open(request: ModelRequest): AnswerEncoder;
  /** A whole answer as JSON text. */
  whole(request: ModelRequest, events: readonly AnswerEvent[]): string;
  /** Whether that reads nothing of the request, and of the answer's id nothing but that it stands there: an answer that is given again is then put together once. */
  readonly wholeForAll?: boolean;
  /** The body of an answer that is an error. */
  problem(problem: ApiProblem): string;
  /** What ends a stream that breaks after its head was sent. */
  brokenStream(problem: ApiProblem): string;
  /** Whether a stream is one JSON list and no events. */
  readonly listed?: boolean;
  /** The answer to a count of tokens, where the API has one. */
  count?(inputTokens: number): string;
}

/** What a client asks a model, on whichever wire. Facts are read from `body`; providers are asked from what suits their wire. */
export interface ModelRequest {
  readonly dialect: Dialect;
  /** The client's own bytes, so that a provider of the same wire gets them spliced and not serialised anew. */
  readonly bytes: Uint8Array;
  /** The client's body as parsed. */
  readonly native: Fields;
  /** Where the value of the top-level `model` stands in `bytes`, quotes included; null when it could not be told for sure. */
  readonly modelSpan: ByteSpan | null;
  /** Whether `bytes` say what `native` does, for an API whose body names no model. */
  readonly asSent?: boolean;
  /** The same in the words of chat completions. */
  readonly body: ChatBody;
  /** The same in no wire's own words; made when first asked. */
  conversation(): Conversation;
  readonly writer: AnswerWriter;
  /** What the client's headers say on its wire that its body does not; only a provider of that wire is sent it. */
  readonly wireHeaders?: Readonly<Record<string, string>>;
  /** True where only the size of the prompt is asked, and nothing of a model. */
  readonly counting?: boolean;
  /** Set for APIs that are no conversation: only a provider of the same API can serve them, and gets the client's own body. */
  readonly relayed?: Relayed;
}

/** A body to be handed on with nothing but its model changed. */
export interface Relayed {
  /** Below the base of the API, e.g. `/embeddings`. */
  readonly path: string;
  /** Null for JSON. */
  readonly contentType: string | null;
  /** What it is called where it cannot be served. */
  readonly what: string;
  withModel(model: string): Uint8Array | string;
  /** Answers that a stream of it holds; one where nothing is said. */
  readonly answers?: number;
  /** An answer, whose bytes were parsed, as this client asked for it; the very bytes where nothing has to change. Never throws. */
  fitAnswer?(bytes: Uint8Array, value: unknown): Uint8Array | string;
}

export type ModelRequestRead =
  | { readonly ok: true; readonly request: ModelRequest }
  | { readonly ok: false; readonly problem: ApiProblem };
