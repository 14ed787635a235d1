import type { Scored } from "./score.ts";

/** Scores of a group of faults; shares of those that are counted, 0 to 1. */
export interface TypoScore {
  readonly name: string;
  readonly counted: number;
  /** Faults that leave a policy without a finding, beside those that are counted. */
  readonly silent: number;
  readonly line: number;
  readonly token: number;
  readonly fix: number;
  /** Share whose fixes make a policy that is not the intended one, without an error. */
  readonly otherPolicy: number;
}

export function tally(name: string, all: readonly Scored[]): TypoScore {
  const counted = all.filter(({ silent }) => !silent);
  const share = (holds: (scored: Scored) => boolean): number =>
    counted.length === 0 ? 1 : counted.filter(holds).length / counted.length;
  return {
    name,
    counted: counted.length,
    silent: all.length - counted.length,
    line: share(({ line }) => line),
    token: share(({ token }) => token),
    fix: share(({ fix }) => fix === "restored"),
    otherPolicy: share(({ fix }) => fix === "other"),
  };
}

/** The scores of each group, in the order in which the groups are met. */
export function tallyBy(
  all: readonly Scored[],
  groupOf: (scored: Scored) => string,
): readonly TypoScore[] {
  return [...Map.groupBy(all, groupOf)].map(([name, group]) => tally(name, group));
}
