import type { Cause } from "../../protocol/cause.ts";
import type { Ending } from "./ended-request.ts";

/** Milliseconds; null where nothing was measured. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Requests of one kind, and what became of them. Cost in dollars. */
export interface Share {
  readonly name: string;
  readonly requests: number;
  readonly answered: number;
  readonly failed: number;
  readonly cost: number;
  readonly latency: Quantiles | null;
}

/** What one target did. */
export interface TargetWork {
  readonly target: string;
  readonly attempts: number;
  /** Requests whose answer the client got from it. */
  readonly answered: number;
  /** Of these, those that would have gone elsewhere first. */
  readonly answeredForOthers: number;
  readonly failed: Readonly<Partial<Record<Cause, number>>>;
  /** Attempts that were stopped: outrun, or their client left. */
  readonly aborted: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** Dollars, over attempts whose cost is known; null where none is. */
  readonly cost: number | null;
  /** Attempts whose cost is not known. */
  readonly unpriced: number;
  /** From sending to the end of its answers. */
  readonly latency: Quantiles | null;
  readonly firstToken: Quantiles | null;
}

/** Requests that another target than their first answered. */
export interface FallbackTraffic {
  readonly requests: number;
  readonly share: number;
  /** Dollars, of their answers. */
  readonly cost: number;
  readonly latency: Quantiles | null;
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  readonly paths: readonly {
    readonly from: string;
    readonly to: string;
    readonly requests: number;
  }[];
}

/** Requests that waited in the batch lane, however they ended. */
export interface BatchWork {
  readonly lines: number;
  /** Batches that providers made of them. */
  readonly made: number;
  /** Answered in one of these. */
  readonly answered: number;
  /** Answered live by a later step of their plan. */
  readonly answeredLive: number;
  /** Their time was over before anybody answered. */
  readonly expired: number;
  /** Failed otherwise. */
  readonly failed: number;
  /** Called back by their clients before anybody answered, as in the log. */
  readonly calledBack: number;
  /** Of those answered in a batch, beyond what can wait at once here: priced, and without a time. */
  readonly unplayed: number;
  /** From arrival to the answer. */
  readonly waits: Quantiles | null;
  /** Dollars that the batches cost less than the list price, over answers whose prices are known; null where none is. */
  readonly saved: number | null;
  /** Answers of batches of which that is not known. */
  readonly unpriced: number;
}

/** A stretch of the log. */
export interface Interval {
  /** Milliseconds since the epoch, of its beginning. */
  readonly atMs: number;
  readonly requests: number;
  readonly answered: number;
  readonly failed: number;
  readonly fallbacks: number;
  readonly cached: number;
  readonly cost: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** What a scenario had against a target. */
export interface PlayedFault {
  /** As the scenario names it: a target, a provider, or `*` for all. */
  readonly target: string;
  readonly kind: "outage" | "throttle" | "slow";
  /** Attempts a minute that a throttle lets through, times as long as answers take; null for an outage. */
  readonly amount: number | null;
  /** Milliseconds since the epoch; null from the log's beginning, and to its end. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** What became of the requests of a log in a virtual world (`simulate --replay --json`: `replay`). Shares are of all requests. */
export interface ReplayReport {
  readonly scenario: string;
  readonly faults: readonly PlayedFault[];
  /** Milliseconds since the epoch; null for a log without requests. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Requests that the log tells of too late to be replayed in their place. */
  readonly late: number;
  /** Requests that came together with the one before, since nothing gives them a time. */
  readonly untimed: number;
  readonly outcomes: Readonly<Record<Ending, number>>;
  /** Answered requests, from their arrival to the end of the answer; those that could wait are left out. */
  readonly latency: Quantiles | null;
  readonly firstToken: Quantiles | null;
  readonly cost: {
    /** Dollars over all attempts whose cost is known. */
    readonly total: number;
    /** Of these, of attempts that answered nobody. */
    readonly wasted: number;
    /** What kept answers saved. */
    readonly saved: number;
    readonly unpriced: number;
  };
  /** Requests that were given kept answers: to the very same request, to a like prompt, and to one that was under way. */
  readonly cached: {
    readonly same: number;
    readonly like: number;
    readonly underWay: number;
    /** Of those of like prompts: how many were held against the log's own answer, and how many said something else. */
    readonly compared: number;
    readonly disagreed: number;
  };
  /** Requests that a target at home answered, as a share of those answered. */
  readonly localShare: number | null;
  readonly targets: readonly TargetWork[];
  readonly fallbacks: FallbackTraffic;
  /** Null where nothing waited. */
  readonly batch: BatchWork | null;
  /** Requests that each option left no room for. */
  readonly limited: readonly { readonly option: string; readonly requests: number }[];
  /** Requests whose plan each guard changed, and those it refused. */
  readonly guards: readonly {
    readonly guard: string;
    readonly enforced: number;
    readonly refused: number;
  }[];
  readonly rules: readonly Share[];
  readonly tenants: readonly Share[];
  readonly intents: readonly Share[];
  readonly days: readonly Share[];
  readonly providers: readonly { readonly provider: string; readonly cost: number }[];
  readonly flows: readonly {
    readonly rule: string;
    readonly target: string;
    readonly requests: number;
  }[];
  readonly intervals: readonly Interval[];
  /** What of the policy is not played, in words. */
  readonly notPlayed: readonly string[];
}
