import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** Exit codes of every command (ARCHITECTURE §4). */
export const exitCode = { fine: 0, findings: 1, usage: 2 } as const;

/** A mistake in how a command was called, or an input that cannot be read: one clear line, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The input was read and something in it is wrong: the findings, with the sources they are drawn with. Exit code 1. */
export class FindingsError extends Error {
  override readonly name = "FindingsError";
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  /** What a person should know about all of them; null for nothing. */
  readonly note: string | null;

  constructor(
    diagnostics: readonly Diagnostic[],
    sources: ReadonlyMap<string, string>,
    note: string | null = null,
  ) {
    super(`${diagnostics.length} findings`);
    this.diagnostics = diagnostics;
    this.sources = sources;
    this.note = note;
  }
}

/** Whether a stream takes colour: a terminal, and neither NO_COLOR nor a dumb terminal says otherwise. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && TERM !== "dumb";
}

/** Prints one JSON document and nothing else on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLine(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** Prints for a person while stdout may hold a document. */
export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}
