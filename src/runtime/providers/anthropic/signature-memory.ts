import { hashText } from "../../../base/hash.ts";

/**
 * Remembers which model signed which thinking. An answer that is relayed tells its client the bare signature, which says nothing
 * of the model, and no other model takes it back.
 */
export interface SignatureMemory {
  note(signature: string, model: string): void;
  /** The model that signed; null where nobody remembers. */
  modelOf(signature: string): string | null;
}

/** Enough for the sessions of some hours; the oldest go first. */
const mostKept = 50_000;

/** Creates a memory that has seen nothing. */
export function createSignatureMemory(): SignatureMemory {
  const models = new Map<string, string>();
  return {
    note(signature, model) {
      if (signature === "") return;
      const key = hashText(signature);
      models.delete(key);
      models.set(key, model);
      if (models.size <= mostKept) return;
      for (const oldest of models.keys()) {
        models.delete(oldest);
        break;
      }
    },
    modelOf: (signature) => models.get(hashText(signature)) ?? null,
  };
}
