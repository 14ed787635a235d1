/** A log that as a whole cannot be read, in words for whoever named it. A single bad line is skipped and counted instead. */
export class UnreadableLogError extends Error {
  override readonly name = "UnreadableLogError";
}
