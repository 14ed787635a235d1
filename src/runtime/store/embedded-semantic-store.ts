import { Worker } from "node:worker_threads";
import { workerFlags, workerScript } from "../../files/worker-script.ts";
import type {
  Candidate,
  Observation,
  SemanticBounds,
  SemanticEntry,
  SemanticPurge,
  SemanticSizes,
  SemanticStore,
} from "../semantic/semantic-store.ts";
import type {
  SemanticBatch,
  SemanticOrder,
  SemanticWord,
  SemanticWorkerData,
} from "./semantic-worker.ts";
import { StoreError } from "./sqlite.ts";

export interface EmbeddedSemanticParts extends SemanticBounds {
  /** The file that outlives the process; null for memory alone. */
  readonly path: string | null;
}

/** So many orders wait for the thread at most: beyond, it is slower than what it is asked for, and more would only wait longer. */
const mostWaiting = 4_096;

/** So many orders go with one message at most: a lookup waits for no more than these. */
const mostTogether = 64;

/** Starts a store of prompts in a thread of its own. Rejects with a StoreError where its file cannot be used. */
export async function openEmbeddedSemanticStore(
  parts: EmbeddedSemanticParts,
): Promise<EmbeddedSemanticStore> {
  const { path, mostEntries, mostBytes } = parts;
  const data: SemanticWorkerData = { path, mostEntries, mostBytes };
  const script = workerScript("semantic-worker", import.meta.url);
  const worker = new Worker(script, { workerData: data, execArgv: workerFlags(script) });
  const store = new EmbeddedSemanticStore(worker);
  try {
    await store.begun;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return store;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Prompts by meaning in a thread beside: what it costs this one is to send a vector and to take what was found. */
export class EmbeddedSemanticStore implements SemanticStore {
  /** When the thread has opened its file. */
  readonly begun: Promise<unknown>;
  readonly lost: Promise<StoreError>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** What goes with the next message. */
  #orders: SemanticBatch["orders"][number][] = [];
  #vectors: Float32Array[] = [];
  /** When the thread is over, and what it held of its file is free. */
  readonly #isOver: Promise<void>;
  #isClosing = false;
  #why: StoreError | null = null;
  #next = 1;

  constructor(worker: Worker) {
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.begun = promise;
    this.#waiting.set(0, { resolve, reject });
    worker.on("message", (words: readonly SemanticWord[]) => this.#hear(words));
    worker.on("error", (cause: Error) => this.#end(`: ${cause.message}`, cause));
    const [lost, over] = [Promise.withResolvers<StoreError>(), Promise.withResolvers<void>()];
    this.lost = lost.promise;
    this.#isOver = over.promise;
    worker.on("exit", () => {
      const why = this.#end();
      over.resolve();
      if (!this.#isClosing) lost.resolve(why);
    });
  }

  async nearest(
    partition: string,
    vector: Float32Array,
    atMs: number,
    sinceMs?: number,
  ): Promise<readonly Candidate[]> {
    const found = await this.#ask(
      { kind: "nearest", partition, dimension: vector.length, atMs, sinceMs },
      vector,
    );
    return found as readonly Candidate[];
  }

  async put(entry: SemanticEntry, vector: Float32Array, atMs: number): Promise<void> {
    await this.#ask({ kind: "put", entry, dimension: vector.length, atMs }, vector);
  }

  async observe(key: string, observation: Observation): Promise<void> {
    await this.#ask({ kind: "observe", key, observation });
  }

  async purge(order: SemanticPurge): Promise<number> {
    return (await this.#ask({ kind: "purge", order })) as number;
  }

  async sizes(atMs: number): Promise<SemanticSizes> {
    return (await this.#ask({ kind: "sizes", atMs })) as SemanticSizes;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const asked = this.#why === null ? this.#ask({ kind: "close" }) : null;
    const [told] = await Promise.allSettled([asked]);
    this.#worker.ref();
    await this.#isOver;
    // A thread that has ended by itself has nothing left to write.
    if (told.status === "rejected" && told.reason !== this.#why) throw told.reason;
  }

  #ask(order: SemanticOrder, vector: Float32Array | null = null): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#why !== null) reject(this.#why);
    else if (this.#waiting.size >= mostWaiting && order.kind !== "close")
      reject(new StoreError("the semantic cache is asked more than it can answer"));
    else {
      const n = this.#next;
      this.#next += 1;
      // An order under way keeps the process alive, an idle thread does not.
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(n, { resolve, reject });
      if (this.#orders.length === 0) queueMicrotask(() => this.#send());
      this.#orders.push({ n, order });
      if (vector !== null) this.#vectors.push(vector);
      if (this.#orders.length >= mostTogether) this.#send();
    }
    return promise;
  }

  /** Sends what was ordered in this turn, its vectors copied into memory that is handed over. */
  #send(): void {
    const orders = this.#orders;
    if (orders.length === 0) return;
    let count = 0;
    for (const { length } of this.#vectors) count += length;
    const vectors = new Float32Array(count);
    let at = 0;
    for (const vector of this.#vectors) {
      vectors.set(vector, at);
      at += vector.length;
    }
    this.#orders = [];
    this.#vectors = [];
    const batch: SemanticBatch = { orders, vectors };
    this.#worker.postMessage(batch, [vectors.buffer]);
  }

  #hear(words: readonly SemanticWord[]): void {
    for (const word of words) this.#hearOne(word);
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #hearOne(word: SemanticWord): void {
    const waiting = this.#waiting.get(word.n);
    this.#waiting.delete(word.n);
    if ("answer" in word) waiting?.resolve(word.answer);
    else waiting?.reject(word.isStore ? new StoreError(word.failed) : new Error(word.failed));
  }

  #end(how = "", cause?: Error): StoreError {
    const why = new StoreError(`the thread of the semantic cache has ended${how}`, { cause });
    this.#why ??= why;
    for (const { reject } of this.#waiting.values()) reject(this.#why);
    this.#waiting.clear();
    return this.#why;
  }
}
