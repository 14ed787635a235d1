import { indexOfLargest, softmax } from "../meaning/intent-model.ts";

/** Scores of one held-out text, and its class from 0. */
export interface Scored {
  readonly scores: Float64Array;
  readonly label: number;
}

const logOf = (probability: number): number => Math.log(Math.max(probability, 1e-12));

const coldest = 0.05;
const hottest = 20;

/**
 * The temperature at which the true classes are likeliest (least negative log likelihood), by golden section; 1 without
 * any texts. One number for all classes: it changes how sure a model is, never what it says. As in Platt's scaling a little
 * of each target goes to all classes, or a few texts that are all right would make a model sure of anything.
 */
export function fitTemperature(held: readonly Scored[]): number {
  if (held.length === 0) return 1;
  const spread = 1 / (held.length + 2);
  const lossAt = (logarithm: number): number => {
    let loss = 0;
    for (const { scores, label } of held) {
      const likely = softmax(scores.slice(), Math.exp(logarithm));
      loss -= (1 - spread) * logOf(likely[label] as number);
      for (const each of likely) loss -= (spread / likely.length) * logOf(each);
    }
    return loss;
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(coldest), Math.log(hottest)];
  for (let i = 0; i < 40; i += 1) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (lossAt(left) < lossAt(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/**
 * The probability below which a text is `other`: as high as it can be while at most `share` of the held-out texts that the
 * model is right about are given up. One more text is counted, halfway between chance and the least sure of them: where
 * there are few, what comes later will be less sure than any. 0 without any texts.
 */
export function fitThreshold(held: readonly Scored[], temperature: number, share: number): number {
  const right: number[] = [];
  for (const { scores, label } of held) {
    const likely = softmax(scores.slice(), temperature);
    const best = indexOfLargest(likely);
    if (best === label) right.push(likely[best] as number);
  }
  right.sort((a, b) => a - b);
  const least = right[0];
  const classes = held[0]?.scores.length;
  if (least === undefined || classes === undefined) return 0;
  right.unshift((1 / classes + least) / 2);
  return right[Math.floor(right.length * share)] as number;
}
