import { BugError } from "../../base/assert.ts";
import type { ProviderKind } from "../../configuration/configuration.ts";
import type { ProviderAdapter } from "./adapter.ts";
import { createAnthropicAdapter } from "./anthropic/adapter.ts";
import { createOpenAiAdapter } from "./openai/adapter.ts";
import { differences } from "./openai/differences.ts";

const adapters = new Map<ProviderKind, ProviderAdapter>();

/** The adapter of a provider kind; one instance per kind, without state of any request. */
export function adapterFor(kind: ProviderKind): ProviderAdapter {
  if (kind === "ai-sdk") throw new BugError("a package speaks its own wire");
  let adapter = adapters.get(kind);
  if (adapter === undefined) {
    adapter =
      kind === "anthropic" ? createAnthropicAdapter() : createOpenAiAdapter(differences[kind]);
    adapters.set(kind, adapter);
  }
  return adapter;
}
