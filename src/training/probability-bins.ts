/** A probability, and whether what it was of came true. */
export interface Told {
  /** From 0 to 1. */
  readonly said: number;
  readonly came: boolean;
}

/** Probabilities of one part of 0 to 1. */
export interface ProbabilityBin {
  readonly from: number;
  readonly to: number;
  readonly texts: number;
  /** Mean of what was said. */
  readonly said: number;
  /** Share that came true. */
  readonly came: number;
}

const errorBins = 15;
const tableBins = 10;

/** The table of a model's reliability: tenths of 0 to 1 that hold any text, in rising order. */
export function reliabilityOf(told: readonly Told[]): readonly ProbabilityBin[] {
  return binsOf(told, tableBins);
}

/** Expected calibration error over fifteen bins: how far probabilities are from shares, on average; 0 for none. */
export function calibrationErrorOf(told: readonly Told[]): number {
  return binsOf(told, errorBins).reduce(
    (sum, { texts, said, came }) => sum + (texts / told.length) * Math.abs(said - came),
    0,
  );
}

function binsOf(told: readonly Told[], count: number): ProbabilityBin[] {
  const bins = Array.from({ length: count }, () => ({ texts: 0, said: 0, came: 0 }));
  for (const { said, came } of told) {
    const bin = bins[Math.min(Math.floor(said * count), count - 1)];
    if (bin === undefined) continue;
    bin.texts += 1;
    bin.said += said;
    bin.came += Number(came);
  }
  return bins.flatMap(({ texts, said, came }, at) => {
    if (texts === 0) return [];
    return [
      { from: at / count, to: (at + 1) / count, texts, said: said / texts, came: came / texts },
    ];
  });
}
