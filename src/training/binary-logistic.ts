import { createRandom } from "../base/random.ts";
import { shuffle } from "./split.ts";

/** One text as rows of weights that it touches, and how much of each; what came of it as 0 or 1. */
export interface BinaryExample {
  readonly rows: Int32Array;
  readonly values: Float32Array;
  readonly outcome: 0 | 1;
}

export interface BinaryModel {
  readonly weights: Float32Array;
  bias: number;
}

export interface BinaryOptions {
  readonly features: number;
  readonly seed: number;
  readonly epochs: number;
  /** Size of the first steps. */
  readonly rate: number;
  /** How strongly a row's weights are drawn to zero, at each example that touches it. */
  readonly shrinkOf: (row: number) => number;
  readonly passed?: (epoch: number) => void;
}

const biasRate = 0.05;

export const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score));

/** The score of an example before it is made a probability. */
export function scoreOf(
  { weights, bias }: BinaryModel,
  { rows, values }: Pick<BinaryExample, "rows" | "values">,
): number {
  let score = bias;
  for (let i = 0; i < rows.length; i += 1) {
    score += (values[i] as number) * (weights[rows[i] as number] as number);
  }
  return score;
}

/**
 * Fits a logistic regression of two outcomes by AdaGrad with weights drawn to zero, one example at a time in an order of the
 * seed's, with steps that shrink to nothing. The same input gives the same weights.
 */
export function trainBinary(
  examples: readonly BinaryExample[],
  { features, seed, epochs, rate, shrinkOf, passed }: BinaryOptions,
): BinaryModel {
  const model: BinaryModel = { weights: new Float32Array(features), bias: 0 };
  const { weights } = model;
  const squares = new Float32Array(features).fill(1e-6);
  const random = createRandom(`binary:${seed}`);
  const order = Int32Array.from(examples.keys());
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, random);
    const rateNow = rate * (1 - epoch / epochs);
    for (const at of order) {
      const example = examples[at] as BinaryExample;
      const error = sigmoid(scoreOf(model, example)) - example.outcome;
      model.bias -= rateNow * biasRate * error;
      const { rows, values } = example;
      for (let i = 0; i < rows.length; i += 1) {
        const row = rows[i] as number;
        const weight = weights[row] as number;
        const slope = error * (values[i] as number) + shrinkOf(row) * weight;
        const sum = (squares[row] as number) + slope * slope;
        squares[row] = sum;
        weights[row] = weight - (rateNow * slope) / Math.sqrt(sum);
      }
    }
    passed?.(epoch);
  }
  return model;
}
