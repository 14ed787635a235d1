import { dollarsOf } from "../../base/money.ts";
import { type LiveTargets, type Measure, measures } from "../../catalog/target-fact.ts";
import type { Operand, OperandShape } from "../../facts/fact.ts";
import type { LedgerValues } from "../../runtime/plan/ledger-facts.ts";
import type { LoggedRequest } from "../logged-request.ts";

/** A fact of a target that the world tells. */
interface LiveFact {
  readonly name: string;
  read(live: LiveTargets): number | boolean | null;
}

const measured: ReadonlySet<string> = new Set<string>(measures);

/** How the ledger's facts are read. */
export interface LedgerReading {
  readonly names: readonly string[];
  read(request: LoggedRequest): LedgerValues;
}

/** Facts of requests that a log gives by name, with those in place that live while it is replayed: a record tells what they were then. */
export class LiveFacts {
  readonly #live: LiveTargets;
  readonly #facts: readonly LiveFact[];
  /** Operands that the log may tell as a whole, and that hold something that lives. */
  readonly #mixed: readonly string[];
  /** The ledger's facts that the policy asks for: the record's own are of then. */
  readonly #ofLedger: readonly string[];
  /** What the ledger tells of a request. */
  readonly #counted: ((request: LoggedRequest) => LedgerValues) | null;

  constructor(operands: readonly Operand[], live: LiveTargets, ledger: LedgerReading | null) {
    this.#live = live;
    this.#counted = ledger?.read ?? null;
    const ofLedger: ReadonlySet<string> = new Set(ledger?.names);
    this.#ofLedger = [...ofLedger];
    const facts = new Map<string, LiveFact>();
    const mixed: string[] = [];
    for (const { key, shape } of operands) {
      const found = [...liveIn(shape)];
      for (const fact of found) facts.set(fact.name, fact);
      const counts = [...factsIn(shape)].some((name) => ofLedger.has(name));
      if (shape.kind === "arithmetic" && (found.length > 0 || counts)) mixed.push(key);
    }
    this.#facts = [...facts.values()];
    this.#mixed = mixed;
  }

  /** The request as it is now; the same where its policy asks for nothing that lives. */
  of(request: LoggedRequest): LoggedRequest {
    if (request.facts === null) return request;
    if (this.#facts.length === 0 && this.#counted === null) return request;
    const facts: Record<string, unknown> = { ...request.facts };
    for (const key of this.#mixed) delete facts[key];
    // What the ledger does not tell now, since the log does not tell whose it is, is missing.
    for (const name of this.#ofLedger) delete facts[name];
    for (const fact of this.#facts) facts[fact.name] = fact.read(this.#live);
    for (const [name, value] of this.#counted?.(request) ?? []) facts[name] = inJson(name, value);
    return withFacts(request, facts);
  }
}

/** As a record holds it: money in dollars. */
function inJson(name: string, value: number): number {
  return name.startsWith("rate.") ? value : dollarsOf(value);
}

function withFacts(request: LoggedRequest, facts: Record<string, unknown>): LoggedRequest {
  const { line, file, format, id, atMs, offsetMs, chat, seed, usage, latency } = request;
  const outcome = () => request.outcome();
  return { line, file, format, id, atMs, offsetMs, facts, chat, seed, usage, latency, outcome };
}

function* factsIn(shape: OperandShape): Generator<string> {
  if (shape.kind === "arithmetic") {
    yield* factsIn(shape.left);
    yield* factsIn(shape.right);
  } else if (shape.kind === "fact") yield shape.name;
}

function* liveIn(shape: OperandShape): Generator<LiveFact> {
  if (shape.kind === "arithmetic") {
    yield* liveIn(shape.left);
    yield* liveIn(shape.right);
  } else if (shape.kind === "target") {
    const { target, fact } = shape;
    const name = `${target}.${fact}`;
    if (fact === "healthy") yield { name, read: (live) => live.healthy(target) ?? null };
    else if (measured.has(fact))
      yield { name, read: (live) => live.measured(target, fact as Measure) ?? null };
  }
}
