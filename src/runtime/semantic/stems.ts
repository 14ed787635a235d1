import { baseForms, sameAs } from "./word-lists.ts";

const endings: readonly (readonly [end: string, least: number])[] = [
  ["ies", 5],
  ["ing", 6],
  ["ed", 5],
  ["es", 5],
  ["s", 4],
  ["ly", 5],
];

/** A word without the commonest English endings, by its first synonym: two words of one stem count as one. */
export function stemOf(spoken: string): string {
  const word = baseForms.get(spoken) ?? spoken;
  const same = sameAs.get(word);
  if (same !== undefined) return same;
  for (const [end, least] of endings) {
    if (word.length < least || !word.endsWith(end) || word.endsWith("ss")) continue;
    let stem = word.slice(0, -end.length);
    if (end === "ies") stem += "y";
    if (/([bdgklmnprt])\1$/.test(stem)) stem = stem.slice(0, -1);
    return bare(sameAs.get(stem) ?? sameAs.get(`${stem}e`) ?? stem);
  }
  return bare(word);
}

function bare(word: string): string {
  const cut = word.length > 4 && word.endsWith("e") ? word.slice(0, -1) : word;
  return sameAs.get(cut) ?? cut;
}
