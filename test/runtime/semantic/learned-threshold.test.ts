import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../../src/base/random.ts";
import { LearnedThreshold } from "../../../src/runtime/semantic/learned-threshold.ts";

interface Truth {
  readonly middle: number;
  readonly slope: number;
}

/** Populations of entries: how their answers' rightness depends on the similarity. */
const populations: Readonly<Record<string, (random: Random, nth: number) => Truth>> = {
  "right from a similarity of their own on": (random) => ({
    middle: 0.7 + 0.3 * random.next(),
    slope: 50,
  }),
  "never right in a third": (random) =>
    random.next() < 0.33 ? { middle: 2, slope: 500 } : { middle: 0.8, slope: 100 },
  "always right": () => ({ middle: 0.3, slope: 500 }),
  "right by a coin's toss": () => ({ middle: 0.9, slope: 0.001 }),
  "right at first, the later ones never": (_random, nth) => ({
    middle: nth < 300 ? 0.3 : 2,
    slope: 500,
  }),
  "hardly ever surely right": (random) => ({ middle: 0.85 + 0.1 * random.next(), slope: 20 }),
};

function live(population: string, within: number, lookups: number) {
  const random = createRandom(`${population} ${within}`);
  const learned = new LearnedThreshold();
  const make = populations[population] ?? (() => ({ middle: 2, slope: 500 }));
  const entries = Array.from({ length: 1_000 }, (_, nth) => ({
    ...make(random, nth),
    key: `entry ${nth}`,
    observations: [] as number[],
  }));
  let [served, wrong] = [0, 0];
  for (let lookup = 0; lookup < lookups; lookup += 1) {
    const known = 20 + (980 * lookup) / lookups;
    const entry = entries[Math.floor(known * random.next() ** 2)];
    if (entry === undefined) continue;
    const similarity = 0.85 + 0.15 * random.next();
    const right = 1 / (1 + Math.exp(-entry.slope * (similarity - entry.middle)));
    const isRight = random.next() < right;
    if (random.next() < learned.reaskShare(entry.key, entry.observations, similarity, within)) {
      const observation = isRight ? similarity : -similarity;
      entry.observations.push(observation);
      learned.learn(entry.key, entry.observations);
    } else {
      served += 1;
      if (!isRight) wrong += 1;
    }
  }
  return { served: served / lookups, wrong: wrong / lookups };
}

describe("a threshold learned from re-asks", () => {
  for (const population of Object.keys(populations)) {
    it.each([0.01, 0.02, 0.05])(
      `keeps wrong answers within %d where entries are ${population}`,
      (within) => {
        expect(live(population, within, 4_000).wrong).toBeLessThanOrEqual(within);
      },
    );
  }

  it("serves most of what is always right", () => {
    expect(live("always right", 0.05, 4_000).served).toBeGreaterThan(0.5);
  });

  it("asks everything anew before anything is known", () => {
    expect(new LearnedThreshold().reaskShare("new", [], 1, 0.02)).toBe(1);
  });

  it("asks less often the more re-asks agreed, and never not at all", () => {
    const learned = new LearnedThreshold();
    for (let entry = 0; entry < 400; entry += 1) learned.learn(`entry ${entry}`, [0.95]);
    const shares = [0, 1, 5, 20, 60].map((count) =>
      learned.reaskShare("new", new Array<number>(count).fill(0.95), 0.97, 0.02),
    );
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares.at(-1)).toBeGreaterThan(0);
    expect(shares.at(-1)).toBeLessThan(shares[0] ?? 0);
  });

  it("asks an entry anew that was wrong, whatever others were", () => {
    const learned = new LearnedThreshold();
    for (let entry = 0; entry < 400; entry += 1) learned.learn(`entry ${entry}`, [0.95]);
    expect(learned.reaskShare("new", [-0.96, -0.95], 0.95, 0.02)).toBe(1);
  });

  it("counts an entry once, however often and in whichever process it was re-asked before", () => {
    const often = new LearnedThreshold();
    const once = new LearnedThreshold();
    const told = Array.from({ length: 30 }, (_, n) => (n % 7 === 0 ? -0.9 : 0.95));
    for (let count = 1; count <= told.length; count += 1) often.learn("one", told.slice(0, count));
    once.learn("one", told);
    const of = (learned: LearnedThreshold) =>
      learned.reaskShare("other", [0.95, 0.95, 0.95], 0.97, 0.1);
    expect(of(often)).toBeCloseTo(of(once), 6);
  });
});
