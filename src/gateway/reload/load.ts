import type { Configuration } from "../../configuration/configuration.ts";
import type { Severity, SourceFile } from "../../diagnostics/diagnostic.ts";
import type { PackedProgram } from "../../language/program/transfer.ts";

/** A policy's texts, by file: itself and every library it uses. What is checked is exactly this. */
export interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly texts: ReadonlyMap<string, string>;
  /** The cases beside it, which it was tested with; null where there is no such file. */
  readonly cases: SourceFile | null;
}

/** What is in force when a load begins: it stays so where the files are no better. */
export interface Standing {
  readonly configuration: Configuration;
  /** Changes whenever the configuration's text, or a variable or secret file it reads, does. */
  readonly print: string;
  readonly bundles: readonly Bundle[];
}

export interface LoadOrder {
  /** Null: built-in defaults. */
  readonly configurationFile: string | null;
  /** A folder or file of policies in place of the configured one. */
  readonly policies: string | null;
  readonly standing: Standing | null;
}

/** A policy as it shall be in force; `program` is null when nothing of it changed. */
export interface LoadedPolicy {
  readonly bundle: Bundle;
  readonly program: PackedProgram | null;
}

/** Why a file is not in force as it stands, or what a checker wants to be read. */
export interface LoadProblem {
  /** Null for the configuration, and for the folder as a whole. */
  readonly policy: string | null;
  readonly severity: Severity;
  /** One line. */
  readonly summary: string;
  /** As a person reads it, with the source; equal to the summary when there is no source to show. */
  readonly text: string;
}

/** The outcome of a load: plain data, so that it can leave a worker. */
export interface Load {
  /** Null when nothing can be in force: only without a standing configuration. */
  readonly configuration: Configuration | null;
  readonly print: string;
  readonly policies: readonly LoadedPolicy[];
  readonly problems: readonly LoadProblem[];
  /** Every file whose change can change the outcome, as named and with symbolic links followed. */
  readonly files: readonly string[];
  /** Folders whose entries matter. */
  readonly folders: readonly string[];
}
