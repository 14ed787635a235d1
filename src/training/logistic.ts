import { createRandom } from "../base/random.ts";
import { softmax } from "../meaning/intent-model.ts";
import { shuffle } from "./split.ts";

/** One text as the classifier sees it. */
export interface Example {
  /** Rows of weights that it touches, and how much of each. */
  readonly rows: Int32Array;
  readonly values: Float32Array;
  /** Class, from 0. */
  readonly label: number;
}

export interface LinearModel {
  readonly classes: number;
  /** A row of classes for each feature. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export interface TrainOptions {
  readonly classes: number;
  readonly features: number;
  readonly seed: number;
  readonly epochs: number;
  /** Size of the first steps. */
  readonly rate: number;
  /** Called after every pass over the examples. */
  readonly passed?: (epoch: number) => void;
}

/** A class's part of an error below this moves nothing: most classes of most texts, which are passed over. */
const smallestError = 1e-3;
const biasRate = 0.05;

/**
 * Fits a multinomial logistic regression by AdaGrad, one example at a time in an order of the seed's, with steps that
 * shrink to nothing. The sum of squares is kept by feature, not by weight. The same input gives the same weights.
 */
export function trainLogistic(examples: readonly Example[], options: TrainOptions): LinearModel {
  const { classes, features, seed, epochs, rate, passed } = options;
  const model: LinearModel = {
    classes,
    weights: new Float32Array(features * classes),
    bias: new Float32Array(classes),
  };
  const squares = new Float32Array(features).fill(1e-6);
  const random = createRandom(`logistic:${seed}`);
  const order = Int32Array.from(examples.keys());
  const scores = new Float64Array(classes);
  const step = stepOf(model, squares);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, random);
    const rateNow = rate * (1 - epoch / epochs);
    for (const at of order) {
      const example = examples[at] as Example;
      softmax(scoresOf(model, example, scores), 1);
      scores[example.label] = (scores[example.label] as number) - 1;
      step(example, scores, rateNow);
    }
    passed?.(epoch);
  }
  return model;
}

/** Scores of the classes before they are made probabilities, into `scores`. */
export function scoresOf(
  { classes, weights, bias }: LinearModel,
  { rows, values }: Pick<Example, "rows" | "values">,
  scores: Float64Array,
): Float64Array {
  scores.set(bias);
  for (let i = 0; i < rows.length; i += 1) {
    const start = (rows[i] as number) * classes;
    const value = values[i] as number;
    for (let k = 0; k < classes; k += 1) {
      scores[k] = (scores[k] as number) + value * (weights[start + k] as number);
    }
  }
  return scores;
}

function stepOf({ classes, weights, bias }: LinearModel, squares: Float32Array) {
  const active = new Int32Array(classes);
  return ({ rows, values }: Example, errors: Float64Array, rate: number): void => {
    let count = 0;
    let size = 0;
    for (let k = 0; k < classes; k += 1) {
      const error = errors[k] as number;
      size += error * error;
      if (Math.abs(error) <= smallestError) continue;
      active[count] = k;
      count += 1;
      bias[k] = (bias[k] as number) - rate * biasRate * error;
    }
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      const value = values[i] as number;
      const sum = (squares[row] as number) + size * value * value;
      squares[row] = sum;
      const scale = (rate * value) / Math.sqrt(sum);
      for (let j = 0; j < count; j += 1) {
        const k = active[j] as number;
        const at = row * classes + k;
        weights[at] = (weights[at] as number) - scale * (errors[k] as number);
      }
    }
  };
}
