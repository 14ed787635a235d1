import { Worker } from "node:worker_threads";
import { BugError } from "../../base/assert.ts";
import { workerFlags, workerScript } from "../../files/worker-script.ts";
import { pack } from "../../language/program/transfer.ts";
import type { SimulateOptions, SimulationState } from "../simulate.ts";
import type { ChunkOrder, ChunkWord, ChunkWorkerData } from "./chunk-worker.ts";
import type { LineChunk } from "./line-cutter.ts";

/** Chunks that a thread has at a time: one to decide, and one that it finds when it is done. */
const mostHeld = 2;

/**
 * Whether what becomes of a request depends on it alone, so that a log can be decided in pieces: no replay, nobody who is told of
 * requests in their order, and no discount that begins with what was spent before.
 */
export function isDecidedInPieces(options: SimulateOptions): boolean {
  const { replay, onRequest, onLogged, configuration } = options;
  if (replay !== undefined || onRequest !== undefined || onLogged !== undefined) return false;
  const { providers, targets } = configuration;
  const discounted = [...providers.values(), ...targets.values()];
  return discounted.every(({ discounts = [] }) => discounts.length === 0);
}

/** Threads that decide the chunks of a log; each is started as soon as those before it are at work. */
export class ChunkWorkers {
  readonly #most: number;
  readonly #data: ChunkWorkerData;
  readonly #threads: ChunkThread[] = [];
  #wake: (() => void) | null = null;

  constructor(options: SimulateOptions, most: number) {
    this.#most = most;
    this.#data = dataOf(options);
  }

  /** Requests that were decided so far. */
  get requests(): number {
    return this.#threads.reduce((sum, { requests }) => sum + requests, 0);
  }

  /** Resolves as soon as there is room for another chunk. */
  async decide(chunk: LineChunk): Promise<void> {
    let thread = this.#free();
    while (thread === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      thread = this.#free();
    }
    thread.order(chunk, [chunk.bytes.buffer]);
  }

  /** What came of all chunks, in each thread. */
  async finish(): Promise<readonly SimulationState[]> {
    return await Promise.all(this.#threads.map((thread) => thread.finish()));
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  /** The thread that has least to do, a new one where all have something; null where all have enough. */
  #free(): ChunkThread | null {
    for (const { failure } of this.#threads) if (failure !== null) throw failure;
    const [least = null] = this.#threads.toSorted((one, other) => one.held - other.held);
    if (least?.held === 0) return least;
    if (this.#threads.length === this.#most) {
      return least !== null && least.held < mostHeld ? least : null;
    }
    const thread = new ChunkThread(this.#data, () => {
      this.#wake?.();
      this.#wake = null;
    });
    this.#threads.push(thread);
    return thread;
  }
}

function dataOf(options: SimulateOptions): ChunkWorkerData {
  const { configuration, programs, format = null, map = null, seed = 0, nowMs, log } = options;
  return {
    ...{ configuration, format, map, seed, nowMs },
    a: pack(programs.a),
    b: programs.b === undefined ? null : pack(programs.b),
    files: "files" in log ? log.files.map(({ name }) => name) : null,
  };
}

class ChunkThread {
  /** Chunks that it was given and has not decided yet. */
  held = 0;
  requests = 0;
  failure: Error | null = null;
  readonly #worker: Worker;
  readonly #state = Promise.withResolvers<SimulationState>();

  constructor(data: ChunkWorkerData, wake: () => void) {
    const script = workerScript("chunk-worker", import.meta.url);
    this.#worker = new Worker(script, { workerData: data, execArgv: workerFlags(script) });
    const fail = (error: Error): void => {
      this.failure ??= error;
      this.#state.reject(this.failure);
      wake();
    };
    // Whoever gives it a chunk is told of the failure too.
    this.#state.promise.catch(() => undefined);
    this.#worker.on("error", fail);
    this.#worker.on("exit", () => fail(new BugError("a thread that decides a log ended early")));
    this.#worker.on("message", ({ requests, state }: ChunkWord) => {
      this.requests = requests;
      if (state === null) this.held -= 1;
      else this.#state.resolve(state);
      wake();
    });
  }

  order(order: ChunkOrder, transfers: readonly ArrayBuffer[] = []): void {
    if (order !== null) this.held += 1;
    this.#worker.postMessage(order, transfers);
  }

  async finish(): Promise<SimulationState> {
    this.order(null);
    return await this.#state.promise;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
