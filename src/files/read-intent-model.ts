import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { type Embedder, readEmbedding } from "../meaning/embedding.ts";
import { readIntentModel } from "../meaning/intent-model.ts";
import { reasonOf } from "./read-files.ts";

const largestModel = 64 * 1_048_576;

/** The table of static embeddings that the package brings; sources stand two folders below its root, the build three. */
const embeddingPlaces = ["../../models/embedding.model", "../../../models/embedding.model"];

/** The shipped embedding: its bytes, in memory that threads share, and what reads them. */
export interface ShippedEmbedding {
  readonly bytes: Uint8Array;
  readonly embedder: Embedder;
}

let shipped: ShippedEmbedding | null = null;

/** Reads the embedding that the package brings, once in a thread. Throws when it cannot be read: it is ours. */
export function readShippedEmbedding(): ShippedEmbedding {
  shipped ??= openShipped();
  return shipped;
}

function openShipped(): ShippedEmbedding {
  for (const place of embeddingPlaces) {
    try {
      const bytes = readShared(new URL(place, import.meta.url));
      const read = readEmbedding(bytes);
      if (!read.ok) throw new Error(`models/embedding.model: ${read.message}`);
      return { bytes, embedder: read.embedder };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error("models/embedding.model is not where the package keeps it");
}

/** A model of intents as its file holds it, for a configuration to name; why it cannot be used otherwise. */
export function loadIntentModel(path: string):
  | {
      readonly ok: true;
      readonly model: {
        readonly hash: string;
        readonly labels: readonly string[];
        readonly bytes: Uint8Array;
        readonly embedding: Uint8Array | null;
      };
    }
  | { readonly ok: false; readonly why: string } {
  let bytes: Uint8Array;
  try {
    bytes = readShared(resolve(path));
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  }
  const { bytes: embedding, embedder } = readShippedEmbedding();
  const read = readIntentModel(bytes, embedder);
  if (!read.ok) return { ok: false, why: read.message };
  const { hash, labels, usesEmbedding } = read.model;
  return {
    ok: true,
    model: { hash, labels, bytes, embedding: usesEmbedding ? embedding : null },
  };
}

/** Into shared memory: a configuration goes from thread to thread, and megabytes are not copied each time. */
function readShared(place: string | URL): Uint8Array {
  const file = openSync(place, "r");
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(stat.isDirectory() ? "it is a folder" : "it is no file");
    if (stat.size > largestModel) throw new Error("it is larger than any model");
    const bytes = new Uint8Array(new SharedArrayBuffer(stat.size));
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(file, bytes, filled, bytes.length - filled, null);
      if (count === 0) throw new Error("it is cut off");
      filled += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
