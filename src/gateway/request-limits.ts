import type { Clock } from "../base/clock.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { Admission } from "../runtime/limits/admission.ts";
import type { LimitStore } from "../runtime/limits/limit-store.ts";
import type { Timers } from "../runtime/limits/waiter.ts";
import type { Ledger, LedgerRow } from "../runtime/store/ledger.ts";
import { type LedgerFile, openLedgerFile } from "../runtime/store/ledger-file.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import type { TimerWheel } from "../runtime/transport/timer-wheel.ts";
import type { Core } from "./core.ts";
import { RowKeeper } from "./row-keeper.ts";
import { StartError } from "./start-error.ts";

/** The counters of limits and budgets, and the ledger beside them, open. */
export interface OpenLimits {
  readonly store: LimitStore;
  readonly admission: Admission;
  /** Null where no rows are kept. */
  readonly rows: RowKeeper | null;
  readonly ledger: Ledger | null;
}

export interface RequestLimitsParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly configuration: () => Configuration;
  /** Told of each write that failed. */
  readonly failed: (error: unknown) => void;
}

const hourMs = 3_600_000;
/** Between two parts of old rows that are forgotten: more than a busy gateway writes meanwhile. */
const nextPieceMs = 100;

/** A file that cannot be opened is tried again after so long: each try may wait a second for who holds it, and all requests with it. */
const reopenMs = 5_000;

/**
 * Gives whoever counts requests the counters and the ledger. They are opened when a policy first counts something, or at the start
 * where the configuration names them; the settings are those of the start.
 */
export class RequestLimits {
  readonly #parts: RequestLimitsParts;
  #file: LedgerFile | null = null;
  #shared: LimitStore | null = null;
  #open: OpenLimits | null = null;
  /** Why it could not be opened, and until when that is believed. */
  #refusal: { readonly error: StoreError; readonly untilMs: number } | null = null;
  #stopPruning = (): void => {};

  constructor(parts: RequestLimitsParts) {
    this.#parts = parts;
  }

  /** Opens what the configuration names, or policies `count` by. Rejects with a StoreError where that cannot be used. */
  async begin(counts: boolean): Promise<void> {
    const { redis, ledger } = this.#parts.configuration();
    if (redis?.url.kind === "value") {
      // Loaded where it is used: most gateways stand alone.
      const { openRedisLimitStore } = await import("../runtime/store/redis-limit-store.ts");
      const { prefix, url } = redis;
      const { failed } = this.#parts;
      this.#shared = await openRedisLimitStore({ url: url.value, prefix, failed });
    }
    if (counts || redis !== null || ledger.always) this.open();
  }

  /** What is open, or is opened now. Throws a StoreError where its file cannot be used. */
  open(): OpenLimits {
    if (this.#open !== null) return this.#open;
    const { clock } = this.#parts;
    if (this.#refusal !== null && clock.monotonic() < this.#refusal.untilMs)
      throw this.#refusal.error;
    try {
      this.#open = this.#openNow();
      return this.#open;
    } catch (error) {
      if (error instanceof StoreError)
        this.#refusal = { error, untilMs: clock.monotonic() + reopenMs };
      throw error;
    }
  }

  /** Requests that wait for a turn or for room. */
  get waiting(): number {
    return this.#open?.admission.waiting ?? 0;
  }

  /** What is open; null where nothing was needed. */
  get opened(): OpenLimits | null {
    return this.#open;
  }

  /** Appends rows to the ledger, where one is kept. */
  write(rows: readonly LedgerRow[]): Promise<void> {
    return this.#open?.rows?.append(rows) ?? Promise.resolve();
  }

  /** The file of the ledger; null where none is open. */
  get file(): LedgerFile | null {
    return this.#file;
  }

  /** Tells of a write that failed. A store that writes for many by one commit tells of it by itself. */
  failed(error: unknown): void {
    this.#parts.failed(error);
  }

  async close(): Promise<void> {
    this.#stopPruning();
    const [file, shared] = [this.#file, this.#shared];
    // What could not be written yet is tried once more.
    await this.#open?.rows?.append([]).catch(this.#parts.failed);
    this.#file = null;
    this.#shared = null;
    this.#open = null;
    await shared?.close();
    file?.close();
  }

  #openNow(): OpenLimits {
    const { clock, timers, failed } = this.#parts;
    const { ledger } = this.#parts.configuration();
    const needsFile = this.#shared === null || ledger.always;
    if (needsFile) {
      const atMs = clock.now();
      const later = (run: () => void): void => void setImmediate(run);
      this.#file = openLedgerFile(ledger.path, {
        ...{ later, survives: ledger.survives, atMs, failed },
      });
      this.#prune(this.#file.ledger, ledger.keepMs);
    }
    const store = this.#shared ?? (this.#file as LedgerFile).limits;
    const rows = this.#file === null ? null : new RowKeeper(this.#file.ledger);
    const admission = new Admission({ store, now: () => clock.now(), timers });
    return { store, admission, rows, ledger: this.#file?.ledger ?? null };
  }

  /** Forgets old rows, a part at a time, now and every hour. */
  #prune(ledger: Ledger, keepMs: number): void {
    const { clock, timers, failed } = this.#parts;
    let more = false;
    try {
      more = ledger.prune(clock.now() - keepMs);
    } catch (error) {
      failed(error);
    }
    this.#stopPruning = timers.start(more ? nextPieceMs : hourMs, () =>
      this.#prune(ledger, keepMs),
    );
  }
}

/** Opens what is there to be counted by at the start; throws a StartError where it cannot be used. */
export async function openLimits({ limits, snapshot }: Core): Promise<void> {
  const counts = [...snapshot.policies.values()].some(({ mayCount }) => mayCount);
  try {
    await limits.begin(counts || snapshot.tallies.length > 0);
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new StartError(cause.message, { cause });
  }
}

/** Timers for those who wait, on the wheel of all others. */
export function timersOf(wheel: TimerWheel, clock: Clock): Timers {
  return {
    start(delayMs, run) {
      const alarm = wheel.createAlarm(run);
      alarm.set(clock.monotonic() + delayMs);
      return () => alarm.clear();
    },
  };
}
