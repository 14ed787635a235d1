import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { PolicyModel } from "./workspace.ts";

/** An analysis under way. */
export interface AnalysisRun {
  /** What it found; null when it was called off, or could not be made. */
  readonly done: Promise<readonly Diagnostic[] | null>;
  cancel(): void;
}

/** Starts the deeper analysis of a policy. */
export type Analyse = (model: PolicyModel) => AnalysisRun;
