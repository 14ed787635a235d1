import { workerScript } from "../../files/worker-script.ts";
import { BoundedWorker, type WorkerLimits } from "../bounded-worker.ts";
import type { Load, LoadOrder } from "./load.ts";

/** Runs loads in a worker. One at a time. */
export interface Loader {
  /** Rejects with a WorkerLost when a load takes too long or too much memory, or dies; the next one gets a new worker. */
  load(order: LoadOrder): Promise<Load>;
  close(): Promise<void>;
}

export type LoaderLimits = WorkerLimits;

/** What production runs with; a thousand rules take some 100 ms. */
export const defaultLoaderLimits: LoaderLimits = { timeMs: 15_000, memoryMebibytes: 512 };

/** A loader with its worker already starting. `variables` stand for the environment's; null reads the process's own. */
export function createLoader(
  variables: Readonly<Record<string, string | undefined>> | null,
  limits: LoaderLimits = defaultLoaderLimits,
): Loader {
  const script = workerScript("worker", import.meta.url);
  const worker = new BoundedWorker<LoadOrder, Load>(script, { variables }, limits);
  worker.start();
  return { load: (order) => worker.run(order), close: () => worker.close() };
}
