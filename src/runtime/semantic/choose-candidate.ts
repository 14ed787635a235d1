import { type Disagreement, disagreementOf, haveSameWords } from "./guards.ts";
import type { Candidate } from "./semantic-store.ts";
import { readTraits } from "./traits.ts";

/** Why no kept answer was taken: none lay near enough, a guard refused the nearest, or two about as near say different things. */
export type WhyNot = "far" | Disagreement | "ambiguous";

export type Choice =
  | { readonly kind: "chosen"; readonly candidate: Candidate }
  | { readonly kind: "none"; readonly why: WhyNot };

/** Candidates no further behind the best than this are about as near as it. */
const aboutAsNear = 0.02;
/** Kept answers that lie no nearer to each other than this say different things. */
export const answersAlike = 0.8;

interface Weighed {
  readonly candidate: Candidate;
  readonly disagreement: Disagreement | null;
  readonly hasSameWords: boolean;
}

/**
 * The nearest candidate, at least so near as asked, whose prompt differs in nothing that decides an answer; none where others about as
 * near, or nearer, keep an answer that says something else. Pure; candidates come nearest first.
 */
export function chooseCandidate(
  prompt: string,
  candidates: readonly Candidate[],
  above: number,
): Choice {
  const near = candidates.filter(({ similarity }) => similarity >= above);
  if (near.length === 0) return { kind: "none", why: "far" };
  const traits = readTraits(prompt);
  const weigh = (candidate: Candidate): Weighed => {
    const other = readTraits(candidate.prompt);
    const disagreement = disagreementOf(traits, other);
    return { candidate, disagreement, hasSameWords: haveSameWords(traits, other) };
  };
  // One after the other: most texts need not be read at all.
  const weighed: Weighed[] = [];
  for (const candidate of near) {
    weighed.push(weigh(candidate));
    if (weighed.at(-1)?.disagreement === null) break;
  }
  const best = weighed.at(-1);
  if (best === undefined || best.disagreement !== null)
    return { kind: "none", why: weighed[0]?.disagreement ?? "far" };
  for (const candidate of candidates.slice(weighed.length))
    if (isAboutAsNear(candidate, best)) weighed.push(weigh(candidate));
  const isDoubtful = weighed.some(
    (other) => speaksAgainst(other, best) && !answersAgree(best.candidate, other.candidate),
  );
  if (isDoubtful) return { kind: "none", why: "ambiguous" };
  return { kind: "chosen", candidate: best.candidate };
}

function isAboutAsNear({ similarity }: Candidate, best: Weighed): boolean {
  return similarity >= best.candidate.similarity - aboutAsNear;
}

/**
 * Whether another answer than the best one's would put that one in doubt: of a prompt about as near that passes too, or that was only
 * refused for its phrasing. One that holds other numbers or names is known to have another answer, and says nothing.
 */
function speaksAgainst(other: Weighed, best: Weighed): boolean {
  if (!isAboutAsNear(other.candidate, best)) return false;
  switch (other.disagreement) {
    case null:
    case "question":
    case "order":
      return true;
    case "frame":
      // The best one has the very words of the prompt: what sets the other apart is a word that it does not have.
      return !best.hasSameWords;
    default:
      return false;
  }
}

/** Whether two places of answers say the same; what is not known disagrees with nothing. */
function answersAgree({ answer: a }: Candidate, { answer: b }: Candidate): boolean {
  return a === null || b === null || cosineOfBytes(a, b) >= answersAlike;
}

/** The cosine of two vectors in bytes; 0 where they do not have one dimension. */
export function cosineOfBytes(a: Int8Array, b: Int8Array): number {
  if (a.length !== b.length) return 0;
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    const [x, y] = [a[at] as number, b[at] as number];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return product === 0 ? 0 : product / Math.sqrt(squaresA * squaresB);
}

/** A vector in steps of 1/127 of its largest coordinate. */
export function inBytes(vector: Float32Array): Int8Array {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  return Int8Array.from(vector, (value) =>
    largest === 0 ? 0 : Math.round((127 * value) / largest),
  );
}
