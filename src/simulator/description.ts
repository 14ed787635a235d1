/** A fact with the requests of which the log tells it. */
export interface ToldFact {
  readonly fact: string;
  readonly requests: number;
  readonly share: number;
}

/** A fact that the policy rests on. */
export interface NeededFact {
  readonly fact: string;
  /** Requests of which the log does not tell it. */
  readonly lacking: number;
  /** Of these, those whose decision asks for it. */
  readonly touched: number;
  readonly why: string | null;
}

/** How measures of requests lie: quantiles within 1.1 %. */
export interface Spread {
  readonly requests: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A name with the requests that bear it. */
export interface NameCount {
  readonly name: string;
  readonly requests: number;
}

/** Names of one kind: those that most requests bear. `distinct` stays at 10,000 where there are more. */
export interface Names {
  readonly distinct: number;
  readonly top: readonly NameCount[];
}

/** What a log holds (`simulate --describe --json`). Times of latency are milliseconds, costs dollars. */
export interface Description {
  readonly requests: number;
  readonly skipped: number;
  /** Requests with an id that one before them bears, as when a file is given twice; `atLeast` where there are too many ids to remember all. */
  readonly repeatedIds: { readonly requests: number; readonly atLeast: boolean };
  readonly formats: readonly NameCount[];
  readonly files: readonly {
    readonly name: string;
    readonly requests: number;
    readonly skipped: number;
  }[];
  /** Lines that were skipped by kind of reason, with the first of each. */
  readonly skippedBecause: readonly {
    readonly reason: string;
    readonly count: number;
    readonly line: number;
    readonly file: string | null;
  }[];
  /** Moments in ISO 8601; null where the log counts from a zero of its own, whose length is told alone, or tells no time. */
  readonly time: {
    readonly from: string | null;
    readonly to: string | null;
    readonly seconds: number | null;
    /** Requests whose moment is told. */
    readonly dated: number;
  };
  /** Requests a second, over the whole span and in its busiest stretch. */
  readonly rate: {
    readonly mean: number;
    readonly busiest: number;
    readonly busiestOverSeconds: number;
  } | null;
  readonly tokens: { readonly input: Spread | null; readonly output: Spread | null };
  readonly latency: { readonly total: Spread | null; readonly firstToken: Spread | null };
  readonly outcomes: {
    readonly ok: number;
    readonly failed: number;
    readonly untold: number;
    readonly causes: readonly NameCount[];
  };
  readonly cacheHits: number;
  /** What the log says that its requests cost, and how many of them say it; null where none does. */
  readonly cost: { readonly dollars: number; readonly requests: number } | null;
  readonly models: Names;
  readonly targets: Names;
  readonly users: Names;
  readonly keys: Names;
  readonly teams: Names;
  /** Requests whose prompt the log holds. */
  readonly texts: { readonly requests: number; readonly share: number };
  readonly facts: readonly ToldFact[];
  /** With a policy: what it rests on. */
  readonly needs?: readonly NeededFact[];
}
