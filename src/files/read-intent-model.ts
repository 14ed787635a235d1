import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { FactModel } from "../facts/fact.ts";
import { readDifficultyModel } from "../meaning/difficulty-model.ts";
import { type Embedder, readEmbedding } from "../meaning/embedding.ts";
import { readIntentModel } from "../meaning/intent-model.ts";
import { reasonOf } from "./read-files.ts";

const largestModel = 64 * 1_048_576;

/** What a configuration writes for the model that the package brings. */
const shippedModel = "shipped";

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
  const bytes = readShared(shippedFile("embedding.model"));
  const read = readEmbedding(bytes);
  if (!read.ok) throw new Error(`models/embedding.model: ${read.message}`);
  return { bytes, embedder: read.embedder };
}

/** A file among the package's models; sources stand two folders below its root, the build three. */
function shippedFile(name: string): URL {
  const places = ["../../models/", "../../../models/"].map(
    (place) => new URL(place + name, import.meta.url),
  );
  return places.find((place) => existsSync(place)) ?? (places[0] as URL);
}

/** Where the model lies that a configuration names, as an absolute path; null for the one that the package brings. */
export function modelPlace(configuration: string, name: string): string | null {
  return name === shippedModel ? null : resolve(dirname(configuration), name);
}

/** A model as its file holds it, for a configuration to name, or why it cannot be used. */
export type LoadedModel =
  | { readonly ok: true; readonly model: FactModel }
  | { readonly ok: false; readonly why: string };

/** A model of intents: a path, or null for the shipped one. */
export function loadIntentModel(path: string | null): LoadedModel {
  const bytes = bytesAt(path, "intents.model");
  if (typeof bytes === "string") return { ok: false, why: bytes };
  const { bytes: embedding, embedder } = readShippedEmbedding();
  const read = readIntentModel(bytes, embedder);
  if (!read.ok) return { ok: false, why: read.message };
  const { hash, labels, besideClues } = read.model;
  return {
    ok: true,
    model: {
      hash,
      labels,
      besideClues,
      bytes,
      embedding: read.model.embedder === null ? null : embedding,
    },
  };
}

/** A model of difficulty: a path, or null for the shipped one. */
export function loadDifficultyModel(path: string | null): LoadedModel {
  const bytes = bytesAt(path, "difficulty.model");
  if (typeof bytes === "string") return { ok: false, why: bytes };
  const { bytes: embedding, embedder } = readShippedEmbedding();
  const read = readDifficultyModel(bytes, embedder);
  if (!read.ok) return { ok: false, why: read.message };
  const { hash, measured } = read.model;
  return { ok: true, model: { hash, labels: [], besideClues: false, bytes, embedding, measured } };
}

/** The bytes of a model's file, or why there are none. */
function bytesAt(path: string | null, shippedName: string): Uint8Array | string {
  try {
    return readShared(path === null ? shippedFile(shippedName) : resolve(path));
  } catch (error) {
    return reasonOf(error);
  }
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
