const meanings: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", n: "\n", t: "\t" };

/** What a text in double quotes stands for; an escape that the language lacks stands for itself. */
export function readText(image: string): string {
  const inner = image.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  return inner.replaceAll(/\\([^\n\r])/g, (whole, letter: string) => meanings[letter] ?? whole);
}

/** Offsets, within a text in quotes, of the backslashes that begin no escape of the language. */
export function unknownEscapes(image: string): number[] {
  const offsets: number[] = [];
  for (const match of image.matchAll(/\\([^\n\r])/g)) {
    if (meanings[match[1] ?? ""] === undefined) offsets.push(match.index);
  }
  return offsets;
}

/** A text as the language writes it. */
export function writeText(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, (letter) => `\\${letter}`);
  return `"${escaped.replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`;
}
