/**
 * Ids of calls as the Messages wire takes them, each but once: other makers' ids may hold characters that it refuses, and may fall
 * together when those are replaced. Linear, however many equal ids come.
 */
export class FittingIds {
  readonly #taken = new Set<string>();
  /** The number to try next behind each id that came more than once. */
  readonly #tails = new Map<string, number>();

  /** An id like this one that was not given before; `spare` stands in for an empty one, and fits already. */
  take(id: string, spare: string): string {
    const base = id.replaceAll(/[^A-Za-z0-9_-]/g, "_") || spare;
    let fitting = base;
    let tail = this.#tails.get(base) ?? 1;
    for (; this.#taken.has(fitting); tail++) fitting = `${base}_${tail}`;
    if (fitting !== base) this.#tails.set(base, tail);
    this.#taken.add(fitting);
    return fitting;
  }
}
