import { picodollarsPerDollar } from "../../base/money.ts";
import { CountFamily } from "./tallies.ts";

/** What became of a request whose plan has a cache. */
export type CacheResult = "hit" | "stale" | "miss" | "collapsed" | "bypass";

/** What the cache of answers counts. Label values come from policies, the configuration and fixed words only. */
export class CacheMeters {
  readonly #requests = new CountFamily(
    "signalbox_cache_requests_total",
    "requests of plans with a cache, by policy and by what became of them: answered by a kept answer (hit, or stale), sent (miss), given the answer of another one under way (collapsed), or kept out by the client (bypass)",
    ["policy", "result"],
  );
  readonly #answers = new CountFamily(
    "signalbox_cache_answers_total",
    "answers that came for the cache, by whether they were kept or why not",
    ["result"],
  );
  readonly #refreshes = new CountFamily(
    "signalbox_cache_refreshes_total",
    "answers asked for anew beside a stale one, by outcome",
    ["outcome"],
  );
  readonly #failures = new CountFamily(
    "signalbox_cache_failures_total",
    "readings and writings of the cache's store that failed",
    [],
  );
  readonly #saved = new CountFamily(
    "signalbox_cache_saved_dollars_total",
    "what answers that were not asked for again had cost, by target, in US dollars",
    ["target"],
  );

  get families(): readonly CountFamily[] {
    return [this.#requests, this.#answers, this.#refreshes, this.#failures, this.#saved];
  }

  asked(policy: string, result: CacheResult): void {
    this.#requests.of(policy, result).add(1);
  }

  answered(result: string): void {
    this.#answers.of(result).add(1);
  }

  refreshed(outcome: string): void {
    this.#refreshes.of(outcome).add(1);
  }

  failed(): void {
    this.#failures.of().add(1);
  }

  saved(target: string, picodollars: number): void {
    this.#saved.of(target).add(picodollars / picodollarsPerDollar);
  }
}
