import { Worker } from "node:worker_threads";

/** The worker was stopped because an order went over its limits, or died of a fault of ours. */
export class WorkerOverrun extends Error {
  override readonly name = "WorkerOverrun";
}

export interface WorkerLimits {
  readonly timeMs: number;
  readonly memoryMebibytes: number;
}

/** A worker thread that answers one order with one message, under limits of time and memory. One order at a time. */
export class BoundedWorker<Order, Answer> {
  readonly #script: URL;
  readonly #data: unknown;
  readonly #limits: WorkerLimits;
  #worker: Worker | null = null;

  constructor(script: URL, data: unknown, limits: WorkerLimits) {
    this.#script = script;
    this.#data = data;
    this.#limits = limits;
  }

  /** Rejects with a WorkerOverrun when the order takes too long or too much memory; the next one gets a new worker. */
  run(order: Order): Promise<Answer> {
    const worker = this.start();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const stop = (why: string, cause?: unknown): void => {
      if (this.#worker === worker) this.#worker = null;
      void worker.terminate();
      reject(new WorkerOverrun(why, { cause }));
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
    worker.once("message", (answer: Answer) => {
      worker.off("error", failed).off("exit", exited);
      resolve(answer);
    });
    worker.postMessage(order);
    return promise.finally(() => clearTimeout(timer));
  }

  /** The worker, started if it is not there: it need not wait for an order. */
  start(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#script, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMebibytes },
      execArgv: [],
    });
    // An idle worker keeps no process alive; an order in progress does, by its timer.
    worker.unref();
    worker.on("error", () => {});
    this.#worker = worker;
    return worker;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

/** The script of a worker beside a module: as source in a checkout, compiled in the published package. */
export function workerScript(name: string, besideUrl: string): URL {
  return new URL(`./${name}.${besideUrl.endsWith(".js") ? "js" : "ts"}`, besideUrl);
}
