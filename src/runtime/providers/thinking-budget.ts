/** What a budget of thinking has to fit into. */
export interface ThinkingRoom {
  /** Tokens of thinking and answer together; null for no limit. */
  readonly limit: number | null;
  /**
   * Whether half of the limit is the answer's: where nobody counted the budget but an effort stands for it, and where the limit is less
   * than the client reckoned with.
   */
  readonly halves: boolean;
}

/**
 * A budget of thinking in tokens, brought down where it would leave an answer no room: it has half of the limit then. One that its
 * client counted below its own limit stays.
 */
export function budgetWithin(asked: number, { limit, halves }: ThinkingRoom): number {
  if (limit === null || (!halves && asked < limit)) return asked;
  return Math.min(asked, Math.floor(limit / 2));
}
