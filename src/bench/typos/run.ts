import type { Examples } from "./examples.ts";
import { type Scored, Scorer } from "./score.ts";
import { seedFaults } from "./seed-faults.ts";
import { type TypoScore, tally, tallyBy } from "./tally.ts";

export interface TypoRun {
  readonly seed: number;
  readonly all: TypoScore;
  readonly kinds: readonly TypoScore[];
  readonly files: readonly TypoScore[];
  readonly scored: readonly Scored[];
}

/** Seeds faults until `count` of them are counted, or no new ones are left, and scores each. */
export function typoBench(
  { examples, load }: Examples,
  { seed, count }: { readonly seed: number; readonly count: number },
): TypoRun {
  const scorer = new Scorer(examples, load);
  const scored: Scored[] = [];
  let counted = 0;
  for (const fault of seedFaults(examples, seed)) {
    if (counted >= count) break;
    const one = scorer.score(fault);
    scored.push(one);
    if (!one.silent) counted += 1;
  }
  return {
    seed,
    all: tally("all", scored),
    kinds: tallyBy(scored, ({ fault }) => fault.kind),
    files: tallyBy(scored, ({ fault }) => fault.file).toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
    scored,
  };
}
