import { dollarsOf, MoneySum } from "../base/money.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import type { Choice, Decided } from "./choice.ts";
import type { Log, LogFileName } from "./log-file.ts";
import type { Report, Transition } from "./report.ts";
import type { Outcome } from "./run.ts";

/** How many transitions a report tells apart; the rest are counted as changed only. */
const mostTransitions = 10_000;

interface MutableTransition extends Transition {
  count: number;
}

/** What changes when a second program decides the same requests. */
export class Comparison {
  readonly #transitions = new Map<string, MutableTransition>();
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
    const key = `${from}\n${to}`;
    const seen = this.#transitions.get(key);
    if (seen !== undefined) seen.count += 1;
    else if (this.#transitions.size < mostTransitions) {
      const { line, file } = before.decided.request;
      const facts = { ...factsOf(before.decided), ...factsOf(after.decided) };
      this.#transitions.set(key, {
        from,
        to,
        count: 1,
        example: { line, ...nameOf(file, this.#log), facts },
      });
    }
  }

  difference(): NonNullable<Report["diff"]> {
    const transitions = [...this.#transitions.values()].toSorted((x, y) => y.count - x.count);
    return {
      changed: this.#changed,
      unchanged: this.#unchanged,
      costDelta: dollarsOf(this.#delta.total()),
      transitions,
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
