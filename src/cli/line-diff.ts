/** Lines that one text has in the place of others. */
export interface LineChange {
  /** The first of them in the text before, from 1. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Lines that are looked at on each side for where two texts agree again. */
const reach = 40;

/**
 * The first changes from one list of lines to another, up to `most` changed lines. Small changes come out smallest; where two
 * texts agree nowhere near, the stretch counts as changed. Linear, so that any file may be compared.
 */
export function diffLines(
  before: readonly string[],
  after: readonly string[],
  most: number,
): readonly LineChange[] {
  const changes: LineChange[] = [];
  let [old, now, changed] = [0, 0, 0];
  while ((old < before.length || now < after.length) && changed < most) {
    if (old < before.length && before[old] === after[now]) {
      old += 1;
      now += 1;
      continue;
    }
    const [taken, put] = nextAgreement(
      before.slice(old, old + reach),
      after.slice(now, now + reach),
    );
    const removed = before.slice(old, old + taken);
    const added = after.slice(now, now + put);
    changes.push({ line: old + 1, removed, added });
    changed += removed.length + added.length;
    old += taken;
    now += put;
  }
  return changes;
}

/** How many lines of each side come before the nearest line that both have. */
function nextAgreement(
  before: readonly string[],
  after: readonly string[],
): readonly [taken: number, put: number] {
  for (let distance = 1; distance < before.length + after.length; distance += 1) {
    for (let taken = 0; taken <= distance; taken += 1) {
      const line = before[taken];
      // Empty lines are everywhere: they say nothing of where the texts agree.
      if (line === undefined || line === "" || line !== after[distance - taken]) continue;
      return withoutCommonEnd(before.slice(0, taken), after.slice(0, distance - taken));
    }
  }
  return withoutCommonEnd(before, after);
}

/** How many lines of each side come before those, empty ones, that both end with. */
function withoutCommonEnd(
  before: readonly string[],
  after: readonly string[],
): readonly [taken: number, put: number] {
  let [taken, put] = [before.length, after.length];
  while (taken > 0 && put > 0 && before[taken - 1] === after[put - 1]) {
    taken -= 1;
    put -= 1;
  }
  return [taken, put];
}

/**
 * The lines in which two texts differ, as a patch shows them: `-12 old`, `+12 new`, numbered in the text that holds them; the
 * lines between are not shown.
 */
export function patchLines(before: string, after: string): readonly string[] {
  const [old, now] = [before, after].map((text) => text.split(/\r?\n/)) as [string[], string[]];
  let moved = 0;
  return diffLines(old, now, Number.POSITIVE_INFINITY).flatMap(({ line, removed, added }) => {
    const first = line + moved;
    moved += added.length - removed.length;
    return [
      ...removed.map((text, at) => `-${line + at} ${text}`),
      ...added.map((text, at) => `+${first + at} ${text}`),
    ];
  });
}
