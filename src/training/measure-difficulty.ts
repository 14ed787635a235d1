import { calibrationErrorOf, reliabilityOf } from "./probability-bins.ts";

/** What was said of a text before, and what came of it. */
export interface Judged {
  /** Probability that it is hard, from 0 to 1. */
  readonly said: number;
  readonly hard: boolean;
}

/** Texts whose probability lay in one part of 0 to 1. */
export interface DifficultyBin {
  readonly from: number;
  readonly to: number;
  readonly texts: number;
  /** Mean probability of what was said. */
  readonly said: number;
  /** Share that was hard. */
  readonly hard: number;
}

/** What becomes of texts where those up to a threshold stay, and the rest goes elsewhere. */
export interface SharePoint {
  /** Texts at most so hard stay. */
  readonly threshold: number;
  /** Share of texts that stay. */
  readonly stays: number;
  /** Share of those that stay which are hard all the same. */
  readonly hardAmongStaying: number;
  /** Share of the hard ones that go. */
  readonly hardThatGo: number;
}

export interface DifficultyMeasures {
  readonly texts: number;
  readonly hardShare: number;
  /** How often a hard text is said to be harder than an easy one; ties count half, and 0.5 is chance. Null where one kind is missing. */
  readonly auc: number | null;
  /** Mean squared distance of what was said from what came. */
  readonly brier: number;
  /** Expected calibration error over fifteen bins. */
  readonly calibrationError: number;
  readonly reliability: readonly DifficultyBin[];
  readonly curve: readonly SharePoint[];
}

const curveShares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** Measures probabilities against outcomes: order, calibration, and what each threshold would keep. */
export function measureDifficulty(judged: readonly Judged[]): DifficultyMeasures {
  const sorted = [...judged].sort((a, b) => a.said - b.said);
  const hard = judged.filter((each) => each.hard).length;
  const texts = Math.max(judged.length, 1);
  const told = judged.map((each) => ({ said: each.said, came: each.hard }));
  return {
    texts: judged.length,
    hardShare: hard / texts,
    auc: aucOf(sorted),
    brier: judged.reduce((sum, each) => sum + (each.said - Number(each.hard)) ** 2, 0) / texts,
    calibrationError: calibrationErrorOf(told),
    reliability: reliabilityOf(told).map(({ came, ...bin }) => ({ ...bin, hard: came })),
    curve: curveShares.flatMap((share) => pointAt(sorted, share, hard)),
  };
}

/** The rank sum of hard texts (Mann and Whitney), equal ones at their middle rank; null where one kind is missing. */
export function aucOf(sorted: readonly Judged[]): number | null {
  let [rankSum, hard] = [0, 0];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]?.said === sorted[start]?.said) end += 1;
    const own = sorted.slice(start, end).filter((each) => each.hard).length;
    rankSum += (own * (start + 1 + end)) / 2;
    hard += own;
    start = end;
  }
  if (hard === 0 || hard === sorted.length) return null;
  return (rankSum - (hard * (hard + 1)) / 2) / (hard * (sorted.length - hard));
}

function pointAt(sorted: readonly Judged[], share: number, hard: number): readonly SharePoint[] {
  const threshold = sorted[Math.ceil(share * sorted.length) - 1]?.said;
  if (threshold === undefined) return [];
  const staying = sorted.filter(({ said }) => said <= threshold);
  const kept = staying.filter((each) => each.hard).length;
  return [
    {
      threshold,
      stays: staying.length / sorted.length,
      hardAmongStaying: kept / staying.length,
      hardThatGo: hard === 0 ? 0 : (hard - kept) / hard,
    },
  ];
}
