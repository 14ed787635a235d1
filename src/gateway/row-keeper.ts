import type { Ledger, LedgerRow } from "../runtime/store/ledger.ts";
import { StoreError } from "../runtime/store/sqlite.ts";

/** Rows that wait for a store that fails; beyond, those that were not tried for longest are lost, and counted. */
const mostUnwritten = 10_000;

/** So many of them are tried again with one request's: all at once would hold the event loop each time. */
const mostAgain = 100;

/** Appends rows to a ledger, and those that it could not write again with later ones. */
export class RowKeeper {
  readonly #ledger: Pick<Ledger, "append">;
  #unwritten: LedgerRow[] = [];
  #trying = false;
  #lost = 0;

  constructor(ledger: Pick<Ledger, "append">) {
    this.#ledger = ledger;
  }

  /** Rows that wait to be written again. */
  get unwritten(): number {
    return this.#unwritten.length;
  }

  /** Rows that were given up. */
  get lost(): number {
    return this.#lost;
  }

  /** Resolves once the rows are committed; rejects with a StoreError where they are not yet, and with another where they never will be. */
  async append(rows: readonly LedgerRow[]): Promise<void> {
    const outcomes = await Promise.allSettled([this.#write(rows), this.#again()]);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  async #again(): Promise<void> {
    if (this.#trying || this.#unwritten.length === 0) return;
    this.#trying = true;
    try {
      await this.#write(this.#unwritten.splice(0, mostAgain));
    } finally {
      this.#trying = false;
    }
  }

  async #write(rows: readonly LedgerRow[]): Promise<void> {
    try {
      await this.#ledger.append(rows);
    } catch (error) {
      // What is at fault itself would fail each time, and all that is written with it.
      if (error instanceof StoreError) this.#keep(rows);
      else this.#lost += rows.length;
      throw error;
    }
  }

  #keep(rows: readonly LedgerRow[]): void {
    const kept = [...this.#unwritten, ...rows];
    this.#lost += Math.max(kept.length - mostUnwritten, 0);
    this.#unwritten = kept.slice(-mostUnwritten);
  }
}
