import { createRandom } from "../../src/base/random.ts";
import type { JudgedText } from "../../src/training/train-difficulty.ts";

const greetings = ["Hello", "Good morning", "Hi there", "Dear all", "Good evening"];
const easy = ["what is the capital of", "who lives in", "when was I in", "how do I get to"];
const places = ["France", "Rome", "the valley", "our village", "the old town", "Oslo"];
const hard = [
  "Prove that the integral",
  "Derive the kernel",
  "Show that the ring",
  "Bound the norm",
];
const objects = ["of f(x) = x^2", "over [0, 17]", "is not closed", "for n >= 1024", "= 0"];

/** Judged prompts of two kinds that are easily told apart, with one in ten judged the other way, from one seed. */
export function judgedTexts(count: number, seed: string): JudgedText[] {
  const random = createRandom(seed);
  const of = (words: readonly string[]): string => words[random.integer(words.length)] as string;
  return Array.from({ length: count }, (_, at): JudgedText => {
    const isHard = at % 3 === 0;
    const text = isHard
      ? `${of(hard)} ${of(objects)} ${of(objects)}, ${of(objects)}. ${at}`
      : `${of(greetings)}, ${of(easy)} ${of(places)}? ${at}`;
    return { text, hard: random.integer(10) === 0 ? !isHard : isHard };
  });
}
