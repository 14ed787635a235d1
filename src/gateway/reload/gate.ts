import type { Configuration } from "../../configuration/configuration.ts";

/** What a gate is asked about: the files as they would be in force. */
export interface Candidate {
  readonly configuration: Configuration;
  readonly policies: readonly {
    readonly name: string;
    /** Texts by file, libraries included. */
    readonly texts: ReadonlyMap<string, string>;
  }[];
}

/** A further condition on a reload, handed in by the command line: policy tests, a replay of recent traffic. */
export interface Gate {
  readonly name: string;
  /** Reasons against the candidate, one line each; none lets it through. A rejection counts as a reason. */
  judge(candidate: Candidate): Promise<readonly string[]>;
}
