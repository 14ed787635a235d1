import { StoreError } from "../runtime/store/sqlite.ts";
import type { BatchAccess } from "./batch-access.ts";
import type { LoadProblem } from "./reload/load.ts";

/** The gateway cannot start for a reason that is the operator's to mend: `message` says it whole, sources included. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** True when the files are wrong, false when the surroundings are: a port that is taken, a log that cannot be opened. */
  readonly inFiles: boolean;

  constructor(message: string, options: ErrorOptions & { readonly inFiles?: boolean } = {}) {
    super(message, options);
    this.inFiles = options.inFiles === true;
  }
}

/** What keeps the files of a start from being served, as one error. */
export function startError(problems: readonly LoadProblem[]): StartError {
  const errors = problems.filter(({ severity }) => severity === "error");
  return new StartError(errors.map(({ text }) => text).join("\n\n"), { inFiles: true });
}

/** Why a listening socket could not be had, for a person. */
export function listenReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "something else listens there already";
  if (code === "EACCES") return "no permission to use that port";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address";
  return message;
}

/** Takes up batches that an earlier process left; a store that cannot be used is the operator's to mend. */
export function resumeBatches(batches: BatchAccess): void {
  try {
    batches.resume();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new StartError(cause.message, { cause });
  }
}
