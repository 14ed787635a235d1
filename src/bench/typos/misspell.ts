import type { Random } from "../../base/random.ts";

/** Keys beside each other on a Latin keyboard, row by row. */
const rows = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

function neighbourKey(letter: string, random: Random): string {
  const row = rows.find((keys) => keys.includes(letter.toLowerCase()));
  if (row === undefined) return "x";
  const at = row.indexOf(letter.toLowerCase());
  const near = [row[at - 1], row[at + 1]].filter((key) => key !== undefined);
  return random.pick(near) ?? "x";
}

function oneSlip(word: string, random: Random): string {
  const at = random.integer(word.length);
  const letter = word.charAt(at);
  switch (random.integer(4)) {
    case 0:
      return word.slice(0, at) + word.slice(at + 1);
    case 1:
      return word.slice(0, at) + letter + word.slice(at);
    case 2: {
      const from = Math.min(at, word.length - 2);
      return word.slice(0, from) + word.charAt(from + 1) + word.charAt(from) + word.slice(from + 2);
    }
    default:
      return word.slice(0, at) + neighbourKey(letter, random) + word.slice(at + 1);
  }
}

/** Shortest word in which two slips are made; a shorter one would no longer be known for what it is. */
const twoSlips = 8;

/** The word with a letter dropped, doubled, swapped with its neighbour or hit beside; now and then a long word with two. */
export function misspell(word: string, random: Random): string {
  const once = oneSlip(word, random);
  return word.length >= twoSlips && random.integer(4) === 0 ? oneSlip(once, random) : once;
}
