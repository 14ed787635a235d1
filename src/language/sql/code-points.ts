/** Code points as rising ranges, both ends included. */
export type CodePoints = readonly (readonly [from: number, to: number])[];

export const lastCodePoint = 0x10ffff;

export const digits: CodePoints = [[0x30, 0x39]];
export const wordLetters: CodePoints = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
/** What `\s` takes in RE2: no vertical tab. */
export const spaces: CodePoints = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
];

/** The named sets of `[[:alpha:]]`, ASCII alone. */
export const namedSets: Readonly<Record<string, CodePoints>> = {
  alnum: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  alpha: [
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  ascii: [[0, 0x7f]],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: digits,
  graph: [[0x21, 0x7e]],
  lower: [[0x61, 0x7a]],
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
  upper: [[0x41, 0x5a]],
  word: wordLetters,
  xdigit: [
    [0x30, 0x39],
    [0x41, 0x46],
    [0x61, 0x66],
  ],
};

/** Ranges in order, those that touch joined. */
export function united(ranges: CodePoints): CodePoints {
  const joined: [number, number][] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** Every other code point. */
export function othersThan(ranges: CodePoints): CodePoints {
  const others: [number, number][] = [];
  let next = 0;
  for (const [from, to] of united(ranges)) {
    if (from > next) others.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= lastCodePoint) others.push([next, lastCodePoint]);
  return others;
}

/** With the other cases of ASCII letters, K and s beyond ASCII among them; null where letters beyond ASCII would need theirs. */
export function withCases(ranges: CodePoints): CodePoints | null {
  const all: [number, number][] = [];
  for (const [from, to] of ranges) {
    if (to > 0x7f && !(from <= 0x80 && to === lastCodePoint)) return null;
    all.push([from, to]);
    for (let code = from; code <= Math.min(to, 0x7f); code += 1) {
      const letter = String.fromCharCode(code);
      if (!/[A-Za-z]/.test(letter)) continue;
      all.push([code ^ 0x20, code ^ 0x20]);
      if (/k/i.test(letter)) all.push([0x212a, 0x212a]);
      if (/s/i.test(letter)) all.push([0x17f, 0x17f]);
    }
  }
  return united(all);
}
