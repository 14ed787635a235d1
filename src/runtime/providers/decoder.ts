import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Failure } from "../../protocol/failure.ts";

/** Reads one upstream stream, of bytes or of a package's parts, into events; whole events only, so that cuts of the bytes do not show. */
export interface AnswerDecoder<Piece = Uint8Array> {
  push(chunk: Piece): readonly AnswerEvent[];
  /** The upstream ended. An answer that is not whole by then sets `failure`. */
  end(): readonly AnswerEvent[];
  /** True once the answer is whole: what follows is ignored. */
  readonly done: boolean;
  readonly failure: Failure | null;
}

/** A whole answer as the events that a stream of it would be. */
export type Decoded =
  | { readonly ok: true; readonly events: readonly AnswerEvent[] }
  | { readonly ok: false; readonly failure: Failure };
