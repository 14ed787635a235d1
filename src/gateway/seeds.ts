/** Seeds for decisions, each a whole number below 2³²: Weyl's sequence, so each is new, and far from the last. */
export function seedsFrom(first: number): () => number {
  let seed = first;
  return () => {
    seed = (seed + 0x9e3779b9) >>> 0;
    return seed;
  };
}
