import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of the heap that are still held when `act` is done, beyond those that were held before it. */
export async function heldAfter(act: () => void | Promise<void>): Promise<number> {
  collect();
  const before = process.memoryUsage().heapUsed;
  await act();
  collect();
  return process.memoryUsage().heapUsed - before;
}

/** A text of a million characters; it begins with a word that stands in no other. */
export function largeText(word: string): string {
  return Buffer.alloc(1_000_000, `${word} card card card `).toString("latin1");
}

/** A word of so many letters for each number below 26 to their power. */
export function unseenWord(at: number, letters = 20): string {
  return at
    .toString(26)
    .padStart(letters, "q")
    .replaceAll(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] ?? "");
}
