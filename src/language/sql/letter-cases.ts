/** The one character whose lower case is two: dotted capital I. */
const dottedI = "\u0130";
const dotAbove = "\u0307";

let letters: ReadonlyMap<string, readonly string[]> | null = null;

/** By small letter all letters that become it; made once, of what `toLowerCase` itself says. */
function lettersOf(): ReadonlyMap<string, readonly string[]> {
  if (letters !== null) return letters;
  const found = new Map<string, string[]>();
  for (let code = 0; code < 0x20000; code += 1) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const letter = String.fromCodePoint(code);
    const small = letter.toLowerCase();
    if (small === letter || letter === dottedI) continue;
    const others = found.get(small);
    if (others === undefined) found.set(small, [letter]);
    else others.push(letter);
  }
  letters = found;
  return found;
}

/** A character as a pattern of RE2 and of Java alike. */
export function patternLetter(letter: string): string {
  if (/^[A-Za-z0-9 _]$/.test(letter)) return letter;
  return `\\x{${(letter.codePointAt(0) ?? 0).toString(16)}}`;
}

/** What `contains` becomes: plain text where no letter has cases, a pattern of all cases else; null where no pattern is equal to it. */
export function containsPattern(
  wanted: string,
): { readonly kind: "text" | "pattern"; readonly value: string } | null {
  const small = wanted.toLowerCase();
  // Which small sigma a capital one becomes is told by the letters round it.
  if (/[σς]/.test(small)) return null;
  const cases = lettersOf();
  const all = [...small];
  if (!all.some((letter) => cases.has(letter) || letter === "i" || letter === dotAbove)) {
    return { kind: "text", value: small };
  }
  let value = "";
  for (let at = 0; at < all.length; at += 1) {
    const letter = all[at] ?? "";
    const either = [letter, ...(cases.get(letter) ?? [])].map(patternLetter);
    const set = either.length === 1 ? (either[0] ?? "") : `[${either.join("")}]`;
    if (letter === "i" && all[at + 1] === dotAbove) {
      value += `(?:${set}${patternLetter(dotAbove)}|${patternLetter(dottedI)})`;
      at += 1;
    } else if ((letter === "i" && at === all.length - 1) || (letter === dotAbove && at === 0)) {
      value += `[${[...either, patternLetter(dottedI)].join("")}]`;
    } else value += set;
  }
  return { kind: "pattern", value };
}
