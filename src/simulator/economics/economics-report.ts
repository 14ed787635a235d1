import type { BreakEven } from "./break-even.ts";
import type { Economics } from "./economics.ts";

/** How many of a target's graphics cards a wanted time takes. */
export interface GpuCount {
  readonly target: string;
  /** Requests that one works on at once. */
  readonly slots: number;
  /** The p95 that was asked for, of its answers from sending to their end; milliseconds. */
  readonly p95Ms: number;
  /** Whether all answers were drawn from models: where that was asked for, and where the log's times at the target hold its queue. */
  readonly modelled: boolean;
  /** Null where even the most that were tried do not reach it. */
  readonly needed: number | null;
  readonly tried: readonly {
    readonly gpus: number;
    readonly p95: number | null;
    readonly answered: number;
    readonly failed: number;
    readonly cost: number;
  }[];
}

export interface EconomicsReport extends Economics {
  readonly gpus?: GpuCount;
  readonly breakEven?: BreakEven;
}
