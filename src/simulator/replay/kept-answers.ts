import type { Picodollars } from "../../base/money.ts";
import type { CacheSettings } from "../../configuration/configuration.ts";
import type { EntryNames } from "../../runtime/cache/cache-store.ts";
import { FlightBook } from "../../runtime/cache/flight.ts";
import { MemoryEntries } from "../../runtime/cache/memory-entries.ts";
import { KeptPrompts } from "./kept-prompts.ts";

/** An answer that a virtual gateway keeps: nothing of its text. */
export interface KeptAnswer extends EntryNames {
  /** Epoch milliseconds. */
  readonly storedAtMs: number;
  readonly expiresAtMs: number;
  /** What it cost; null where that is not known. */
  readonly cost: Picodollars | null;
  readonly bytes: number;
  /** What it says, where the log tells and its plan asks for meaning; else null. */
  readonly words: string | null;
}

/** What an answer's text takes in bytes, beside a fixed part: about four for a token, and its events around them. */
const bytesPerToken = 6;
const overheadBytes = 1_024;

/** What a kept answer of so many tokens takes. */
export function bytesOfAnswer(outputTokens: number): number {
  return overheadBytes + bytesPerToken * outputTokens;
}

/** Answers fetched anew beside stale ones at once, as in the gateway. */
const mostRefreshes = 64;

export interface KeptAnswersParts {
  readonly settings: Pick<CacheSettings, "mostBytes" | "mostPrompts">;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The cache of a virtual gateway: what it keeps, the prompts by which that is found, and the requests under way that others wait for. */
export class KeptAnswers {
  readonly flights: FlightBook;
  readonly prompts: KeptPrompts;
  readonly #entries: MemoryEntries<KeptAnswer>;
  readonly #now: () => number;
  #refreshing = 0;

  constructor({ settings, now, random }: KeptAnswersParts) {
    const { mostBytes, mostPrompts: mostEntries } = settings;
    this.flights = new FlightBook(now);
    this.prompts = new KeptPrompts({ mostBytes, mostEntries }, random);
    this.#entries = new MemoryEntries<KeptAnswer>({
      mostBytes,
      bytesOf: ({ bytes, words }) => bytes + 2 * (words?.length ?? 0),
    });
    this.#now = now;
  }

  find(key: string): KeptAnswer | null {
    return this.#entries.get(key, this.#now());
  }

  keep(answer: KeptAnswer): void {
    this.#entries.put(answer, this.#now());
  }

  /** Whether one more answer may be fetched beside a stale one. */
  get mayRefresh(): boolean {
    return this.#refreshing < mostRefreshes;
  }

  refreshing(): void {
    this.#refreshing += 1;
  }

  refreshed(): void {
    this.#refreshing -= 1;
  }
}
