import type { ApiProblem } from "./api-error.ts";
import type { Fields, Reasoning } from "./conversation.ts";
import type { Usage } from "./usage.ts";

/** Why a model stopped, in the words of chat completions; a word of the provider's own where none fits. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | (string & {});

/**
 * One step of an answer in no wire's own words. A stream gives them as they come, a whole answer all at once, each piece whole.
 * `choice` counts answers from 0, `call` the calls of one choice. Blocks of one choice come one after the other, but for calls,
 * whose arguments may interleave.
 */
export type AnswerEvent =
  /** First, once. `created` in seconds since the epoch. */
  | {
      readonly kind: "start";
      readonly id: string;
      readonly model: string;
      readonly created: number;
    }
  | {
      readonly kind: "text";
      readonly choice: number;
      readonly text: string;
      /** Of its tokens, as chat completions tell them. */
      readonly logprobs?: readonly Fields[];
    }
  /** Text that the model thinks, or a summary of it. */
  | {
      readonly kind: "reasoning";
      readonly choice: number;
      readonly text: string;
      readonly summary: boolean;
      /** The maker's id of the block, where it is told before the block ends. */
      readonly id?: string;
    }
  /** A block of thinking is over: what a later request has to send back. Its text is the whole of it. */
  | { readonly kind: "reasoning_end"; readonly choice: number; readonly reasoning: Reasoning }
  | { readonly kind: "refusal"; readonly choice: number; readonly text: string }
  /** A source for the text so far: `url_citation` in the shape of chat completions, or as the provider has it. */
  | { readonly kind: "citation"; readonly choice: number; readonly citation: Fields }
  | {
      readonly kind: "call_start";
      readonly choice: number;
      readonly call: number;
      readonly id: string;
      readonly name: string;
      readonly custom: boolean;
      /** A proof that the maker wants back with the call. */
      readonly signature?: string;
    }
  | {
      readonly kind: "call_args";
      readonly choice: number;
      readonly call: number;
      readonly text: string;
    }
  /** An image or sound that the model made; `data` is base64. */
  | {
      readonly kind: "media";
      readonly choice: number;
      readonly mediaType: string;
      readonly data: string;
      /** What a sound says, and further fields of the provider's. */
      readonly about?: Fields;
    }
  | {
      readonly kind: "finish";
      readonly choice: number;
      readonly reason: FinishReason;
      /** The provider's own word. */
      readonly native: string | null;
      /** The text at which it stopped; null when none did. */
      readonly stopSequence: string | null;
    }
  /** Counts so far; a later one takes the place of an earlier one. */
  | { readonly kind: "usage"; readonly usage: Usage; readonly tier: string | null }
  /** The provider lives. */
  | { readonly kind: "ping" };

/** Writes one streamed answer in a client's wire. Whole events only, so that the output does not depend on how input was cut. */
export interface AnswerEncoder {
  /** Text to send; empty where the event says nothing on this wire. */
  encode(event: AnswerEvent): string;
  /** What ends a whole answer. */
  end(): string;
  /** What ends a stream that breaks, on wires whose last event has to know what came before; else the writer's `brokenStream` does. */
  broken?(problem: ApiProblem): string;
}
