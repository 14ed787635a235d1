import type { FactTable } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import type { MissingFact } from "./report.ts";

/** What was counted, as plain data for another thread. */
export interface MissingState {
  readonly requests: ReadonlyMap<string, number>;
  readonly holdsText: boolean;
}

/** Counts, for each fact, the requests whose decision asked for it while the log had none. */
export class MissingFacts {
  readonly #facts: FactTable;
  readonly #requests = new Map<string, number>();
  readonly #inRequest = new Set<string>();
  #holdsText = false;
  #isLacking = false;
  /** What a walk that is under way asks for; null for none. */
  #operand: number | null = null;
  readonly #asked: { readonly operand: number; readonly fact: string }[] = [];

  constructor(facts: FactTable) {
    this.#facts = facts;
  }

  /** Begins a request. `holdsText` says whether the log has its prompt. */
  begin(holdsText: boolean): void {
    if (this.#inRequest.size > 0) this.#inRequest.clear();
    this.#holdsText ||= holdsText;
  }

  /** Begins the decision of one program on it. */
  beginDecision(): void {
    this.#isLacking = false;
  }

  /** A walk asks for an operand: whether a fact that is behind it is missed shows when the walk is over. */
  asks(operand: number): void {
    this.#operand = operand;
  }

  /** The walk is over: what it asked for in vain counts where the decision may rest on it, and is `forgotten` elsewhere. */
  walked(restsOn: (operand: number) => boolean, forgotten: (operand: number) => void): void {
    this.#operand = null;
    if (this.#asked.length === 0) return;
    for (const { operand, fact } of this.#asked.splice(0))
      if (restsOn(operand)) this.add(fact);
      else forgotten(operand);
  }

  /** The request being decided lacks a fact; counted once for a request, however often it is asked. */
  add(fact: string): void {
    if (this.#operand !== null) {
      this.#asked.push({ operand: this.#operand, fact });
      return;
    }
    this.#isLacking = true;
    if (this.#inRequest.has(fact)) return;
    this.#inRequest.add(fact);
    this.#requests.set(fact, (this.#requests.get(fact) ?? 0) + 1);
  }

  /** Whether the request lacks any fact that the program deciding it asked for. */
  get isLacking(): boolean {
    return this.#isLacking;
  }

  state(): MissingState {
    return { requests: this.#requests, holdsText: this.#holdsText };
  }

  /** Adds what was counted of other requests. */
  merge({ requests, holdsText }: MissingState): void {
    this.#holdsText ||= holdsText;
    for (const [fact, count] of requests)
      this.#requests.set(fact, (this.#requests.get(fact) ?? 0) + count);
  }

  /** Facts by the number of requests that lack them. */
  list(): readonly MissingFact[] {
    return [...this.#requests]
      .map(([fact, requests]) => ({ fact, requests, why: this.#why(fact) }))
      .toSorted((a, b) => b.requests - a.requests || (a.fact < b.fact ? -1 : 1));
  }

  #why(fact: string): string {
    if ((lookUpFact(this.#facts, fact)?.costClass ?? 0) >= 2 && !this.#holdsText) {
      return "the log holds no text to tell it from";
    }
    if (fact === "intent" && this.#facts.get(fact)?.classifier !== undefined) {
      return "only its classifier would tell it, which a replay does not ask";
    }
    if (fact === "time") return "the log does not say when requests came in";
    return "the log does not tell it";
  }
}
