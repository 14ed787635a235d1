import { BugError } from "../../base/assert.ts";
import type { Provider, ProviderKind } from "../../configuration/configuration.ts";
import type { ProviderAdapter } from "./adapter.ts";
import { createAnthropicAdapter } from "./anthropic/adapter.ts";
import { createGeminiAdapter } from "./gemini/adapter.ts";
import { createOpenAiAdapter } from "./openai/adapter.ts";
import { differences } from "./openai/differences.ts";

const adapters = new Map<ProviderKind, ProviderAdapter>();

const overResponses = new Map<ProviderKind, ProviderAdapter>();

/** The adapter that a provider is asked through. */
export function adapterOf({ kind, api }: Pick<Provider, "kind" | "api">): ProviderAdapter {
  if (api !== "responses" || kind === "anthropic" || kind === "gemini" || kind === "ai-sdk")
    return adapterFor(kind);
  let adapter = overResponses.get(kind);
  if (adapter === undefined) {
    adapter = createOpenAiAdapter(differences[kind], "responses");
    overResponses.set(kind, adapter);
  }
  return adapter;
}

/** The adapter of a provider kind; one instance per kind, without state of any request. */
export function adapterFor(kind: ProviderKind): ProviderAdapter {
  if (kind === "ai-sdk") throw new BugError("a package speaks its own wire");
  let adapter = adapters.get(kind);
  if (adapter === undefined) {
    adapter = made(kind);
    adapters.set(kind, adapter);
  }
  return adapter;
}

function made(kind: Exclude<ProviderKind, "ai-sdk">): ProviderAdapter {
  switch (kind) {
    case "anthropic":
      return createAnthropicAdapter();
    case "gemini":
      return createGeminiAdapter();
    default:
      return createOpenAiAdapter(differences[kind]);
  }
}
