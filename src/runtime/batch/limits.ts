const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const mebibyte = 1024 * 1024;

/** Bounds and paces of the lane. */
export interface LaneLimits {
  /** Most lines of one batch. */
  readonly lines: number;
  /** Most bytes of one line. */
  readonly lineBytes: number;
  /** Lines asked at once of targets without a batch API. */
  readonly concurrency: number;
  /** How long files, and ended batches, are kept. */
  readonly keepMs: number;
  /** How long lines for one target and endpoint are gathered before a batch is made of them. */
  readonly gatherMs: number;
  /** Most lines and client's bytes of one provider's batch, under the provider's own limits. */
  readonly jobLines: number;
  readonly jobBytes: number;
  /** Waits between looks at a provider's batch: the first, and the longest that they grow to. */
  readonly pollFirstMs: number;
  readonly pollMostMs: number;
  /** Waits after a call that failed: the first, and the longest. */
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  /** How much longer than their time lines that are with a provider are waited for: they are paid for by then. */
  readonly graceMs: number;
  /** Longest silence of a call. */
  readonly callIdleMs: number;
}

/** What production runs with. */
export const defaultLaneLimits: LaneLimits = {
  lines: 50_000,
  lineBytes: 32 * mebibyte,
  concurrency: 4,
  keepMs: 30 * 24 * hour,
  gatherMs: 5 * second,
  jobLines: 50_000,
  jobBytes: 32 * mebibyte,
  pollFirstMs: 15 * second,
  pollMostMs: 5 * minute,
  retryFirstMs: 5 * second,
  retryMostMs: 10 * minute,
  graceMs: 15 * minute,
  callIdleMs: 2 * minute,
};
