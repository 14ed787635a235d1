import { OutcomeWindow } from "./outcome-window.ts";

/** Over which time what a trickle brought is counted. */
const windowMs = 5_000;

/** Without an answer to go by, one attempt at a time, and no sooner than so long after the one before. */
const everyMs = 1_000;

/** So many attempts for each that was answered: a target that answers more than half of them gets all that come. */
const attemptsForAnswer = 2;

/**
 * How much is let through to a target that is left alone for its failures, where requests would find nobody else: a little without
 * any answer, and up to twice of what is answered (the rule of client-side throttling in Google's SRE book, chapter 21). Attempts are
 * counted when they are sent, so that a silent target gets no more than a dead one. Times are monotonic milliseconds.
 */
export class Trickle {
  readonly #sent = new OutcomeWindow(windowMs);
  readonly #answered = new OutcomeWindow(windowMs);
  #open = 0;
  #lastAtMs = 0;

  /** The target is left alone from now on, or probed. */
  begin(atMs: number): void {
    this.#lastAtMs = atMs;
  }

  hasRoom(atMs: number): boolean {
    if (this.#open === 0 && atMs - this.#lastAtMs >= everyMs) return true;
    return this.#sent.at(atMs).all < attemptsForAnswer * this.#answered.at(atMs).all;
  }

  sent(atMs: number): void {
    this.#open += 1;
    this.#lastAtMs = atMs;
    this.#sent.add(false, false, atMs);
  }

  /** One of its attempts was answered, or begins to be. */
  answered(atMs: number): void {
    this.#answered.add(false, false, atMs);
  }

  ended(): void {
    this.#open -= 1;
  }

  /** Share of its attempts of late that were answered, in 0..1. */
  answeredShare(atMs: number): number {
    const { all } = this.#sent.at(atMs);
    return all === 0 ? 0 : Math.min(1, this.#answered.at(atMs).all / all);
  }
}
