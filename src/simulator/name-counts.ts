import type { NameCount } from "./description.ts";

/** Names that are told apart; requests of further ones are not counted by name. */
const mostNames = 10_000;
const longestName = 200;

/** Counts requests by name. Its size is bounded, whatever names a log holds. */
export class NameCounts {
  readonly #counts = new Map<string, number>();

  /** Adds a request that bears the name; null bears none. */
  add(name: string | null): void {
    if (name === null) return;
    const key = name.length > longestName ? `${name.slice(0, longestName)}…` : name;
    const count = this.#counts.get(key);
    if (count !== undefined || this.#counts.size < mostNames)
      this.#counts.set(key, (count ?? 0) + 1);
  }

  get distinct(): number {
    return this.#counts.size;
  }

  /** The names that most requests bear. */
  top(most: number): readonly NameCount[] {
    return [...this.#counts]
      .map(([name, requests]) => ({ name, requests }))
      .toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1))
      .slice(0, most);
  }
}
