/** Thrown for faults of our own; caught once per door and logged. Never a user's or a provider's mistake. */
export class BugError extends Error {
  override readonly name = "BugError";
}

/** Throws a BugError when an inner invariant does not hold. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(`invariant broken: ${message}`);
}

/** Makes the compiler prove that a switch is exhaustive. */
export function assertNever(value: never): never {
  throw new BugError(`unexpected variant: ${JSON.stringify(value)}`);
}
