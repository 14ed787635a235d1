import { frameState } from "../language/program/frame.ts";
import { createSlot, putBounds, putUnknown, type SlotReader } from "./slot.ts";

/** Adds, subtracts or multiplies two readers with interval arithmetic; unknown when either is. */
export function combine<Source>(
  op: "+" | "-" | "*",
  left: SlotReader<Source>,
  right: SlotReader<Source>,
): SlotReader<Source> {
  const one = createSlot();
  const other = createSlot();
  return (source, slot) => {
    left(source, one);
    right(source, other);
    if (one.state === frameState.unknown || other.state === frameState.unknown) {
      return putUnknown(slot);
    }
    const oneHigh = one.state === frameState.bounded ? one.high : one.low;
    const otherHigh = other.state === frameState.bounded ? other.high : other.low;
    if (op === "+") putBounds(slot, one.low + other.low, oneHigh + otherHigh);
    else if (op === "-") putBounds(slot, one.low - otherHigh, oneHigh - other.low);
    else {
      const a = one.low * other.low;
      const b = one.low * otherHigh;
      const c = oneHigh * other.low;
      const d = oneHigh * otherHigh;
      putBounds(slot, Math.min(a, b, c, d), Math.max(a, b, c, d));
    }
  };
}
