/** How likely it is that an attempt at a target that is being spared is in vain: first by what was not answered, then by its wait. */
export interface Vanity {
  /** Share of the last attempts, in 0..1. */
  readonly unanswered: number;
  readonly waitMs: number;
}

export function isLess(one: Vanity, other: Vanity): boolean {
  return one.unanswered === other.unanswered
    ? one.waitMs < other.waitMs
    : one.unanswered < other.unanswered;
}
