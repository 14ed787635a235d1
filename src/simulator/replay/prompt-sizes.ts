import { hashToUnit } from "../../base/hash.ts";

/** The latest prompts of known size. */
const mostLatest = 1_000;

/** How long prompts are of which the log tells no size: as one of the latest was, by lot. */
export class PromptSizes {
  readonly #latest: number[] = [];
  #next = 0;

  /** Tokens of a prompt: those that the log tells, else those of another; 0 before any was told. `lot` draws the same for the same request. */
  sizeOf(told: number, lot: string): number {
    if (told === 0) return this.#latest[Math.floor(hashToUnit(lot) * this.#latest.length)] ?? 0;
    this.#latest[this.#next] = told;
    this.#next = (this.#next + 1) % mostLatest;
    return told;
  }
}
