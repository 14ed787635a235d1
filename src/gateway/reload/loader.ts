import { Worker } from "node:worker_threads";
import type { Load, LoadOrder } from "./load.ts";

/** Runs loads in a worker. One at a time. */
export interface Loader {
  /** Rejects with a LoaderOverrun when a load takes too long or too much memory; the next one gets a new worker. */
  load(order: LoadOrder): Promise<Load>;
  close(): Promise<void>;
}

/** The worker was stopped because a load went over its limits, or died of a fault of ours. */
export class LoaderOverrun extends Error {
  override readonly name = "LoaderOverrun";
}

export interface LoaderLimits {
  readonly timeMs: number;
  readonly memoryMebibytes: number;
}

/** What production runs with; a thousand rules take some 100 ms. */
export const defaultLoaderLimits: LoaderLimits = { timeMs: 15_000, memoryMebibytes: 512 };

/** A loader with its worker already starting. `variables` stand for the environment's; null reads the process's own. */
export function createLoader(
  variables: Readonly<Record<string, string | undefined>> | null,
  limits: LoaderLimits = defaultLoaderLimits,
): Loader {
  return new WorkerLoader(variables, limits);
}

const script = new URL(
  import.meta.url.endsWith(".js") ? "./worker.js" : "./worker.ts",
  import.meta.url,
);

class WorkerLoader implements Loader {
  readonly #variables: Readonly<Record<string, string | undefined>> | null;
  readonly #limits: LoaderLimits;
  #worker: Worker | null = null;

  constructor(
    variables: Readonly<Record<string, string | undefined>> | null,
    limits: LoaderLimits,
  ) {
    this.#variables = variables;
    this.#limits = limits;
    this.#running();
  }

  load(order: LoadOrder): Promise<Load> {
    const worker = this.#running();
    const { promise, resolve, reject } = Promise.withResolvers<Load>();
    const stop = (why: string, cause?: unknown): void => {
      if (this.#worker === worker) this.#worker = null;
      void worker.terminate();
      reject(new LoaderOverrun(why, { cause }));
    };
    const { timeMs, memoryMebibytes } = this.#limits;
    const timer = setTimeout(() => stop(`it took longer than ${timeMs} ms`), timeMs);
    const exited = (): void => stop("its thread ended early");
    const failed = (error: unknown): void => {
      const code = (error as { readonly code?: string } | null)?.code;
      if (code === "ERR_WORKER_OUT_OF_MEMORY")
        stop(`it took more than ${memoryMebibytes} MiB`, error);
      else stop(error instanceof Error ? error.message : String(error), error);
    };
    worker.once("error", failed).once("exit", exited);
    worker.once("message", (load: Load) => {
      worker.off("error", failed).off("exit", exited);
      resolve(load);
    });
    worker.postMessage(order);
    return promise.finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(script, {
      workerData: { variables: this.#variables },
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMebibytes },
      execArgv: [],
    });
    // An idle loader keeps no process alive; a load in progress does, by its timer.
    worker.unref();
    worker.on("error", () => {});
    this.#worker = worker;
    return worker;
  }
}
