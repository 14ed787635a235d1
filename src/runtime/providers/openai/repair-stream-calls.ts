import { isFields } from "../error-signal.ts";
import { newCallId } from "./normalise.ts";

type Fields = Readonly<Record<string, unknown>>;

/** No answer makes as many calls; a provider that sends more has lost its mind. */
const mostCalls = 4096;

interface Known {
  readonly index: number;
  named: boolean;
}

/**
 * Gives the tool calls of one stream indexes and ids where the provider left them out or gave all the same. A delta continues the
 * last call of its choice unless it carries an index of its own, a new id, or a name after arguments have begun; each new call of
 * a choice gets the next index from 0 on.
 */
export class StreamCallRepair {
  /** Whether there were more calls than any answer makes: the stream is to be given up. */
  overflowed = false;
  readonly #choices = new Map<unknown, ChoiceRepair>();
  #calls = 0;

  /** The deltas of one chunk of a choice, repaired. */
  repair(choice: unknown, deltas: readonly unknown[]): readonly unknown[] {
    let own = this.#choices.get(choice);
    if (own === undefined) {
      own = new ChoiceRepair();
      this.#choices.set(choice, own);
    }
    const before = own.calls;
    const repaired: unknown[] = [];
    for (const delta of deltas) {
      repaired.push(own.repair(delta));
      if (this.#calls + own.calls - before > mostCalls) break;
    }
    this.#calls += own.calls - before;
    this.overflowed ||= this.#calls > mostCalls || this.#choices.size > mostCalls;
    return repaired;
  }
}

class ChoiceRepair {
  calls = 0;
  readonly #byId = new Map<unknown, Known>();
  readonly #byWireIndex = new Map<number, Known>();
  #last: Known | undefined;

  repair(call: unknown): unknown {
    if (!isFields(call)) return call;
    const called = isFields(call["function"]) ? call["function"] : {};
    const named = filled(called["name"]);
    const known = this.#knownOf(call, named);
    const given = called["arguments"];
    const args =
      given === undefined || typeof given === "string" ? {} : { arguments: JSON.stringify(given) };
    const index = known?.index ?? this.calls;
    const repaired = { ...call, index, function: { ...called, ...args } };
    if (known !== undefined) {
      known.named ||= named;
      return repaired;
    }
    const id = filled(call["id"]) ? call["id"] : newCallId();
    this.#begin({ index, named }, id, call["index"]);
    return { ...repaired, id, type: call["type"] ?? "function" };
  }

  #knownOf(call: Fields, named: boolean): Known | undefined {
    const { id, index: wire } = call;
    if (filled(id)) return this.#byId.get(id);
    const same = typeof wire === "number" ? this.#byWireIndex.get(wire) : this.#last;
    return named && same?.named === true ? undefined : same;
  }

  #begin(call: Known, id: unknown, wire: unknown): void {
    this.calls += 1;
    this.#last = call;
    this.#byId.set(id, call);
    if (typeof wire === "number") this.#byWireIndex.set(wire, call);
  }
}

const filled = (value: unknown): boolean => typeof value === "string" && value !== "";
