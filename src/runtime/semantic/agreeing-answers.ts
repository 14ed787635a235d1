import { answersAlike, cosineOfBytes, inBytes } from "./choose-candidate.ts";
import { disagreementOf } from "./guards.ts";
import { readTraits } from "./traits.ts";

/** Shorter answers are compared word by word, longer ones by meaning. */
const shortAnswer = 120;

/**
 * Whether two answers say the same, as far as their words tell; null where only their places do: models put the same thing in other words each
 * time. Languages must be loaded.
 */
export function sayTheSame(a: string, b: string): boolean | null {
  if (plain(a) === plain(b)) return true;
  if (Math.min(a.length, b.length) > shortAnswer) return null;
  return disagreementOf(readTraits(a), readTraits(b)) === null ? null : false;
}

/** Whether answers at two places, each the vector of one, say the same. */
export function lieTogether(a: Float32Array, b: Float32Array): boolean {
  return cosineOfBytes(inBytes(a), inBytes(b)) >= answersAlike;
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
