import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { BatchLane } from "../runtime/batch/lane.ts";
import { defaultLaneLimits } from "../runtime/batch/limits.ts";
import { adapterFor } from "../runtime/providers/adapters.ts";
import { type BatchStore, openBatchStore } from "../runtime/store/batch-store.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import { callProvider } from "../runtime/transport/call.ts";
import type { TimerWheel } from "../runtime/transport/timer-wheel.ts";
import type { Core } from "./core.ts";
import { createLaneHost } from "./lane-host.ts";

/** The store of batches, open, and the lane that works on it. */
export interface OpenBatches {
  readonly store: BatchStore;
  readonly lane: BatchLane;
}

/** The time that the lane keeps, in place of the gateway's own. */
export interface LaneTime {
  readonly clock: Clock;
  readonly timers: TimerWheel;
}

/** Gives whoever needs batches their store and lane, opened when they are first needed. */
export class BatchAccess {
  readonly #coreNow: () => Core;
  readonly #time: LaneTime;
  #open: OpenBatches | null = null;

  constructor(core: () => Core, time: LaneTime) {
    this.#coreNow = core;
    this.#time = time;
  }

  /** Takes up what an earlier process left. Throws a StoreError where its store cannot be used. */
  resume(): void {
    if (existsSync(this.#coreNow().snapshot.configuration.store)) this.#openNow();
  }

  /** Null where the store cannot be used, which is logged. */
  open(): OpenBatches | null {
    try {
      return this.#open ?? this.#openNow();
    } catch (err) {
      if (!(err instanceof StoreError)) throw err;
      this.#coreNow().logger.error({ err }, err.message);
      return null;
    }
  }

  /** Milliseconds since the epoch, by the lane's clock. */
  now(): number {
    return this.#time.clock.now();
  }

  newId(prefix: string): string {
    return prefix + randomBytes(12).toString("hex");
  }

  /** Fulfilled when the lane does nothing but wait. */
  async settled(): Promise<void> {
    await this.#open?.lane.settled();
  }

  /** Lets the lane begin nothing more. */
  stop(): void {
    this.#open?.lane.stop();
  }

  async close(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    open.lane.stop();
    await open.lane.settled();
    open.store.close();
  }

  #openNow(): OpenBatches {
    const core = this.#coreNow();
    const { clock, timers } = this.#time;
    const { configuration } = core.snapshot;
    const { batches, server } = configuration;
    const store = openBatchStore(configuration.store);
    const lane = new BatchLane({
      store,
      host: createLaneHost(core),
      clock,
      limits: {
        ...defaultLaneLimits,
        lines: batches.lines,
        lineBytes: server.bodyLimitBytes,
        concurrency: batches.concurrency,
        keepMs: batches.keepMs,
      },
      newId: (prefix) => this.newId(prefix),
      adapterFor,
      call: (call) => callProvider(core.world.parts, call),
      warn: (text) => core.logger.warn(text),
      world: core.world,
      createAlarm: (ring) => timers.createAlarm(ring),
      onBug: (err) =>
        core.logger.error(
          { err },
          err instanceof StoreError ? err.message : "a fault of the gateway itself, in a batch",
        ),
    });
    this.#open = { store, lane };
    lane.start();
    return this.#open;
  }
}
