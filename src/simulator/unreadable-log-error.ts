/** A log that as a whole cannot be read, in words for whoever named it. A single bad line is skipped and counted instead. */
export class UnreadableLogError extends Error {
  override readonly name = "UnreadableLogError";
  /** The file at fault; null where the log has no files, or one. */
  readonly file: string | null;

  constructor(
    message: string,
    { file = null, ...options }: ErrorOptions & { file?: string | null } = {},
  ) {
    super(message, options);
    this.file = file;
  }
}
