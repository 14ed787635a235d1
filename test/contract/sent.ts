import { differences } from "../../src/runtime/providers/openai/differences.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import type { ProviderRow, UpstreamWire } from "./matrix.ts";

type Loose = Record<string, unknown>;

/** What went to a provider, in one form. */
export interface Sent {
  readonly wire: UpstreamWire | null;
  readonly streams: boolean;
  readonly model: string;
  readonly tools: readonly unknown[];
  readonly schema: unknown;
  /** How it was asked to think; null for not at all. */
  readonly thinking: unknown;
  readonly text: string;
}

const paths: readonly (readonly [RegExp, UpstreamWire])[] = [
  [/\/chat\/completions$/, "chat"],
  [/\/completions$/, "completions"],
  [/\/responses$/, "responses"],
  [/\/v1\/messages$/, "messages"],
  [/\/models\/[^/]+:(?:g|streamG)enerateContent$/, "gemini"],
];

const object = (value: unknown): Loose => (value ?? {}) as Loose;
const list = (value: unknown): readonly Loose[] => (value ?? []) as Loose[];

/** Reads a call by the format of the wire it came over. */
export function sentBy({ path, body, text }: StandInCall): Sent {
  const wire = paths.find(([end]) => end.test(path))?.[1] ?? null;
  const common = { wire, text, streams: body["stream"] === true, model: String(body["model"]) };
  const config = object(body["generationConfig"]);
  switch (wire) {
    case "responses":
      return {
        ...common,
        tools: list(body["tools"]).map((tool) => tool["name"]),
        schema: object(object(body["text"])["format"])["schema"],
        thinking: object(body["reasoning"])["effort"] ?? null,
      };
    case "messages":
      return {
        ...common,
        tools: list(body["tools"]).map((tool) => tool["name"]),
        schema: object(object(body["output_config"])["format"])["schema"],
        thinking: body["thinking"] ?? object(body["output_config"])["effort"] ?? null,
      };
    case "gemini":
      return {
        ...common,
        streams: path.includes(":stream"),
        model: /\/models\/([^/]+):/.exec(path)?.[1] ?? "",
        tools: list(list(body["tools"])[0]?.["functionDeclarations"]).map((tool) => tool["name"]),
        schema: config["responseJsonSchema"],
        thinking: config["thinkingConfig"] ?? null,
      };
    default:
      return {
        ...common,
        tools: list(body["tools"]).map((tool) => object(tool["function"])["name"]),
        schema: object(object(body["response_format"])["json_schema"])["schema"],
        thinking: body["reasoning_effort"] ?? body["enable_thinking"] ?? null,
      };
  }
}

/** Fields in a chat body that the provider must not see. */
export function strayFields({ kind }: ProviderRow, { body }: StandInCall): readonly string[] {
  if (kind === "anthropic" || kind === "gemini" || kind === "ai-sdk") return [];
  const { strip, rename, maxTokens } = differences[kind];
  return Object.keys(body).filter(
    (name) =>
      strip.has(name) ||
      rename.has(name) ||
      (maxTokens === "max_tokens" && name === "max_completion_tokens"),
  );
}
