import { isFields } from "../error-signal.ts";
import { newCallId } from "./normalise.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Gives the tool calls of one stream indexes and ids where the provider left them out or gave all the same. */
export interface StreamCallRepair {
  /** The deltas of one chunk, repaired. */
  repair(calls: readonly unknown[]): readonly unknown[];
}

/**
 * A delta continues the last call unless it carries an index of its own, a new id, or a name after arguments have begun; each
 * new call gets the next index from 0 on.
 */
export function createStreamCallRepair(): StreamCallRepair {
  const calls: { readonly id: string; readonly wire: unknown; named: boolean }[] = [];

  function placeOf(call: Fields, named: boolean): number {
    const id = filled(call["id"]) ? call["id"] : null;
    const wire = call["index"];
    const last = calls.length - 1;
    if (id !== null) {
      const known = calls.findIndex((other) => other.id === id);
      return known >= 0 ? known : calls.length;
    }
    const sameIndex =
      typeof wire === "number" ? calls.findLastIndex((other) => other.wire === wire) : last;
    if (sameIndex < 0) return calls.length;
    return named && calls[sameIndex]?.named === true ? calls.length : sameIndex;
  }

  function repairOne(call: unknown): unknown {
    if (!isFields(call)) return call;
    const called = isFields(call["function"]) ? call["function"] : {};
    const named = filled(called["name"]);
    const index = placeOf(call, named);
    const known = calls[index];
    const given = called["arguments"];
    const args =
      given === undefined || typeof given === "string" ? {} : { arguments: JSON.stringify(given) };
    const repaired = { ...call, index, function: { ...called, ...args } };
    if (known !== undefined) {
      known.named ||= named;
      return repaired;
    }
    const id = filled(call["id"]) ? String(call["id"]) : newCallId();
    calls.push({ id, wire: call["index"], named });
    return { ...repaired, id, type: call["type"] ?? "function" };
  }

  return { repair: (deltas) => deltas.map(repairOne) };
}

const filled = (value: unknown): boolean => typeof value === "string" && value !== "";
