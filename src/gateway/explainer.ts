import { BugError } from "../base/assert.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { DecisionSnapshot } from "../explain/explain-snapshot.ts";
import { workerScript } from "../files/worker-script.ts";
import { BoundedWorker, type WorkerLimits, WorkerOverrun } from "./bounded-worker.ts";
import type { Bundle } from "./reload/load.ts";

/** A decided request to be explained. */
export interface ExplainOrder {
  readonly bundle: Bundle;
  /** The policy's hash. */
  readonly hash: string;
  readonly configuration: Configuration;
  readonly snapshot: DecisionSnapshot;
  /** What would have been served: an explanation of anything else is a fault of ours. */
  readonly decided: { readonly rule: string; readonly targets: readonly string[] };
}

/** What the worker says: the explanation as JSON text, or a fault of ours. */
export type ExplainAnswer =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly fault: string };

/** Makes explanations off the event loop, one after the other. */
export interface Explainer {
  /** The explanation as JSON text; null when too many wait already, or this one takes too long or too much memory. */
  explain(order: ExplainOrder): Promise<string | null>;
  close(): Promise<void>;
}

const defaultLimits: WorkerLimits = { timeMs: 15_000, memoryMebibytes: 512 };

/** So many explanations may wait; each keeps its request's facts. */
const mostWaiting = 16;

/** An explainer whose worker starts with the first order. */
export function createExplainer(limits: WorkerLimits = defaultLimits): Explainer {
  return new WorkerExplainer(limits);
}

class WorkerExplainer implements Explainer {
  readonly #worker: BoundedWorker<ExplainOrder, ExplainAnswer>;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(limits: WorkerLimits) {
    const script = workerScript("explain-worker", import.meta.url);
    this.#worker = new BoundedWorker(script, null, limits);
  }

  async explain(order: ExplainOrder): Promise<string | null> {
    if (this.#waiting >= mostWaiting) return null;
    this.#waiting += 1;
    const next = this.#last.then(() => this.#worker.run(order));
    // The next one in line need not care; who asked for this one is told below.
    this.#last = next.catch(() => {});
    try {
      const answer = await next;
      if (!answer.ok) throw new BugError(answer.fault);
      return answer.json;
    } catch (error) {
      if (error instanceof WorkerOverrun) return null;
      throw error;
    } finally {
      this.#waiting -= 1;
    }
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
