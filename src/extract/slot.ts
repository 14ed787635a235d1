import type { FactValue } from "../facts/fact.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";

/** One fact on its way into a frame; reused, so that reading facts allocates nothing. */
export interface Slot {
  state: number;
  /** The number, or its lower bound. */
  low: number;
  high: number;
  text: string;
}

export function createSlot(): Slot {
  return { state: frameState.unknown, low: 0, high: 0, text: "" };
}

/** Reads one fact of a source into a slot. */
export type SlotReader<Source> = (source: Source, slot: Slot) => void;

/** The fact is not known. */
export function putUnknown(slot: Slot): void {
  slot.state = frameState.unknown;
  slot.low = 0;
}

export function putNumber(slot: Slot, value: number): void {
  slot.state = frameState.known;
  slot.low = value;
}

export function putText(slot: Slot, value: string): void {
  slot.state = frameState.known;
  slot.low = 0;
  slot.text = value;
}

/** A number known to lie in [low, high]. */
export function putBounds(slot: Slot, low: number, high: number): void {
  slot.state = low === high ? frameState.known : frameState.bounded;
  slot.low = low;
  slot.high = high;
}

/** A value of any type; booleans become 0 and 1, undefined is unknown. */
export function putValue(slot: Slot, value: FactValue | undefined): void {
  if (value === undefined) putUnknown(slot);
  else if (typeof value === "string") putText(slot, value);
  else putNumber(slot, Number(value));
}

/** Writes a slot where the table reads it. */
export function store(frame: FactFrame, operand: number, slot: Slot): void {
  frame.state[operand] = slot.state;
  frame.numbers[operand] = slot.low;
  frame.uppers[operand] = slot.high;
  frame.texts[operand] = slot.text;
  slot.text = "";
}
