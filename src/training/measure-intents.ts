import { type IntentModel, indexOfLargest } from "../meaning/intent-model.ts";
import { calibrationErrorOf, reliabilityOf } from "./probability-bins.ts";
import type { LabelledText } from "./split.ts";

/** How often two labels were taken for each other. */
export interface Confusion {
  readonly label: string;
  readonly taken: string;
  readonly count: number;
}

/** Texts whose probability lay in one part of 0 to 1. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly texts: number;
  /** Mean probability of what the model said. */
  readonly said: number;
  /** Share that it was right about. */
  readonly right: number;
}

/** What a model was worth on texts that it had not seen. */
export interface IntentMeasures {
  readonly texts: number;
  /** Share of texts whose likeliest label is theirs. */
  readonly accuracy: number;
  /** Mean of the labels' F1, each label counted once. */
  readonly macroF1: number;
  /** Share of texts that fall to `other` for want of a likely label. */
  readonly toOther: number;
  /** Accuracy among those that do not; 1 for none. */
  readonly accuracyWithoutOther: number;
  /** Expected calibration error over fifteen bins: how far probabilities are from shares, on average. */
  readonly calibrationError: number;
  readonly reliability: readonly ReliabilityBin[];
  /** Worst first. */
  readonly confusions: readonly Confusion[];
}

interface Outcome {
  readonly label: string;
  readonly said: string;
  readonly probability: number;
}

/** Measures a model on labelled texts: accuracy, confusions, calibration. */
export function measureIntents(model: IntentModel, rows: readonly LabelledText[]): IntentMeasures {
  const outcomes = rows.map(({ text, label }): Outcome => {
    const likely = model.probabilities(text);
    const best = indexOfLargest(likely);
    return { label, said: model.labels[best] as string, probability: likely[best] as number };
  });
  const kept = outcomes.filter(({ probability }) => probability >= model.threshold);
  const told = outcomes.map(({ label, said, probability }) => ({
    said: probability,
    came: label === said,
  }));
  return {
    texts: rows.length,
    accuracy: shareRight(outcomes),
    macroF1: macroF1Of(outcomes),
    toOther: rows.length === 0 ? 0 : 1 - kept.length / rows.length,
    accuracyWithoutOther: kept.length === 0 ? 1 : shareRight(kept),
    calibrationError: calibrationErrorOf(told),
    reliability: reliabilityOf(told).map(({ came, ...bin }) => ({ ...bin, right: came })),
    confusions: confusionsOf(outcomes),
  };
}

function shareRight(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ label, said }) => label === said).length / outcomes.length;
}

function macroF1Of(outcomes: readonly Outcome[]): number {
  const labels = [...new Set(outcomes.map(({ label }) => label))];
  const scores = labels.map((label) => {
    const right = outcomes.filter((each) => each.label === label && each.said === label).length;
    const named = outcomes.filter((each) => each.label === label || each.said === label);
    return (2 * right) / (named.length + right);
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

function confusionsOf(outcomes: readonly Outcome[]): Confusion[] {
  const counts = new Map<string, { label: string; taken: string; count: number }>();
  for (const { label, said } of outcomes) {
    if (label === said) continue;
    const key = JSON.stringify([label, said]);
    const found = counts.get(key) ?? { label, taken: said, count: 0 };
    found.count += 1;
    counts.set(key, found);
  }
  return [...counts.values()].sort(
    (a, b) => b.count - a.count || (a.label < b.label ? -1 : 1) || (a.taken < b.taken ? -1 : 1),
  );
}
