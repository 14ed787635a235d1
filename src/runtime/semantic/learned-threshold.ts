import type { Observation } from "./semantic-store.ts";

/**
 * From which similarity on an entry's answer is right, as a curve: right with probability 1 / (1 + exp(-slope (similarity - middle))).
 * The last one stands for entries that are never right.
 */
interface Curve {
  readonly middle: number;
  readonly slope: number;
}

/** Nothing is surer than this, either way: judges err too. */
const surest = 0.998;

const curves: readonly Curve[] = [
  ...Array.from({ length: 27 }, (_, step) => 0.5 + 0.02 * step).flatMap((middle) =>
    [15, 50, 150, 500].map((slope) => ({ middle, slope })),
  ),
  { middle: 2, slope: 500 },
];

/** Entries that count as seen before any was: what is not known yet is not trusted. */
const firstEntries = 10;
/** Half of them never right. */
const neverShare = 0.5;
/** Of so many entries seen before it is remembered which curve they had, those last re-asked. */
const remembered = 400;
/** Levels of confidence that are tried: the best bound among them counts. */
const doubts = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

function right({ middle, slope }: Curve, similarity: number): number {
  const probability = 1 / (1 + Math.exp(-slope * (similarity - middle)));
  return Math.min(surest, Math.max(1 - surest, probability));
}

/** Similarities are told apart in such steps: what they give is reckoned once. */
const steps = 500;

/** For each curve, the logarithms of right and of wrong, by the step of similarity. */
const logTables: (readonly [right: Float64Array, wrong: Float64Array] | undefined)[] = [];

function logsAt(similarity: number): readonly [right: Float64Array, wrong: Float64Array] {
  const step = Math.round(Math.min(1, Math.max(0, similarity)) * steps);
  const known = logTables[step];
  if (known !== undefined) return known;
  const rights = curves.map((curve) => right(curve, step / steps));
  const table = [
    Float64Array.from(rights, (value) => Math.log(value)),
    Float64Array.from(rights, (value) => Math.log(1 - value)),
  ] as const;
  logTables[step] = table;
  return table;
}

/** Where more answers would be wrong than so many times the bound, all are asked anew: who is served must not be served at random. */
const farBeyond = 10;
/** So many are asked anew even of those that are surely right: what changed since would not be seen otherwise. */
const leastReasked = 0.01;

/**
 * Learns from re-asked entries how often an entry's answer is right at a similarity, and with which share of re-asks the wrong
 * answers stay within a bound. After the idea of vCache (arXiv 2502.03771): a logistic curve per entry, a lower bound of its
 * value, and re-asking just as often as the bound needs. Here the curves of entries seen before are what a new entry starts from.
 */
export class LearnedThreshold {
  /** How many entries seen before had each curve. */
  readonly #seen: Float64Array;
  /** What each of them counts for. */
  readonly #shares = new Map<string, Float64Array>();

  constructor() {
    const others = (firstEntries * (1 - neverShare)) / (curves.length - 1);
    this.#seen = new Float64Array(curves.length).fill(others);
    this.#seen[curves.length - 1] = firstEntries * neverShare;
  }

  /**
   * The share of lookups of an entry at this similarity that must be asked anew, so that of all answers given, re-asked ones among them,
   * no more than `within` are expected to be wrong: 1 - within / (1 - right), where `right` is a lower bound. Between 0 and 1, both
   * shares.
   */
  reaskShare(
    entry: string,
    observations: readonly Observation[],
    similarity: number,
    within: number,
  ): number {
    const wrong = 1 - rightAtLeast(this.#curvesOf(entry, observations), similarity);
    if (wrong > farBeyond * within) return 1;
    return Math.max(leastReasked, 1 - within / wrong);
  }

  /** Takes in what re-asking an entry told so far, the last re-ask included. */
  learn(entry: string, observations: readonly Observation[]): void {
    const share = this.#curvesOf(entry, observations);
    this.#count(entry, null);
    this.#count(entry, share);
    for (const oldest of this.#shares.keys()) {
      if (this.#shares.size <= remembered) break;
      this.#count(oldest, null);
    }
  }

  #count(entry: string, share: Float64Array | null): void {
    const before = this.#shares.get(entry);
    if (share === null) this.#shares.delete(entry);
    else this.#shares.set(entry, share);
    const [added, sign] = share === null ? [before, -1] : [share, 1];
    if (added === undefined) return;
    for (let at = 0; at < added.length; at += 1)
      this.#seen[at] = (this.#seen[at] as number) + sign * (added[at] as number);
  }

  /** How likely each curve is the entry's, together 1: what was seen of others, times what fits its own observations. */
  #curvesOf(entry: string, observations: readonly Observation[]): Float64Array {
    const own = this.#shares.get(entry);
    const logs = this.#seen.map((seen, at) => Math.log(Math.max(1e-9, seen - (own?.[at] ?? 0))));
    for (const observation of observations) {
      const table = logsAt(Math.abs(observation))[observation > 0 ? 0 : 1];
      for (let at = 0; at < logs.length; at += 1)
        logs[at] = (logs[at] as number) + (table[at] as number);
    }
    const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const weights = logs.map((log) => Math.exp(log - most));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  }
}

/** A lower bound of how likely the answer is right: (1 - doubt) × what all but so doubtful curves give, at the best doubt. */
function rightAtLeast(weights: Float64Array, similarity: number): number {
  const byValue = curves
    .map((curve, at) => ({ value: right(curve, similarity), weight: weights[at] as number }))
    .sort((a, b) => a.value - b.value);
  let best = 0;
  for (const doubt of doubts) {
    let below = 0;
    const at = byValue.findIndex(({ weight }) => {
      below += weight;
      return below > doubt;
    });
    best = Math.max(best, (1 - doubt) * (byValue[at]?.value ?? 0));
  }
  return best;
}
