import type { FactSnapshot } from "../extract/snapshot.ts";
import type { Economics } from "./economics/economics.ts";
import type { EconomicsReport } from "./economics/economics-report.ts";
import type { Compared } from "./replay/compare.ts";
import type { ReplayReport } from "./replay/replay-report.ts";

/** A fact that the policy asked for and the log did not hold, with why it could not be told. */
export interface MissingFact {
  readonly fact: string;
  readonly requests: number;
  readonly why: string;
}

export interface RuleCount {
  readonly rule: string;
  readonly count: number;
  readonly share: number;
  /** Of these, the requests that were decided while the log lacked a fact the policy asked for. */
  readonly incomplete: number;
}

/** What would go to one target first. Cost in dollars; null when no price of it is known. */
export interface TargetShare {
  readonly target: string;
  readonly requests: number;
  readonly share: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly cost: number | null;
}

/** Requests that one program sends elsewhere than the other; `example` can be fed to `explain --request`. */
export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly example: {
    readonly line: number;
    /** Left out for a log of one file. */
    readonly file?: string;
    readonly facts: FactSnapshot;
  };
}

/** How the program it was held against differs; `costDelta` is what it would cost more, in dollars. */
export interface Difference {
  readonly changed: number;
  readonly unchanged: number;
  readonly costDelta: number;
  readonly transitions: readonly Transition[];
  /** The same requests by the rules that decide them under each. */
  readonly rules: readonly RuleChange[];
}

/** Requests that go elsewhere, by the rule that decides them under one program and under the other. */
export interface RuleChange {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** What one program decided, of all that is told of it. */
export type DecidedReport = Pick<
  Report,
  "rules" | "targets" | "cost" | "latency" | "outcomes" | "incomplete" | "guards"
>;

/** What a policy would have made of a log (`simulate --json`). Counts requests; shares are of all requests. */
export interface Report {
  readonly requests: number;
  /** Of these the log's own, where more come for one of the log. */
  readonly logged?: number;
  readonly skipped: number;
  /** The first lines that were skipped, with the reason; `file` is left out for a log of one. */
  readonly skippedLines: readonly {
    readonly line: number;
    readonly reason: string;
    readonly file?: string;
  }[];
  readonly missing: readonly MissingFact[];
  /** Requests that were decided without a fact that the policy asked for: where they went is what it does with the unknown. */
  readonly incomplete: { readonly requests: number; readonly share: number };
  /** Limits, budgets and concurrency of the policy, by id, which are not counted: nobody is turned away by them here. */
  readonly notCounted: readonly string[];
  readonly rules: readonly RuleCount[];
  readonly targets: readonly TargetShare[];
  readonly cost: {
    /** Dollars over all requests whose target has a known price. */
    readonly total: number;
    /** Requests sent to a target without a known price, or of whose prompt the log tells no size. */
    readonly unpriced: number;
    /** Requests whose completion the log does not count; of these only the prompt is priced. */
    readonly withoutOutput: number;
  };
  /** Recorded times of the requests that would go where they went; null when the log tells none. */
  readonly latency: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly ttftP50: number | null;
  } | null;
  /** `routed`, `rejected` by a rule, `unavailable`: a plan without any target. */
  readonly outcomes: Readonly<Record<"routed" | "rejected" | "unavailable", number>>;
  /** Requests whose plan a guard took targets from, and those that one refused. */
  readonly guards: { readonly enforced: number; readonly refused: number };
  readonly diff?: Difference;
  /** What the second program makes of the same requests. */
  readonly after?: DecidedReport;
  /** What became of the requests on a virtual world, where they were replayed; `against` under the second policy. */
  readonly replay?: ReplayReport;
  readonly against?: ReplayReport;
  /** What the log comes to in money, where that was asked for; of two policies under the second, which is to come. */
  readonly economics?: EconomicsReport;
  /** Under the first of two. */
  readonly economicsBefore?: Economics;
  /** What the second policy makes of the same requests, with confidence. */
  readonly compared?: Compared;
}
