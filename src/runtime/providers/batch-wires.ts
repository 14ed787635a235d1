import type { ProviderKind } from "../../configuration/configuration.ts";
import { anthropicBatchWire } from "./anthropic/batch.ts";
import type { BatchWire } from "./batch-wire.ts";
import { openAiBatchWire } from "./openai/batch.ts";

const wires: Readonly<Partial<Record<ProviderKind, BatchWire>>> = {
  openai: openAiBatchWire,
  anthropic: anthropicBatchWire,
};

/** The batch API of a provider kind; null where it has none that is spoken here. */
export function batchWireOf(kind: ProviderKind): BatchWire | null {
  return wires[kind] ?? null;
}
