/** Longest word that is compared; beyond it a slip is not what happened. */
const longestWord = 64;

/**
 * Slips between two words: characters put in, left out, exchanged or swapped with their neighbour (optimal string
 * alignment). Infinity for words of more than 64 characters.
 */
export function editDistance(a: string, b: string): number {
  if (a.length > longestWord || b.length > longestWord) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Slips that a word of this length may hold and still be recognised. */
function slipsAllowed(length: number): number {
  if (length <= 2) return 0;
  return length <= 4 ? 1 : Math.min(3, Math.ceil(length / 4));
}

/**
 * The candidate that a word was most likely meant to be, or null when none is near. Case and `_` for `-` count for
 * nothing; of several equally near ones the first in the list is taken.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll("_", "-");
  const wanted = plain(word);
  let best: string | null = null;
  let bestDistance = slipsAllowed(wanted.length) + 1;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(wanted, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
