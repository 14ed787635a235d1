import { Worker } from "node:worker_threads";
import { workerFlags, workerScript } from "../files/worker-script.ts";
import type { Draft, DraftReview } from "../language/service/review-draft.ts";
import type { ReviewSetting } from "../language/service/review-source.ts";

/** What the worker is asked. */
export interface AnalysisOrder {
  readonly id: number;
  readonly draft: Draft;
  readonly setting: ReviewSetting;
  /** Four bytes; other than zero once nobody waits for the answer. */
  readonly cancelled: SharedArrayBuffer;
}

export interface AnalysisAnswer {
  readonly id: number;
  /** Null when it was cancelled. */
  readonly review: DraftReview | null;
}

/** An analysis under way. */
export interface AnalysisRun {
  /** What it found; null when it was cancelled, or could not be made. */
  readonly done: Promise<DraftReview | null>;
  cancel(): void;
}

/** Analyses policies beside the server, one after the other. */
export interface Analyst {
  start(draft: Draft, setting: ReviewSetting): AnalysisRun;
  close(): Promise<void>;
}

/** An analysis that takes longer or more is given up: a policy may be made to be hard. */
const mostMs = 30_000;
const mostMebibytes = 512;

const script = workerScript("analysis-worker", import.meta.url);

interface Waiting {
  readonly resolve: (review: DraftReview | null) => void;
  readonly timer: NodeJS.Timeout;
}

/** An analyst in a thread, which starts with the first policy. */
export class ThreadAnalyst implements Analyst {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #orders = 0;

  start(draft: Draft, { targets, facts, dispatch }: ReviewSetting): AnalysisRun {
    this.#orders += 1;
    const id = this.#orders;
    const cancelled = new SharedArrayBuffer(4);
    const { promise: done, resolve } = Promise.withResolvers<DraftReview | null>();
    const timer = setTimeout(() => this.#giveUp(), mostMs);
    timer.unref();
    this.#waiting.set(id, { resolve, timer });
    const order: AnalysisOrder = { id, draft, setting: { targets, facts, dispatch }, cancelled };
    this.#running().postMessage(order);
    return {
      done,
      cancel: () => {
        Atomics.store(new Int32Array(cancelled), 0, 1);
        this.#answer({ id, review: null });
      },
    };
  }

  async close(): Promise<void> {
    await this.#giveUp();
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(script, {
      resourceLimits: { maxOldGenerationSizeMb: mostMebibytes },
      execArgv: workerFlags(script),
      // What a thread prints would stand among the protocol's messages.
      stdout: true,
    });
    worker.unref();
    worker.on("message", (answer: AnalysisAnswer) => this.#answer(answer));
    worker.on("error", () => void this.#giveUp());
    this.#worker = worker;
    return worker;
  }

  #answer({ id, review }: AnalysisAnswer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(review);
  }

  /** Ends the thread with all it has to do; the next order gets another. */
  async #giveUp(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    for (const id of [...this.#waiting.keys()]) this.#answer({ id, review: null });
    await worker?.terminate();
  }
}
