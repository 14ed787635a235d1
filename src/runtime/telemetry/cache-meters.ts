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

  readonly #lookups = new CountFamily(
    "signalbox_cache_semantic_lookups_total",
    "prompts that were looked up by meaning, by what came of it: an answer (hit), one that the model was asked about again (reask), or why there was none",
    ["result"],
  );
  readonly #prompts = new CountFamily(
    "signalbox_cache_semantic_prompts_total",
    "prompts of kept answers, by whether they can be found by meaning or why not",
    ["result"],
  );
  readonly #reasked = new CountFamily(
    "signalbox_cache_semantic_reasked_total",
    "answers found by meaning that the model was asked about again, by whether it said the same (agreed) or not (disagreed)",
    ["result"],
  );

  readonly #expected = new CountFamily(
    "signalbox_cache_semantic_expected_total",
    "answers given by meaning that are expected to be right, and wrong: estimated from those that the model was asked about again, each by how often its like is given",
    ["result"],
  );

  get families(): readonly CountFamily[] {
    const semantic = [this.#lookups, this.#prompts, this.#reasked, this.#expected];
    return [
      this.#requests,
      this.#answers,
      this.#refreshes,
      this.#failures,
      this.#saved,
      ...semantic,
    ];
  }

  lookedUp(result: string): void {
    this.#lookups.of(result).add(1);
  }

  promptKept(result: string): void {
    this.#prompts.of(result).add(1);
  }

  /** `standsFor`: how many answers given are expected to be like it. */
  reasked(agreed: boolean, standsFor: number): void {
    this.#reasked.of(agreed ? "agreed" : "disagreed").add(1);
    this.#expected.of(agreed ? "right" : "wrong").add(standsFor);
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
