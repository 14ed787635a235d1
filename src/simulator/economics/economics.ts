/** Dollars over the log, and as they would come to in a month like it. */
export interface Monthly {
  readonly total: number;
  /** Null for a log without a span. */
  readonly month: number | null;
  /** The month with 95 % confidence, by bootstrap over the log's days or hours; null where it has too few of them. */
  readonly low: number | null;
  readonly high: number | null;
}

/** What answering later would have cost less. */
export interface TierSaving {
  readonly tier: "batch" | "flex";
  /** Requests whose target has the tier. */
  readonly requests: number;
  readonly saving: Monthly;
}

/** What a replayed log says of money. Dollars. */
export interface Economics {
  /** Days from the first request to the last end. */
  readonly days: number;
  /** What its days or hours are drawn from; null where the log is too short for either. */
  readonly drawnFrom: "days" | "hours" | null;
  /** What remote targets and those at home cost together. */
  readonly spend: Monthly;
  /** Requests that a target at home answered. */
  readonly local: {
    readonly requests: number;
    /** Of those answered by a target. */
    readonly share: number | null;
    /** What they cost at home by the configuration's prices. */
    readonly cost: Monthly;
    /** What they would have cost at the target that `at` names. */
    readonly avoided: Monthly;
    readonly at: readonly { readonly target: string; readonly requests: number }[];
    /** Requests that no remote target is named for, or none of a known price: they avoid nothing here. */
    readonly unpriced: number;
    /** What they work on at once in their busiest hour, on average over it: requests. By target; failed attempts are work too. */
    readonly work: readonly { readonly target: string; readonly busiest: number }[];
  };
  /** Requests of remote targets that could have waited. */
  readonly waiting: {
    /** What tells them, in words. */
    readonly by: string;
    readonly requests: number;
    /** Requests of which the log does not say whether they were streamed. */
    readonly untold: number;
    readonly tiers: readonly TierSaving[];
  };
}

/** What an operator says about it. */
export interface EconomicsOptions {
  /** `intent=classify`, `rule=short`, `tenant=ads`: requests that could wait; those that were not streamed where empty. */
  readonly couldWait: readonly WaitWord[];
  /** The target that requests answered at home are priced at; null for the first remote one of each plan. */
  readonly instead: string | null;
}

export interface WaitWord {
  readonly of: "intent" | "rule" | "tenant";
  readonly name: string;
}
