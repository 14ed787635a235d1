import { getHeapStatistics } from "node:v8";
import type { Load } from "./admission.ts";

/** What a watch stands on; Node's own where a test gives none. */
export interface LoadSources {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `run` once after the delay; returns what cancels it. */
  start(delayMs: number, run: () => void): () => void;
  /** Share of V8's heap limit in use. */
  heapShare(): number;
}

const tickMs = 25;
const sampleMs = 250;

const nodeSources: LoadSources = {
  now: () => performance.now(),
  start(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  heapShare() {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return used / limit;
  },
};

/**
 * Reports a sample of the process four times a second, or at the end of a longer turn of the loop. Returns what ends it. The loop
 * is measured by how late a tick of 25 ms comes: of some ten in a sample the latest is the 99th percentile. (Node's histogram
 * forgets, when it is reset, a turn that begins within its next 10 ms, which in an overload is each.)
 */
export function watchLoad(
  report: (load: Load) => void,
  sources: LoadSources = nodeSources,
): () => void {
  let sampledAtMs = sources.now();
  let latestMs = 0;
  let cancel = (): void => {};
  const wait = (): void => {
    const dueAtMs = sources.now() + tickMs;
    cancel = sources.start(tickMs, () => tick(dueAtMs));
  };
  const tick = (dueAtMs: number): void => {
    const nowMs = sources.now();
    latestMs = Math.max(latestMs, nowMs - dueAtMs);
    if (nowMs - sampledAtMs >= sampleMs) {
      report({ loopDelayMs: latestMs, heapShare: sources.heapShare() });
      sampledAtMs = nowMs;
      latestMs = 0;
    }
    wait();
  };
  wait();
  return () => cancel();
}
