import { hourMs, mostHours, type Span } from "./money-by-hour.ts";

/** Sums the time for which requests are worked on, by the hour. Its size does not depend on how many requests there are. */
export class WorkByHour {
  readonly #hours = new Map<number, number>();

  /** A request that was worked on from one moment to another; milliseconds since the epoch. */
  add(fromMs: number, toMs: number): void {
    for (let at = fromMs; at < toMs; ) {
      const hour = Math.floor(at / hourMs);
      const before = this.#hours.get(hour);
      if (before === undefined && this.#hours.size >= mostHours) return;
      const until = Math.min(toMs, (hour + 1) * hourMs);
      this.#hours.set(hour, (before ?? 0) + until - at);
      at = until;
    }
  }

  /** Requests that are worked on at once in the busiest hour, on average over it; over all of a span that is shorter. */
  busiest({ fromMs, toMs }: Span): number {
    const hours = [...this.#hours.values()];
    const most = hours.reduce((max, worked) => Math.max(max, worked), 0);
    const span = toMs - fromMs;
    if (span >= hourMs) return most / hourMs;
    return hours.reduce((sum, worked) => sum + worked, 0) / span;
  }
}
