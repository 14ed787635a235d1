import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { loadLanguages } from "../../../src/meaning/language.ts";
import {
  chooseCandidate,
  cosineOfBytes,
  inBytes,
} from "../../../src/runtime/semantic/choose-candidate.ts";
import type { Candidate } from "../../../src/runtime/semantic/semantic-store.ts";

beforeAll(loadLanguages);

const one = Int8Array.from([127, 0, 0]);
const other = Int8Array.from([0, 127, 0]);
const candidate = (
  prompt: string,
  similarity: number,
  answer: Int8Array | null = one,
): Candidate => ({ key: prompt, prompt, similarity, storedAtMs: 0, answer, observations: [] });

const asked = "How do I reset my password?";
const same = "how can I reset my password";

describe("of the kept prompts near a prompt", () => {
  it.each<[string, Candidate[], string]>([
    ["the nearest is taken", [candidate(same, 0.97), candidate(asked, 0.96)], same],
    [
      "one that a guard refuses gives way to the next",
      [candidate("How do I reset my 2 passwords?", 0.99), candidate(same, 0.9)],
      same,
    ],
    ["none is taken that is not near enough", [candidate(same, 0.84)], "far"],
    [
      "none is taken that a guard refuses",
      [candidate("How do I not reset my password?", 0.99)],
      "negation",
    ],
    ["none is taken where there is none", [], "far"],
    [
      "none is taken beside one as near that says something else",
      [candidate(same, 0.97), candidate(asked, 0.955, other)],
      "ambiguous",
    ],
    [
      "one is taken beside another that says the same",
      [candidate(same, 0.97), candidate(asked, 0.965)],
      same,
    ],
    [
      "one is taken beside another whose answer is not known",
      [candidate(same, 0.97), candidate(asked, 0.965, null)],
      same,
    ],
    [
      "one is taken before another far behind",
      [candidate(same, 0.97), candidate(asked, 0.94, other)],
      same,
    ],
    [
      "a nearer one that asks why speaks against it",
      [candidate("Why do I reset my password?", 0.99, other), candidate(same, 0.98)],
      "ambiguous",
    ],
    [
      "one with other numbers says nothing against it",
      [candidate("How do I reset my 2 passwords?", 0.99, other), candidate(same, 0.98)],
      same,
    ],
    [
      "one with a word that is not asked for says nothing against the very words",
      [candidate("How do I reset my wifi password?", 0.99, other), candidate(same, 0.98)],
      same,
    ],
  ])("%s", (_name, candidates, expected) => {
    const choice = chooseCandidate(asked, candidates, 0.85);
    expect(choice.kind === "chosen" ? choice.candidate.key : choice.why).toBe(expected);
  });

  it("what is taken is at least so near as asked, and among them", () => {
    const near = fc.record({
      prompt: fc.constantFrom(asked, same, "why reset it", "reset 2"),
      similarity: fc.double({ min: -1, max: 1, noNaN: true }),
      answer: fc.constantFrom(one, other, null),
    });
    fc.assert(
      fc.property(
        fc.array(near, { maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (found, above) => {
          const candidates = found
            .map(({ prompt, similarity, answer }) => candidate(prompt, similarity, answer))
            .sort((a, b) => b.similarity - a.similarity);
          const choice = chooseCandidate(asked, candidates, above);
          if (choice.kind !== "chosen") return;
          expect(choice.candidate.similarity).toBeGreaterThanOrEqual(above);
          expect(candidates).toContain(choice.candidate);
        },
      ),
    );
  });
});

it("a vector in bytes has the cosines that it had", () => {
  const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
    minLength: 16,
    maxLength: 16,
  });
  fc.assert(
    fc.property(vector, vector, (a, b) => {
      const [x, y] = [Float32Array.from(a), Float32Array.from(b)];
      const length = Math.hypot(...x) * Math.hypot(...y);
      fc.pre(Math.hypot(...x) > 0.1 && Math.hypot(...y) > 0.1);
      const cosine = x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0) / length;
      expect(Math.abs(cosineOfBytes(inBytes(x), inBytes(y)) - cosine)).toBeLessThan(0.03);
    }),
  );
});
