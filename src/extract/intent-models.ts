import { BugError } from "../base/assert.ts";
import type { FactModel, FactTable } from "../facts/fact.ts";
import { type DifficultyModel, readDifficultyModel } from "../meaning/difficulty-model.ts";
import { type Embedder, readEmbedding } from "../meaning/embedding.ts";
import { type IntentModel, readIntentModel } from "../meaning/intent-model.ts";

/** Models in use, by hash: all policies of a configuration share theirs, and so do old and new versions of it. */
const models = new Map<string, IntentModel>();
const difficulties = new Map<string, DifficultyModel>();
const mostModels = 4;

/** There is one table of embeddings in a version of Signalbox; reading it holds the loop for some 50 ms, once. */
let embedder: Embedder | null = null;

/** The model that tells `intent`; null where none is named. Its bytes were read before, or no configuration would have them. */
export function intentModelOf(facts: FactTable): IntentModel | null {
  const model = facts.get("intent")?.model;
  return model === undefined ? null : shared(models, model, readIntentModel);
}

/** The model that tells `difficulty`; null where none is named. */
export function difficultyModelOf(facts: FactTable): DifficultyModel | null {
  const model = facts.get("difficulty")?.model;
  return model === undefined
    ? null
    : shared(difficulties, model, (bytes, table) => {
        if (table === null) throw new BugError("a model of difficulty has its embedding with it");
        return readDifficultyModel(bytes, table);
      });
}

function shared<M>(
  held: Map<string, M>,
  model: FactModel,
  read: (
    bytes: Uint8Array,
    embedder: Embedder | null,
  ) => { readonly ok: true; readonly model: M } | { readonly ok: false; readonly message: string },
): M {
  const known = held.get(model.hash);
  if (known !== undefined) return known;
  const opened = read(model.bytes, tableOf(model));
  if (!opened.ok) throw new BugError(`the model was read before: ${opened.message}`);
  for (const oldest of held.keys()) {
    if (held.size < mostModels) break;
    held.delete(oldest);
  }
  held.set(model.hash, opened.model);
  return opened.model;
}

function tableOf({ embedding }: FactModel): Embedder | null {
  if (embedding !== null && embedder === null) {
    const read = readEmbedding(embedding);
    if (!read.ok) throw new BugError(`the embedding was read before: ${read.message}`);
    embedder = read.embedder;
  }
  return embedder;
}
