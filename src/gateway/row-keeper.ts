import type { Ledger, LedgerRow } from "../runtime/store/ledger.ts";

/** Rows that wait for a store that fails; beyond, the oldest are lost, and counted. */
const mostUnwritten = 10_000;

/** Appends rows to a ledger, and those that it could not write once more with the next. */
export class RowKeeper {
  readonly #ledger: Pick<Ledger, "append">;
  #unwritten: LedgerRow[] = [];
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

  /** Resolves once the rows are committed; rejects with a StoreError where they are not yet. */
  async append(rows: readonly LedgerRow[]): Promise<void> {
    const all = [...this.#unwritten, ...rows];
    this.#unwritten = [];
    try {
      await this.#ledger.append(all);
    } catch (error) {
      const kept = [...all, ...this.#unwritten];
      this.#lost += Math.max(kept.length - mostUnwritten, 0);
      this.#unwritten = kept.slice(-mostUnwritten);
      throw error;
    }
  }
}
