/** Under this name a record holds how many tokens a target was expected to make of one of ours, where a choice rested on it. */
export function ratioKey(target: string): string {
  return `${target}.token_ratio`;
}

/** A learned ratio as it is recorded, and so as it is used: four digits. */
export function recordedRatio(ratio: number): number {
  return Math.round(ratio * 10_000) / 10_000;
}

/** Learned ratios as a record tells them, by target. */
export function ratiosIn(
  facts: Readonly<Record<string, unknown>>,
): (target: string) => number | undefined {
  return (target) => {
    const ratio = facts[ratioKey(target)];
    return typeof ratio === "number" && ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
  };
}

/** What is known of how targets count. */
export interface CountsOfTargets {
  /** Tokens that a target makes of one of ours, learned from its answers to texts like these; undefined where nothing was. */
  readonly tokenRatio?: ((target: string) => number | undefined) | undefined;
}

/** What a prompt of so many of our tokens is expected to be by a target's own count. */
export function tokensAt(target: string, tokens: number, { tokenRatio }: CountsOfTargets): number {
  const ratio = tokenRatio?.(target);
  return ratio === undefined ? tokens : Math.round(tokens * ratio);
}

/** The same for ceilings, which a count that was learned may tighten and never loosen; null for a size that nobody knows. */
export function mostTokensAt(
  target: string,
  tokens: number | null,
  counts: CountsOfTargets,
): number | null {
  return tokens === null ? null : Math.max(tokens, tokensAt(target, tokens, counts));
}
