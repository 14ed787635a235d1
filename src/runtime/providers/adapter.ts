import type { Target } from "../../catalog/target.ts";
import type { Provider } from "../../configuration/configuration.ts";
import type { ApiProblem } from "../../protocol/api-error.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { AnswerDecoder } from "./decoder.ts";

/** What a plan changes in a body on its way up. */
export interface Overrides {
  /** Ceiling on completion tokens; the smaller of this and the client's wins. */
  readonly maxTokens?: number;
  readonly set?: Readonly<Record<string, number | string | boolean>>;
  /** Whether what the target's wire cannot carry is left out rather than refused. */
  readonly dropUnsupported?: boolean;
  /** The tier to ask for in place of the client's; a target without it is asked for none. */
  readonly tier?: "flex";
}

/** A request ready for a socket: path below the provider's origin, flat header pairs, body. */
export interface UpstreamRequest {
  /** POST when left out. */
  readonly method?: "GET";
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array | string;
  /** Places in the client's body of what this target's wire left out; the client is told. */
  readonly dropped?: readonly string[];
}

/** Head of an upstream response; header names in lower case. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A whole answer on the client's wire, as bytes ready to send. */
export interface Reply {
  readonly body: Uint8Array | string;
  readonly usage: Usage | null;
  readonly finishReason: string | null;
  /** JSON where none is named. */
  readonly contentType?: string;
}

export type Answer =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Turns one upstream event stream into one on the client's wire. `push` returns the bytes to hand on (the very
 * chunk where nothing changes; null for none). Bytes returned before `meaningful` turns true are held by the caller
 * until then, and dropped when the attempt fails before. The reader never ends the client's stream after a failure.
 * `Piece` is what the upstream's stream comes in: bytes, or the parts that a package makes of them.
 */
export interface StreamReader<Piece = Uint8Array> {
  push(chunk: Piece): Uint8Array | null;
  /** The upstream ended; returns last bytes (the end of the client's stream included). A cut sets `failure`. */
  end(): Uint8Array | null;
  /** True from the first content, tool-call data, refusal or finish reason on. */
  readonly meaningful: boolean;
  /** True once the answer is whole: what follows is ignored. */
  readonly done: boolean;
  readonly failure: Failure | null;
  /** What the provider has counted so far. */
  readonly usage: Usage | null;
  /** Estimate of the output so far, by what of it was seen: `OutputMeter` has the rule. */
  outputTokens(): number;
  readonly finishReason: string | null;
  /** What ends a client's stream that breaks, where that depends on what was said before. */
  broken?(problem: ApiProblem): string | null;
}

/** One wire format: pure, no socket. Shared code asks the adapter and never names a provider. */
export interface ProviderAdapter {
  /** Builds the upstream request for a target. Never throws for a client's content; what cannot be sent is a failure. */
  prepare(
    request: ModelRequest,
    target: Target,
    provider: Provider,
    overrides: Overrides,
  ):
    | { readonly ok: true; readonly request: UpstreamRequest }
    | { readonly ok: false; readonly failure: Failure };
  /** Reads a whole 2xx body. Here and in the others the bytes are plain: what came encoded is refused before. */
  readBody(head: ResponseHead, bytes: Uint8Array, request: ModelRequest): Answer;
  /** Reads a non-2xx answer. */
  readError(head: ResponseHead, bytes: Uint8Array): Failure;
  /** For how many milliseconds a 2xx answer says that nothing is left of a rate limit; undefined where it does not. */
  exhaustedMs?(head: ResponseHead): number | undefined;
  /** Whether this wire counts the tokens of a prompt for a request that asks for that alone. */
  readonly counts?: boolean;
  /** Starts reading a 2xx event stream. */
  openStream(head: ResponseHead, request: ModelRequest): StreamReader;
  /** Starts reading a 2xx answer for what it says rather than for its client: a whole one as the stream of one piece. */
  openEvents(head: ResponseHead, request: ModelRequest): AnswerDecoder;
}
