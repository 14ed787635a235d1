import { type EntryNames, fits, type Purge } from "./cache-store.ts";

/** So many orders are remembered; beyond, the oldest is taken to have meant everything. */
export const mostOrders = 256;

/** One order as one text, whatever order its members are written in. */
export function orderText({ key, tenant, target, tag }: Purge): string {
  return JSON.stringify({ key, tenant, target, tag });
}

/** Purges of late: what was asked for before one of them, and fits it, is not to be kept when its answer comes. */
export class PurgeOrders {
  /** By their texts, the latest last. */
  readonly #orders = new Map<string, { readonly order: Purge; readonly atMs: number }>();
  /** What was asked for till then is not kept, whatever it is. */
  #allTillMs: number;

  /** `sinceMs`: what was ordered before is not known, and so may have meant anything. */
  constructor(sinceMs: number) {
    this.#allTillMs = sinceMs;
  }

  add(order: Purge, atMs: number): void {
    const text = orderText(order);
    this.#orders.delete(text);
    this.#orders.set(text, { order, atMs });
    for (const [oldest, { atMs: till }] of this.#orders) {
      if (this.#orders.size <= mostOrders) break;
      this.#orders.delete(oldest);
      this.#allTillMs = Math.max(this.#allTillMs, till);
    }
  }

  /** Whether an entry that was asked for at a time has been purged since. */
  reach(entry: EntryNames, askedAtMs: number): boolean {
    if (askedAtMs <= this.#allTillMs) return true;
    for (const { order, atMs } of this.#orders.values())
      if (atMs >= askedAtMs && fits(entry, order)) return true;
    return false;
  }
}
