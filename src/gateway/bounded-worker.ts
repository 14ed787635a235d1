import { type MessagePort, Worker } from "node:worker_threads";
import { workerFlags } from "../files/worker-script.ts";

/** The worker ended before it had answered: of a fault of ours, unless it is a WorkerOverrun. */
export class WorkerLost extends Error {
  override readonly name: string = "WorkerLost";
}

/** The worker was stopped because an order went over its limits. */
export class WorkerOverrun extends WorkerLost {
  override readonly name = "WorkerOverrun";
}

export interface WorkerLimits {
  readonly timeMs: number;
  readonly memoryMebibytes: number;
  /** How long a thread that was asked to leave may stay; two seconds where nothing is said. */
  readonly leaveMs?: number;
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

  /**
   * Rejects with a WorkerOverrun when the order takes too long or too much memory, with another WorkerLost when its thread dies;
   * the next one gets a new worker.
   */
  run(order: Order): Promise<Answer> {
    const worker = this.start();
    // First of all: an order that cannot be copied throws here, and must leave no timer behind.
    worker.postMessage(order);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const stop = (error: WorkerLost): void => {
      if (this.#worker === worker) this.#worker = null;
      void worker.terminate();
      reject(error);
    };
    const { timeMs, memoryMebibytes } = this.#limits;
    const late = new WorkerOverrun(`it took longer than ${timeMs} ms`);
    const timer = setTimeout(() => stop(late), timeMs);
    const exited = (): void => stop(new WorkerLost("its thread ended early"));
    const failed = (cause: unknown): void => {
      const code = (cause as { readonly code?: string } | null)?.code;
      if (code === "ERR_WORKER_OUT_OF_MEMORY")
        stop(new WorkerOverrun(`it took more than ${memoryMebibytes} MiB`, { cause }));
      else stop(new WorkerLost(cause instanceof Error ? cause.message : String(cause), { cause }));
    };
    worker.once("error", failed).once("exit", exited);
    worker.once("message", (answer: Answer) => {
      worker.off("error", failed).off("exit", exited);
      resolve(answer);
    });
    return promise.finally(() => clearTimeout(timer));
  }

  /** The worker, started if it is not there: it need not wait for an order. */
  start(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#script, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMebibytes },
      execArgv: workerFlags(this.#script),
    });
    // An idle worker keeps no process alive; an order in progress does, by its timer.
    worker.unref();
    // An order in progress hears of it itself; where there is none the next one gets a thread that tells it again, if it does.
    worker.on("error", () => {});
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = null;
    });
    this.#worker = worker;
    return worker;
  }

  /**
   * Asks the thread to leave, and ends it by force only when it stays: a thread stopped in the middle of loading its
   * modules can, rarely, bring the whole process down with it.
   */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null) return;
    const { promise: left, resolve } = Promise.withResolvers<void>();
    worker.once("exit", () => resolve());
    const { leaveMs = defaultLeaveMs } = this.#limits;
    const timer = setTimeout(() => void worker.terminate().then(() => resolve()), leaveMs);
    worker.postMessage(leave);
    await left;
    clearTimeout(timer);
  }
}

/** What a thread is sent in place of an order when it shall end. */
const leave = null;

const defaultLeaveMs = 2_000;

/** Hears a worker's orders, in its thread, until it is asked to leave. */
export function hearOrders<Order>(port: MessagePort, take: (order: Order) => void): void {
  port.on("message", (order: Order | typeof leave) => {
    if (order === leave) port.close();
    else take(order);
  });
}
