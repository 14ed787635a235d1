import { hashText } from "../../../base/hash.ts";

/**
 * Remembers which model signed or encrypted which thinking. An answer that is relayed tells its client the bare proof, which says
 * nothing of the model, and no other model takes it back.
 */
export interface SignatureMemory {
  note(proof: string, model: string): void;
  /** The model whose proof it is; null where nobody remembers. */
  modelOf(proof: string): string | null;
}

/** Enough for the sessions of some hours; the oldest go first. */
const mostKept = 50_000;

/** Creates a memory that has seen nothing. */
export function createSignatureMemory(): SignatureMemory {
  const models = new Map<string, string>();
  return {
    note(proof, model) {
      if (proof === "") return;
      const key = hashText(proof);
      models.delete(key);
      models.set(key, model);
      if (models.size <= mostKept) return;
      for (const oldest of models.keys()) {
        models.delete(oldest);
        break;
      }
    },
    modelOf: (proof) => models.get(hashText(proof)) ?? null,
  };
}
