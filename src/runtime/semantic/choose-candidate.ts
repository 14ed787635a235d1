import { type Disagreement, disagreementOf } from "./guards.ts";
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

/**
 * The nearest candidate, at least so near as asked, whose prompt differs in nothing that decides an answer; none where others about as
 * near keep an answer that says something else. Pure; candidates come nearest first.
 */
export function chooseCandidate(
  prompt: string,
  candidates: readonly Candidate[],
  above: number,
): Choice {
  const traits = readTraits(prompt);
  let refused: Disagreement | null = null;
  let best: Candidate | null = null;
  for (const candidate of candidates) {
    if (candidate.similarity < above) break;
    if (best !== null && candidate.similarity < best.similarity - aboutAsNear) break;
    const disagreement = disagreementOf(traits, readTraits(candidate.prompt));
    if (disagreement !== null) refused ??= disagreement;
    else if (best === null) best = candidate;
    else if (!answersAgree(best.answer, candidate.answer))
      return { kind: "none", why: "ambiguous" };
  }
  if (best !== null) return { kind: "chosen", candidate: best };
  return { kind: "none", why: refused ?? "far" };
}

/** Whether two places of answers say the same; what is not known disagrees with nothing. */
function answersAgree(a: Int8Array | null, b: Int8Array | null): boolean {
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
