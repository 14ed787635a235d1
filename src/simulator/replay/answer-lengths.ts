import { hashToUnit } from "../../base/hash.ts";
import { counterValue } from "../../runtime/limits/counter-value.ts";
import { BoundedMap } from "./bounded-map.ts";

/** Answers whose length is remembered by what was asked. */
const mostAsked = 100_000;

/** The latest answers of known length. */
const mostLatest = 1_000;

/** Before any answer of known length, in tokens. */
const assumedTokens = 250;

/** How long answers are of which the log tells no length: as the answer to the same question was, else as one of the latest, by lot. */
export class AnswerLengths {
  readonly #byAsked = new BoundedMap<number>(mostAsked);
  readonly #latest: number[] = [];
  #next = 0;

  /** Tokens of an answer, as the log tells them. */
  note(asked: string | null, tokens: number): void {
    this.#latest[this.#next] = tokens;
    this.#next = (this.#next + 1) % mostLatest;
    if (asked !== null) this.#byAsked.set(counterValue(asked), tokens);
  }

  /** A length for an answer without one. `lot` draws the same for the same request. */
  guess(asked: string | null, lot: string): number {
    const same = asked === null ? undefined : this.#byAsked.get(counterValue(asked));
    const drawn = this.#latest[Math.floor(hashToUnit(lot) * this.#latest.length)];
    return same ?? drawn ?? assumedTokens;
  }
}
