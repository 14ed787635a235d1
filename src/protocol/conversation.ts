/** The wires that clients speak to the gateway, and some providers too. */
export const dialects = [
  "chat",
  "responses",
  "messages",
  "generate",
  "completions",
  "embeddings",
  "plain",
] as const;

export type Dialect = (typeof dialects)[number];

/** Whether a word is the name of a wire. */
export function isDialect(word: unknown): word is Dialect {
  return (dialects as readonly unknown[]).includes(word);
}

export type Fields = Readonly<Record<string, unknown>>;

/** A mark behind which a provider may cache the prompt (Anthropic's `cache_control`, OpenAI's `prompt_cache_breakpoint`). */
export interface CacheMark {
  /** How long it is kept, as the client wrote it: `5m`, `1h`, `30m`, `12h`; null for the provider's own choice. */
  readonly ttl: string | null;
}

/** Where the bytes of an image or file are. */
export type Source =
  | { readonly kind: "url"; readonly url: string }
  /** Base64 without a `data:` head; the media type in lower case; the letters of a text, where the client names them. */
  | {
      readonly kind: "data";
      readonly mediaType: string;
      readonly charset?: string;
      readonly data: string;
    }
  /** A file that the client left with the provider; `dialect` is the wire of the house that knows it, absent where nobody said. */
  | { readonly kind: "id"; readonly id: string; readonly dialect?: Dialect }
  | { readonly kind: "text"; readonly text: string };

interface Placed {
  /** Where it stands in the client's body, e.g. `messages[2].content[0]`: errors name it. */
  readonly path: string;
  readonly cache?: CacheMark;
  /** Fields that only the client's own wire has, by name. */
  readonly foreign?: Fields;
}

/** Thinking that a model did, to be sent back to it; foreign models refuse signed thinking. */
export interface Reasoning {
  /** What can be read of it; empty when it is hidden. */
  readonly text: string;
  /** Whether the text is a summary and not the thinking itself. */
  readonly summary: boolean;
  /** The maker's proof that it wrote it. */
  readonly signature: string | null;
  /** Thinking that only its maker can read. */
  readonly encrypted: string | null;
  /** The maker's id of the block. */
  readonly id: string | null;
  /** The model that thought it; null when nobody said. */
  readonly model: string | null;
  /** The wire its maker speaks, where somebody said: no other takes its proofs. */
  readonly dialect?: Dialect;
}

export type TextPart = Placed & {
  readonly kind: "text";
  readonly text: string;
  /** As they came; each surface has its own shape. */
  readonly citations?: readonly Fields[];
};
export type ImagePart = Placed & {
  readonly kind: "image";
  readonly source: Source;
  /** `low`, `high`, `auto`, `original`; null when not said. */
  readonly detail: string | null;
};
export type AudioPart = Placed & {
  readonly kind: "audio";
  readonly data: string;
  /** `wav`, `mp3`, … */
  readonly format: string;
};
export type FilePart = Placed & {
  readonly kind: "file";
  readonly source: Source;
  readonly name: string | null;
  /** Told to the model beside the file, not quoted from. */
  readonly context: string | null;
  /** Whether the answer shall cite the file. */
  readonly cites: boolean;
};
export type RefusalPart = Placed & { readonly kind: "refusal"; readonly text: string };
export type ReasoningPart = Placed & { readonly kind: "reasoning"; readonly reasoning: Reasoning };
export type CallPart = Placed & {
  readonly kind: "call";
  readonly id: string;
  readonly name: string;
  /** JSON text for a function, free text for a custom tool; as the model wrote it, so it may be broken. */
  readonly args: string;
  readonly custom: boolean;
  /** A proof that some makers want back with the call. */
  readonly signature: string | null;
};
export type ResultPart = Placed & {
  readonly kind: "result";
  readonly callId: string;
  readonly parts: readonly (TextPart | ImagePart | FilePart | ForeignPart)[];
  readonly isError: boolean;
};
/** What only one wire knows: server tools and their results, computer use, and what is newer than this code. */
export type ForeignPart = Placed & {
  readonly kind: "foreign";
  readonly dialect: Dialect;
  readonly type: string;
  readonly value: Fields;
};

export type Part =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | RefusalPart
  | ReasoningPart
  | CallPart
  | ResultPart
  | ForeignPart;

/** What one side said, in order. Results of calls stand in turns of the user; system turns stand where they were said. */
export interface Turn {
  readonly role: "system" | "developer" | "user" | "assistant";
  /** The name of the speaker; null when not said. */
  readonly name: string | null;
  readonly parts: readonly Part[];
  readonly path: string;
  /** Fields that only the client's own wire has, by name. */
  readonly foreign?: Fields;
}

export type Tool =
  | (Placed & {
      readonly kind: "function";
      readonly name: string;
      readonly description: string | null;
      /** JSON Schema; null when the tool takes nothing. */
      readonly parameters: Fields | null;
      readonly strict: boolean | null;
    })
  | (Placed & {
      readonly kind: "custom";
      readonly name: string;
      readonly description: string | null;
      readonly format: Fields | null;
    })
  /** A tool that the provider runs itself: web search, code, and the like. */
  | (Placed & {
      readonly kind: "foreign";
      readonly dialect: Dialect;
      readonly type: string;
      readonly value: Fields;
    });

export type ToolChoice =
  | { readonly kind: "auto" | "none" | "required" }
  | { readonly kind: "named"; readonly name: string; readonly custom: boolean }
  /** Only these tools, with or without having to call one. */
  | { readonly kind: "allowed"; readonly mustCall: boolean; readonly names: readonly string[] };

export type OutputFormat =
  | { readonly kind: "text" | "object" }
  | {
      readonly kind: "schema";
      readonly name: string | null;
      readonly description: string | null;
      readonly schema: Fields;
      readonly strict: boolean | null;
    };

/** How much the model shall think. */
export interface ReasoningWish {
  /** `none minimal low medium high xhigh max`; null when not said. */
  readonly effort: string | null;
  /** Tokens it may think; null when not said. */
  readonly budgetTokens: number | null;
  /** False to switch thinking off, true to switch it on; null when not said. */
  readonly enabled: boolean | null;
  /** How it is to think, where the client's wire has names for that: `adaptive`, `between_tools`. */
  readonly mode?: string;
  /** `auto`, `concise`, `detailed`, or `omitted`: whether the answer shall tell of it; null when not said. */
  readonly summary: string | null;
}

export interface Sampling {
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly minP: number | null;
  readonly presencePenalty: number | null;
  readonly frequencyPenalty: number | null;
  readonly seed: number | null;
  readonly logitBias: Fields | null;
  /** How many likely tokens to tell beside each; 0 for the chosen one alone, null for none. */
  readonly topLogprobs: number | null;
}

/**
 * A request in no wire's own words: whatever the surfaces can say, so that any provider can be asked. Null stands for "not said"
 * everywhere. Made from a body that its surface has checked.
 */
export interface Conversation {
  readonly model: string;
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | null;
  readonly parallelCalls: boolean | null;
  readonly format: OutputFormat;
  readonly verbosity: string | null;
  readonly reasoning: ReasoningWish;
  readonly sampling: Sampling;
  /** Ceiling on the answer's tokens, thinking included. */
  readonly maxTokens: number | null;
  readonly stops: readonly string[];
  readonly choices: number;
  /** The end user, for the provider's abuse checks. */
  readonly user: string | null;
  readonly metadata: Fields | null;
  /** `auto default flex priority scale fast` as OpenAI names them. */
  readonly tier: string | null;
  /** Key under which a provider finds the prompt's cached beginning again. */
  readonly cacheKey: string | null;
  /** A mark for the whole prompt: the provider places it. */
  readonly cache: CacheMark | null;
  /** Text that the answer will mostly repeat (predicted outputs). */
  readonly prediction: string | null;
  readonly stream: boolean;
  /** Settings of the client's own wire that no other has, by name: handed on where the provider speaks that wire, refused elsewhere when they matter. */
  readonly foreign: Fields;
}

/** Sampling of which nothing was said. */
export const noSampling: Sampling = {
  temperature: null,
  topP: null,
  topK: null,
  minP: null,
  presencePenalty: null,
  frequencyPenalty: null,
  seed: null,
  logitBias: null,
  topLogprobs: null,
};

/** A wish about thinking that was not uttered. */
export const noReasoningWish: ReasoningWish = {
  effort: null,
  budgetTokens: null,
  enabled: null,
  summary: null,
};

/** A conversation of which nothing but its turns was said. */
export const nothingSaid: Omit<Conversation, "model" | "turns"> = {
  tools: [],
  toolChoice: null,
  parallelCalls: null,
  format: { kind: "text" },
  verbosity: null,
  reasoning: noReasoningWish,
  sampling: noSampling,
  maxTokens: null,
  stops: [],
  choices: 1,
  user: null,
  metadata: null,
  tier: null,
  cacheKey: null,
  cache: null,
  prediction: null,
  stream: false,
  foreign: {},
};
