/**
 * Under this symbol a body, or a part of it, holds what the client says and chat completions has no words for. Facts are read from
 * it too; it is never serialised, and no client can write it.
 */
export const beyond: unique symbol = Symbol("beyond");

/** What a part holds beyond its fields. */
export interface BeyondPart {
  /** A part that only the client's own wire knows; its `text` is then made from this. */
  readonly value?: Readonly<Record<string, unknown>>;
  /** Bytes of sound or of a file that stand elsewhere. */
  readonly size?: number;
}

/** What a body holds beyond its fields. */
export interface BeyondBody {
  /** Settings of the client's own wire, by name. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What stands in parts and tools and has no place in a message: any JSON, for its texts. */
  readonly rest: readonly unknown[];
}

/** A part of a message's content (OpenAI chat completions). Unknown types pass through untouched. */
export interface ContentPart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string; readonly detail?: string };
  readonly input_audio?: { readonly data: string; readonly format: string };
  readonly file?: {
    readonly file_id?: string;
    readonly file_data?: string;
    readonly filename?: string;
  };
  readonly refusal?: string;
  readonly cache_control?: unknown;
  readonly [beyond]?: BeyondPart;
}

export interface ToolCall {
  readonly id: string;
  readonly type: string;
  readonly function?: { readonly name: string; readonly arguments: string };
}

export interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly ContentPart[] | null;
  readonly name?: string;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
  readonly refusal?: string | null;
}

export interface Tool {
  readonly type: string;
  readonly function?: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly strict?: boolean | null;
  };
}

/** The most answers that `n` may ask for at once, as the API has it. */
export const mostChoices = 128;

/** The body of `POST /v1/chat/completions`, checked as far as the gateway relies on it; all else is kept as sent. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly n?: number | null;
  readonly stop?: string | readonly string[] | null;
  readonly tools?: readonly Tool[] | null;
  readonly tool_choice?: string | Readonly<Record<string, unknown>> | null;
  readonly parallel_tool_calls?: boolean | null;
  readonly response_format?: {
    readonly type: string;
    readonly json_schema?: {
      readonly name: string;
      readonly schema?: Readonly<Record<string, unknown>>;
      readonly strict?: boolean | null;
    };
  } | null;
  readonly reasoning_effort?: string | null;
  readonly user?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly [beyond]?: BeyondBody;
  readonly [field: string]: unknown;
}

/** Byte offsets of one top-level value in the original body. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** A chat request as read: the original bytes, so that an adapter can splice instead of re-serialising, and the parsed body. */
export interface ChatRequest {
  readonly bytes: Uint8Array;
  readonly body: ChatBody;
  /** Where the value of the top-level `model` stands in `bytes`, quotes included; null when it could not be told for sure. */
  readonly modelSpan: ByteSpan | null;
}
