import { BugError } from "../base/assert.ts";
import type { FactModel, FactTable } from "../facts/fact.ts";
import { type Embedder, readEmbedding } from "../meaning/embedding.ts";
import { type IntentModel, readIntentModel } from "../meaning/intent-model.ts";

/** Models in use, by hash: all policies of a configuration share theirs, and so do old and new versions of it. */
const models = new Map<string, IntentModel>();
const mostModels = 4;

/** There is one table of embeddings in a version of Signalbox; reading it holds the loop for some 50 ms, once. */
let embedder: Embedder | null = null;

/** The model that tells `intent`; null where none is named. Its bytes were read before, or no configuration would have them. */
export function intentModelOf(facts: FactTable): IntentModel | null {
  const model = facts.get("intent")?.model;
  if (model === undefined) return null;
  const known = models.get(model.hash);
  if (known !== undefined) return known;
  const opened = open(model);
  for (const oldest of models.keys()) {
    if (models.size < mostModels) break;
    models.delete(oldest);
  }
  models.set(model.hash, opened);
  return opened;
}

function open({ bytes, embedding }: FactModel): IntentModel {
  if (embedding !== null && embedder === null) {
    const read = readEmbedding(embedding);
    if (!read.ok) throw new BugError(`the embedding was read before: ${read.message}`);
    embedder = read.embedder;
  }
  const read = readIntentModel(bytes, embedder);
  if (!read.ok) throw new BugError(`the model was read before: ${read.message}`);
  return read.model;
}
