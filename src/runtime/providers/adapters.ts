import type { ProviderKind } from "../../configuration/configuration.ts";
import type { ProviderAdapter } from "./adapter.ts";
import { createOpenAiAdapter } from "./openai/adapter.ts";
import { differences } from "./openai/differences.ts";

const adapters = new Map<ProviderKind, ProviderAdapter>();

/** The adapter of a provider kind; one instance per kind, without state of any request. */
export function adapterFor(kind: ProviderKind): ProviderAdapter {
  let adapter = adapters.get(kind);
  if (adapter === undefined) {
    adapter = createOpenAiAdapter(differences[kind as keyof typeof differences]);
    adapters.set(kind, adapter);
  }
  return adapter;
}
