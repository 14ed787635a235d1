import type { FactType, FactValue, Operand, Trust } from "../facts/fact.ts";
import { showFactValue } from "../facts/value.ts";
import { type Asker, askers, type FactFrame, frameState } from "../language/program/frame.ts";

/**
 * Facts by operand key, as JSON: null is unknown, [low, high] are bounds, what was never asked is left out. Can be read
 * back as facts by name.
 */
export type FactSnapshot = Readonly<Record<string, FactValue | readonly [number, number] | null>>;

/** Facts whose value is the text of a person: no snapshot holds them. */
const secretTexts: ReadonlySet<string> = new Set(["prompt", "system"]);

const isShown = ({ shape }: Operand): boolean =>
  shape.kind !== "constant" && !(shape.kind === "fact" && secretTexts.has(shape.name));

function jsonValue(type: FactType, value: number): FactValue {
  if (type.kind === "boolean") return value === 1;
  // A price is shown to people only: as a number it is read back exactly, whatever it is.
  const isPlain =
    type.kind === "whole" ||
    type.kind === "decimal" ||
    type.kind === "duration" ||
    type.kind === "price";
  if (isPlain) return value;
  // A time of day is shown to the second; a number keeps its milliseconds.
  if (type.kind === "time" && value % 1_000 !== 0) return value;
  return showFactValue(type, value);
}

type Entry = FactValue | readonly [number, number] | null | undefined;

function entryOf(frame: FactFrame, index: number, { type }: Operand): Entry {
  const low = frame.numbers[index] as number;
  switch (frame.state[index]) {
    case frameState.known:
      return type.kind === "text" ? (frame.texts[index] as string) : jsonValue(type, low);
    case frameState.unknown:
      return null;
    case frameState.bounded:
      return [low, frame.uppers[index] as number];
    default:
      return undefined;
  }
}

/** A text alone takes more than itself to be JSON. */
function jsonOf(entry: Exclude<Entry, undefined>): string {
  if (typeof entry === "string") return JSON.stringify(entry);
  if (typeof entry !== "object" || entry === null) return String(entry);
  const [low, high] = entry;
  return `[${boundJson(low)},${boundJson(high)}]`;
}

const boundJson = (bound: number): string => (Number.isFinite(bound) ? String(bound) : "null");

/** Makes the snapshot functions of a policy's frames. */
export function createSnapshot(operands: readonly Operand[]): {
  snapshot(frame: FactFrame): FactSnapshot;
  snapshotJson(frame: FactFrame): string;
  asked(frame: FactFrame): Readonly<Record<string, Asker>>;
  askedJson(frame: FactFrame): string;
  readonly trust: Readonly<Record<string, Exclude<Trust, "gateway">>>;
} {
  const shown = operands.flatMap((operand, index) =>
    isShown(operand) ? [{ operand, index, label: `${JSON.stringify(operand.key)}:` }] : [],
  );
  const trust: Record<string, Exclude<Trust, "gateway">> = {};
  for (const { operand } of shown) {
    if (operand.trust !== "gateway") trust[operand.key] = operand.trust;
  }
  const asked = (frame: FactFrame): Readonly<Record<string, Asker>> => {
    const by: Record<string, Asker> = {};
    for (const [index, { key }] of operands.entries()) {
      const asker = askers[(frame.asked[index] ?? 0) - 1];
      if (asker !== undefined) by[key] = asker;
    }
    return by;
  };
  return {
    trust,
    asked,
    askedJson: (frame) =>
      frame.asked.some((mark) => mark !== 0) ? JSON.stringify(asked(frame)) : "",
    snapshot(frame) {
      const facts: Record<string, FactValue | readonly [number, number] | null> = {};
      for (const { operand, index } of shown) {
        const entry = entryOf(frame, index, operand);
        if (entry !== undefined) facts[operand.key] = entry;
      }
      return facts;
    },
    snapshotJson(frame) {
      let json = "";
      for (const { operand, index, label } of shown) {
        const entry = entryOf(frame, index, operand);
        if (entry === undefined) continue;
        json += `${json === "" ? "" : ","}${label}${jsonOf(entry)}`;
      }
      return `{${json}}`;
    },
  };
}
