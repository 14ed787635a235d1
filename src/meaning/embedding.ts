import { floatsOf, unpackFile } from "./packed-file.ts";
import { createWordPieces } from "./word-pieces.ts";

/** Of a longer text so many characters are read: its head and its tail in equal parts. */
export const embeddedCharacters = 8_000;
const mostPieces = 2_048;
const largestDimension = 4_096;

/** Places texts in a space in which texts of like meaning are near each other. */
export interface Embedder {
  readonly dimension: number;
  /** Stands for the table: vectors of different tables cannot be compared. */
  readonly hash: string;
  /** The place of a text, at length 1; all zeros where it holds no known word. */
  embed(text: string): Float32Array;
}

/**
 * Reads a table of static embeddings: one vector a piece of a word, as bytes with a scale each; a text's place is the mean
 * of its pieces'. The file is made by `scripts/distil-embedding.py`. A message tells what is wrong with a file.
 */
export function readEmbedding(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly embedder: Embedder }
  | { readonly ok: false; readonly message: string } {
  const unpacked = unpackFile(bytes, "embedding", 1);
  if (!unpacked.ok) return unpacked;
  const { hash, fields, section } = unpacked.file;
  const dimension = fields["dimension"];
  const vocabulary = new TextDecoder()
    .decode(section("vocabulary") ?? new Uint8Array())
    .split("\n");
  const scales = floatsOf(section("scales"), vocabulary.length);
  const vectors = section("vectors");
  if (
    typeof dimension !== "number" ||
    !Number.isSafeInteger(dimension) ||
    dimension < 1 ||
    dimension > largestDimension ||
    scales === null ||
    vectors?.length !== vocabulary.length * dimension
  ) {
    return { ok: false, message: "its table does not fit its vocabulary" };
  }
  const signed = new Int8Array(vectors.buffer, vectors.byteOffset, vectors.length);
  return {
    ok: true,
    embedder: embedderOf({ dimension, hash, vocabulary, scales, vectors: signed }),
  };
}

interface Table {
  readonly dimension: number;
  readonly hash: string;
  readonly vocabulary: readonly string[];
  readonly scales: Float32Array;
  readonly vectors: Int8Array;
}

function embedderOf({ dimension, hash, vocabulary, scales, vectors }: Table): Embedder {
  const cut = createWordPieces(vocabulary, mostPieces);
  return {
    dimension,
    hash,
    embed(text) {
      const half = embeddedCharacters / 2;
      const read =
        text.length <= embeddedCharacters ? text : `${text.slice(0, half)}\n${text.slice(-half)}`;
      const sum = new Float32Array(dimension);
      for (const id of cut(read)) {
        const scale = scales[id] as number;
        const start = id * dimension;
        for (let i = 0; i < dimension; i += 1) {
          sum[i] = (sum[i] as number) + scale * (vectors[start + i] as number);
        }
      }
      return normalised(sum);
    },
  };
}

function normalised(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares > 0) {
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] as number) * scale;
  }
  return vector;
}

/** The cosine of two places: 1 for the same, about 0 for texts that have nothing to do with each other. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
