import { parentPort, workerData } from "node:worker_threads";
import type {
  Observation,
  SemanticBounds,
  SemanticEntry,
  SemanticPurge,
} from "../semantic/semantic-store.ts";
import { SemanticDesk } from "./semantic-desk.ts";
import { StoreError } from "./sqlite.ts";

export interface SemanticWorkerData extends SemanticBounds {
  readonly path: string | null;
}

/** One with a vector has so many numbers of those that come with its batch. */
export type SemanticOrder =
  | {
      readonly kind: "nearest";
      readonly partition: string;
      readonly dimension: number;
      readonly atMs: number;
      readonly sinceMs: number | undefined;
    }
  | {
      readonly kind: "put";
      readonly entry: SemanticEntry;
      readonly dimension: number;
      readonly atMs: number;
    }
  | { readonly kind: "observe"; readonly key: string; readonly observation: Observation }
  | { readonly kind: "purge"; readonly order: SemanticPurge }
  | { readonly kind: "sizes"; readonly atMs: number }
  | { readonly kind: "close" };

/** The orders of one turn: few messages, and one piece of memory that is handed over. */
export interface SemanticBatch {
  readonly orders: readonly { readonly n: number; readonly order: SemanticOrder }[];
  /** The vectors of those that have one, in their order. */
  readonly vectors: Float32Array;
}

/** What the thread says: to an order by its number, and by 0 that it is there. */
export type SemanticWord =
  | { readonly n: number; readonly answer: unknown }
  | { readonly n: number; readonly failed: string; readonly isStore: boolean };

/** Serves a store of prompts in a thread of its own, so that neither inserts nor commits hold up who asks. */
function serve(port: NonNullable<typeof parentPort>): void {
  let words: SemanticWord[] = [];
  const send = (): void => {
    port.postMessage(words);
    words = [];
  };
  // What is ready at once goes together.
  const say = (word: SemanticWord): void => {
    if (words.length === 0) queueMicrotask(send);
    words.push(word);
  };
  const fail = (n: number, error: unknown): void =>
    say({
      n,
      failed: error instanceof Error ? error.message : String(error),
      isStore: error instanceof StoreError,
    });
  const data = workerData as SemanticWorkerData;
  let desk: SemanticDesk;
  try {
    desk = new SemanticDesk({ ...data, later: setImmediate });
  } catch (error) {
    fail(0, error);
    return;
  }
  port.on("message", ({ orders, vectors }: SemanticBatch) => {
    let at = 0;
    for (const { n, order } of orders) {
      const dimension = "dimension" in order ? order.dimension : 0;
      const vector = vectors.subarray(at, at + dimension);
      at += dimension;
      carryOut(desk, order, vector)
        .then(
          (answer) => say({ n, answer }),
          (error: unknown) => fail(n, error),
        )
        .finally(() => order.kind === "close" && queueMicrotask(() => port.close()));
    }
  });
  say({ n: 0, answer: null });
}

async function carryOut(
  desk: SemanticDesk,
  order: SemanticOrder,
  vector: Float32Array,
): Promise<unknown> {
  switch (order.kind) {
    case "nearest":
      return desk.nearest(order.partition, vector, order.atMs, order.sinceMs);
    case "put":
      return desk.put(order.entry, vector, order.atMs);
    case "observe":
      return desk.observe(order.key, order.observation);
    case "purge":
      return desk.purge(order.order);
    case "sizes":
      return desk.sizes(order.atMs);
    case "close":
      return desk.close();
  }
}

if (parentPort !== null) serve(parentPort);
