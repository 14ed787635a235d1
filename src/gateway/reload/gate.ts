import type { Configuration } from "../../configuration/configuration.ts";
import type { Bundle } from "./load.ts";

/** A configuration with its policies, libraries included. */
export interface GateSide {
  readonly configuration: Configuration;
  readonly policies: readonly Pick<Bundle, "name" | "file" | "texts">[];
}

/** What a gate is asked about: the files as they would be in force. */
export interface Candidate extends GateSide {
  /** What is in force until then; null at the start. */
  readonly standing: GateSide | null;
  /** The policy that an operator puts back, who need not be told what that changes; null for none. */
  readonly putBack: string | null;
}

/** A further condition on a reload, handed in by the command line: policy tests, a replay of recent traffic. */
export interface Gate {
  readonly name: string;
  /**
   * Reasons against the candidate, one line each; none lets it through. A rejection counts as a reason. What is worth
   * knowing besides goes to `note`, and into the log.
   */
  judge(candidate: Candidate, note: (text: string) => void): Promise<readonly string[]>;
}
