import type { Provider } from "../../configuration/configuration.ts";
import { differences } from "./openai/differences.ts";
import { headRecipeOf } from "./openai/head.ts";
import { createHeadCache } from "./upstream-head.ts";

/** Where the embeddings of an OpenAI-compatible provider are asked for. */
export interface EmbeddingsEndpoint {
  /** Base of its paths, without a slash at the end. */
  readonly url: string;
  /** With the key among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The endpoint of a provider; null where its key is missing, or its kind has none (the configuration names no such one). */
export function embeddingsEndpoint(provider: Provider): EmbeddingsEndpoint | null {
  const { kind } = provider;
  if (kind === "anthropic" || kind === "gemini" || kind === "ai-sdk") return null;
  const head = createHeadCache(headRecipeOf(differences[kind]))(provider);
  if ("cause" in head) return null;
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < head.headers.length; at += 2)
    headers[head.headers[at] as string] = head.headers[at + 1] as string;
  return { url: new URL(provider.url).origin + head.path, headers };
}
