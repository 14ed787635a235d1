import { dollarsOf, MoneySum } from "../base/money.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import type { Choice, Decided } from "./choice.ts";
import type { Log, LogFileName } from "./log-file.ts";
import type { Report, RuleChange, Transition } from "./report.ts";
import type { Outcome } from "./run.ts";

/** How many transitions a report tells apart; the rest are counted as changed only. */
const mostTransitions = 10_000;

/** Where a request stands in its log, by which the first of a transition is told. */
interface Place {
  readonly line: number;
  /** Of its file, among those of the log. */
  readonly index: number;
  /** Tells those of one line apart, of which no other thread reads any. */
  readonly nth: number;
}

/** Requests that go from one target to another: how many, and the first of them. */
interface Moved {
  readonly from: string;
  readonly to: string;
  readonly first: Place;
  /** Null beyond the transitions that are told apart. */
  readonly example: Transition["example"] | null;
  readonly count: number;
}

interface MutableMoved extends Moved {
  first: Place;
  example: Transition["example"] | null;
  count: number;
}

/** A comparison as plain data, for another thread. */
export interface ComparisonState {
  readonly moved: readonly Moved[];
  readonly rules: readonly RuleChange[];
  readonly delta: bigint;
  readonly changed: number;
  readonly unchanged: number;
}

/**
 * Transitions that are counted beyond those that are told, since in another part of the log they may be among the first. They are
 * pairs of targets: a log reaches this by names of models alone.
 */
const mostCounted = 1_000_000;

/** What changes when a second program decides the same requests. */
export class Comparison {
  readonly #moved = new Map<string, MutableMoved>();
  /** Changed requests by the rules that decide them, one below the other. */
  readonly #rules = new Map<string, number>();
  readonly #delta = new MoneySum();
  readonly #log: Log;
  #changed = 0;
  #unchanged = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  add(before: Outcome, after: Outcome): void {
    // Only where both costs are known is their difference one.
    if (before.cost !== null && after.cost !== null) this.#delta.add(after.cost - before.cost);
    const from = labelOf(before.choice);
    const to = labelOf(after.choice);
    if (from === to) {
      this.#unchanged += 1;
      return;
    }
    this.#changed += 1;
    this.#addRules(`${before.rule}\n${after.rule}`, 1);
    const key = `${from}\n${to}`;
    const seen = this.#moved.get(key);
    if (seen !== undefined) seen.count += 1;
    else if (this.#moved.size < mostCounted) {
      const { line, file } = before.decided.request;
      const first = { line, index: file?.index ?? 0, nth: this.#changed };
      const isTold = this.#moved.size < mostTransitions;
      const facts = isTold ? { ...factsOf(before.decided), ...factsOf(after.decided) } : null;
      const example = facts === null ? null : { line, ...nameOf(file, this.#log), facts };
      this.#moved.set(key, { from, to, first, example, count: 1 });
    }
  }

  /** A policy bounds the rules; what two of them bound is bounded here. */
  #addRules(key: string, count: number): void {
    const seen = this.#rules.get(key);
    if (seen !== undefined || this.#rules.size < mostCounted)
      this.#rules.set(key, (seen ?? 0) + count);
  }

  #ruleChanges(): readonly RuleChange[] {
    return [...this.#rules].map(([key, count]) => {
      const [from = "", to = ""] = key.split("\n");
      return { from, to, count };
    });
  }

  state(): ComparisonState {
    return {
      moved: [...this.#moved.values()],
      rules: this.#ruleChanges(),
      delta: this.#delta.total(),
      ...{ changed: this.#changed, unchanged: this.#unchanged },
    };
  }

  /** Adds what was compared in other parts of the log. */
  merge({ moved, rules, delta, changed, unchanged }: ComparisonState): void {
    for (const { from, to, count } of rules) this.#addRules(`${from}\n${to}`, count);
    this.#delta.addTotal(delta);
    this.#changed += changed;
    this.#unchanged += unchanged;
    for (const each of moved) {
      const key = `${each.from}\n${each.to}`;
      const seen = this.#moved.get(key);
      if (seen === undefined) {
        this.#moved.set(key, { ...each });
        continue;
      }
      seen.count += each.count;
      if (byPlace(seen.first, each.first) <= 0) continue;
      seen.first = each.first;
      seen.example = each.example;
    }
  }

  difference(): NonNullable<Report["diff"]> {
    const inOrder = [...this.#moved.values()].toSorted((x, y) => byPlace(x.first, y.first));
    const transitions = inOrder
      .slice(0, mostTransitions)
      .flatMap(({ from, to, count, example }) => {
        return example === null ? [] : [{ from, to, count, example }];
      });
    return {
      changed: this.#changed,
      unchanged: this.#unchanged,
      costDelta: dollarsOf(this.#delta.total()),
      transitions: transitions.toSorted((x, y) => y.count - x.count),
      rules: this.#ruleChanges().toSorted(
        (x, y) => y.count - x.count || order(x.from, y.from) || order(x.to, y.to),
      ),
    };
  }
}

/** The file's name, where there are several to tell apart. */
export function nameOf(file: LogFileName | null, log: Log): { readonly file?: string } {
  return file !== null && "files" in log && log.files.length > 1 ? { file: file.name } : {};
}

function labelOf({ target, rejects }: Choice): string {
  if (target !== null) return target;
  return rejects === null ? "unavailable" : `reject ${rejects}`;
}

export function factsOf({ request, reader, frame }: Decided): FactSnapshot {
  return reader.facts(request, frame);
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function byPlace(one: Place, other: Place): number {
  return one.index - other.index || one.line - other.line || one.nth - other.nth;
}
