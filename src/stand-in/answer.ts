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
  /** Whether the answer shall begin with what the model thought; no when left out. */
  readonly showsThoughts?: boolean;
}

export interface AskedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: unknown;
}

/** What a stand-in says: words to stream, or one tool call. */
export type Said =
  | { readonly kind: "text"; readonly words: readonly string[]; readonly cut: boolean }
  | { readonly kind: "call"; readonly name: string; readonly args: string };

/** Composes the answer: a tool call when forced or asked for, an instance when JSON is wanted, else a text that says what it is. */
export function compose(asked: Asked): Said {
  const tool = toolFor(asked);
  if (tool !== null)
    return { kind: "call", name: tool.name, args: JSON.stringify(instanceOf(tool.parameters)) };
  const words = textFor(asked).match(/\s*\S+/g) ?? [];
  const most = asked.maxTokens ?? Number.POSITIVE_INFINITY;
  return { kind: "text", words: words.slice(0, most), cut: words.length > most };
}

/** Tokens of an answer, counted as the stand-ins count them. */
export function saidTokens(said: Said): number {
  return said.kind === "text" ? said.words.length : 1 + Math.ceil(said.args.length / 4);
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
  const middle = asked.afterTools ? "Thank you for the tool's result." : `You asked: "${quoted}".`;
  return `${opening} ${middle} A real answer would stand here. It comes over the provider's own wire format, at a modelled speed, so that routing, streaming and accounting can be seen at work without an account.`;
}

function toolFor(asked: Asked): AskedTool | null {
  const { toolChoice, tools } = asked;
  if (tools.length === 0 || toolChoice.kind === "none") return null;
  if (toolChoice.kind === "named")
    return tools.find((tool) => tool.name === toolChoice.name) ?? null;
  if (toolChoice.kind === "required") return wanted(asked) ?? tools[0] ?? null;
  return asked.afterTools ? null : wanted(asked);
}

/** The first tool whose name or description shares a telling word with the prompt. */
function wanted(asked: Asked): AskedTool | null {
  const prompt = asked.prompt.toLowerCase();
  const telling = (text: string): boolean =>
    text
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .some((word) => word.length >= 4 && prompt.includes(word));
  return asked.tools.find((tool) => telling(tool.name) || telling(tool.description)) ?? null;
}
