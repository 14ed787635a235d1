/** Lines ahead in which a line is looked for before it counts as gone. */
const window = 200;

/**
 * The lines in which two texts differ, as a patch shows them: `-12 old`, `+12 new`, numbered in the text that holds them. Made
 * for texts that differ in few places; the lines between are not shown.
 */
export function lineDiff(before: string, after: string): readonly string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      i += 1;
      j += 1;
      continue;
    }
    const { gone, come } = nextMatch(old, now, i, j);
    for (let each = 0; each < gone; each += 1) lines.push(line("-", i + each, old));
    for (let each = 0; each < come; each += 1) lines.push(line("+", j + each, now));
    i += gone;
    j += come;
  }
  return lines;
}

function line(sign: "-" | "+", index: number, lines: readonly string[]): string {
  return `${sign}${index + 1} ${(lines[index] ?? "").replace(/\r$/, "")}`;
}

/** How many lines go and come before the two texts agree again, the fewest together; all that is left when they never do. */
function nextMatch(
  old: readonly string[],
  now: readonly string[],
  i: number,
  j: number,
): { readonly gone: number; readonly come: number } {
  for (let total = 1; total <= window; total += 1) {
    for (let gone = 0; gone <= total; gone += 1) {
      const come = total - gone;
      const isEnd = i + gone === old.length && j + come === now.length;
      const isSame = i + gone < old.length && old[i + gone] === now[j + come];
      if (isEnd || isSame) return { gone, come };
    }
  }
  return { gone: old.length - i, come: now.length - j };
}
