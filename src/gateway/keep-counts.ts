import type { Timers } from "../runtime/limits/waiter.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import type { Core } from "./core.ts";
import type { RequestLimits } from "./request-limits.ts";
import type { SharedGateways } from "./shared-gateways.ts";
import type { TokenCounts } from "./token-counts.ts";

export interface KeepCountsParts {
  readonly counts: TokenCounts;
  readonly limits: Pick<RequestLimits, "file" | "failed">;
  readonly shared: Pick<SharedGateways, "isShared" | "learned" | "keepLearned">;
  readonly timers: Timers;
  logger(): Pick<Logger, "warn" | "error">;
}

const what = "token-counts";
/** The first look comes when a connection to Redis is usually there. */
const firstMs = 1_000;
const everyMs = 60_000;

/**
 * Lets what was learned of token counts outlive the gateway, beside its requests: on Redis where gateways share one, else in the
 * ledger's file where that is open, else not at all. Nothing is written before what is there was read.
 */
export class KeepCounts {
  readonly #parts: KeepCountsParts;
  #read = false;
  #written = 0;
  #stop = (): void => {};

  constructor(parts: KeepCountsParts) {
    this.#parts = parts;
  }

  async begin(): Promise<void> {
    this.#later(firstMs);
    if (!this.#parts.shared.isShared) await this.keep();
  }

  /** Takes up what is kept, once; then keeps what was learned since the last time. Never rejects. */
  async keep(): Promise<void> {
    const { counts, limits, shared } = this.#parts;
    try {
      this.#read ||= this.#takeUp(await this.#kept());
      if (!this.#read || counts.learnedFrom === this.#written) return;
      const { learnedFrom } = counts;
      const state = counts.state();
      if (shared.isShared) {
        if (!(await shared.keepLearned(what, state))) return;
      } else await limits.file?.keepLearned(what, state);
      this.#written = learnedFrom;
    } catch (error) {
      if (error instanceof StoreError) limits.failed(error);
      // Nobody waits for it, and requests are none the worse for it.
      else this.#parts.logger().error({ err: error }, "what was learned of tokens was not kept");
    }
  }

  async close(): Promise<void> {
    this.#stop();
    await this.keep();
  }

  #later(afterMs: number): void {
    this.#stop = this.#parts.timers.start(afterMs, () => {
      this.#later(everyMs);
      void this.keep();
    });
  }

  /** Undefined where nothing is open, or it cannot be asked now. */
  async #kept(): Promise<string | null | undefined> {
    const { limits, shared } = this.#parts;
    return shared.isShared ? await shared.learned(what) : limits.file?.learned(what);
  }

  #takeUp(kept: string | null | undefined): boolean {
    if (kept === undefined) return false;
    if (kept !== null && !this.#parts.counts.restore(kept))
      this.#parts
        .logger()
        .warn("what was kept of how targets count tokens cannot be read; it is learned anew");
    return true;
  }
}

export function keepCountsOf(core: Core, timers: Timers): KeepCounts {
  const { counts, limits, shared } = core;
  return new KeepCounts({ counts, limits, shared, timers, logger: () => core.logger });
}
