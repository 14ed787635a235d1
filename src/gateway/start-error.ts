/** The gateway cannot start for a reason that is the operator's to mend: `message` says it whole, sources included. */
export class StartError extends Error {
  override readonly name = "StartError";
}
