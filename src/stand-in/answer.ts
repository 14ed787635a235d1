import { instanceOf } from "./schema-instance.ts";

/** A request as either wire sends it, in the few terms that shape a stand-in's answer. */
export interface Asked {
  readonly model: string;
  readonly prompt: string;
  readonly promptTokens: number;
  readonly tools: readonly AskedTool[];
  /** `auto`, `none`, `required`, or the one tool that must be called. */
  readonly toolChoice:
    | { readonly kind: "auto" | "none" | "required" }
    | { readonly kind: "named"; readonly name: string };
  /** The last turn holds tool results. */
  readonly afterTools: boolean;
  readonly json:
    | { readonly kind: "none" | "object" }
    | { readonly kind: "schema"; readonly schema: unknown };
  readonly maxTokens: number | null;
  readonly stream: boolean;
  readonly showsUsage: boolean;
  /** Whether it thinks first, and is billed for that; no when left out. */
  readonly thinks?: boolean;
  /** Whether the answer shall tell what it thought; no when left out. */
  readonly showsThoughts?: boolean;
  /** Whether the thinking shall come sealed as well, for the next turn. */
  readonly sealsThoughts?: boolean;
  /** Whether one call at a time is wanted; no when left out. */
  readonly oneCall?: boolean;
  /** What the last turn shows beside its words: a media type each, or `address`. */
  readonly images?: readonly string[];
  /** The beginning of the prompt, where its provider would cache it. */
  readonly beginning?: string;
  /** Prompt tokens that were read from the cache and written to it. */
  readonly cached?: Cached;
  /** Whose departures from a wire it gets, where several speak one. */
  readonly house?: House;
}

/** Houses that speak OpenAI's wire, each with words of its own; `open` is what servers of open models have in common. */
export type House =
  | "openai"
  | "azure"
  | "mistral"
  | "deepseek"
  | "qwen"
  | "openrouter"
  | "vllm"
  | "open";

export interface Cached {
  readonly read: number;
  readonly written: number;
}

export interface AskedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: unknown;
}

/** What a stand-in says: words to stream, or calls of tools; what it thought before stands in front of both. */
export type Said = { readonly thoughts: readonly string[] } & (
  | { readonly kind: "text"; readonly words: readonly string[]; readonly cut: boolean }
  | { readonly kind: "calls"; readonly calls: readonly SaidCall[] }
);

export interface SaidCall {
  readonly name: string;
  /** JSON text. */
  readonly args: string;
}

const thought = "A stand-in thinks of nothing much. ";

/**
 * Composes the answer: calls of tools when forced or asked for, an instance when JSON is wanted, as many words as the prompt
 * names (`write 3000 words`), else a text that says what it is.
 */
export function compose(asked: Asked): Said {
  const thoughts = asked.thinks === true ? wordsOf(thought) : [];
  const calls = toolsFor(asked).map(({ name, parameters }) => ({
    name,
    args: JSON.stringify(instanceOf(parameters)),
  }));
  if (calls.length > 0) return { kind: "calls", calls, thoughts };
  const words = wordsOf(textFor(asked));
  const most = Math.max(0, (asked.maxTokens ?? Number.POSITIVE_INFINITY) - thoughts.length);
  return { kind: "text", words: words.slice(0, most), cut: words.length > most, thoughts };
}

function wordsOf(text: string): readonly string[] {
  return text.match(/(?<!\s)\s*\S+/g) ?? [];
}

/** The text of an answer; empty for one of calls. */
export function textSaid(said: Said): string {
  return said.kind === "text" ? said.words.join("") : "";
}

/** Tokens of an answer without its thinking, counted as the stand-ins count them. */
export function saidTokens(said: Said): number {
  if (said.kind === "text") return said.words.length;
  return said.calls.reduce((sum, { args }) => sum + 1 + Math.ceil(args.length / 4), 0);
}

/** The id of the n-th call of an answer. */
export function callId(id: string, at: number): string {
  return at === 0 ? id : `${id}${at}`;
}

/** Base64 that nobody but its maker can read: the proof that it thought this. */
export function proofOf(id: string): string {
  return btoa(`signed ${id}`);
}

/** Rough tokens of a prompt: four characters each. */
export function roughTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

function textFor(asked: Asked): string {
  switch (asked.json.kind) {
    case "schema":
      return JSON.stringify(instanceOf(asked.json.schema));
    case "object":
      return JSON.stringify({ stand_in: true, model: asked.model, answer: "No model was called." });
    case "none":
      return proseFor(asked);
  }
}

function proseFor(asked: Asked): string {
  const quoted = asked.prompt.replaceAll(/\s+/g, " ").trim().slice(0, 120);
  const opening = `I am a stand-in for ${asked.model}: no model was called, and this text is made up.`;
  const length = Number(/\b(\d{2,5}) words\b/.exec(asked.prompt)?.[1] ?? 0);
  if (length > 0)
    return `${opening}${Array.from({ length }, (_, at) => ` word${at + 1}`).join("")}`;
  const middle = asked.afterTools ? "Thank you for the tool's result." : `You asked: "${quoted}".`;
  const shown = asked.images ?? [];
  const seen = shown.length === 0 ? "" : ` You showed me ${shown.length} (${shown.join(", ")}).`;
  return `${opening} ${middle}${seen} A real answer would stand here. It comes over the provider's own wire format, at a modelled speed, so that routing, streaming and accounting can be seen at work without an account.`;
}

function toolsFor(asked: Asked): readonly AskedTool[] {
  const { toolChoice, tools, oneCall } = asked;
  if (tools.length === 0 || toolChoice.kind === "none") return [];
  if (toolChoice.kind === "named") return tools.filter((tool) => tool.name === toolChoice.name);
  const found = toolChoice.kind === "auto" && asked.afterTools ? [] : wanted(asked);
  const called = found.length === 0 && toolChoice.kind === "required" ? tools.slice(0, 1) : found;
  return oneCall === true ? called.slice(0, 1) : called;
}

/** Tools whose name or description shares a telling word with the prompt. */
function wanted({ prompt, tools }: Asked): readonly AskedTool[] {
  const said = prompt.toLowerCase();
  const telling = (text: string): boolean =>
    text
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .some((word) => word.length >= 4 && said.includes(word));
  return tools.filter(({ name, description }) => telling(name) || telling(description));
}
