import type { Operand } from "../facts/fact.ts";
import type { Expectation } from "../language/checker/checked-policy.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import type { Explanation } from "../runtime/plan/explain.ts";

/** What a trial expects. A case beside a policy can also name all targets, while a chain is only how they begin. */
export type Expected =
  | Expectation
  | (Pick<Expectation, "text" | "span"> & {
      readonly kind: "exactly";
      readonly targets: readonly string[];
    });

/** One request and what is expected of its decision: a row of a `test`, or a case beside the policy. */
export interface Trial {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** From 1, among the rows of its name. */
  readonly row: number;
  /** Facts by name as `--request` takes them; null is unknown. */
  readonly given: Readonly<Record<string, unknown>>;
  /** A chat request that tells further facts; null where facts alone are given. */
  readonly body: ChatBody | null;
  readonly expect: readonly Expected[];
  /** The policy's operands, and behind them those that only expectations read. */
  readonly operands: readonly Operand[];
}

/** What became of one trial. */
export interface TrialResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly row: number;
  readonly ok: boolean;
  /** What was expected in the author's words, and what came. */
  readonly message?: string;
  /** Why the request is decided as it is; for failures only. */
  readonly explanation?: Explanation;
}

/** A trial's name with its row, where it has several. */
export function trialTitle({ name, row }: Pick<Trial, "name" | "row">, rows: number): string {
  return rows > 1 ? `${name} (row ${row})` : name;
}
