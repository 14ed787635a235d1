/**
 * Whole picodollars (10⁻¹² USD) as a safe integer: exact for one request up to $9,007.
 * Totals over many requests use MoneySum, which carries into a bigint.
 */
export type Picodollars = number;

/** Whole picodollars per token, which is the same number as micro-dollars per million tokens: $3/M is 3,000,000. */
export type PicodollarsPerToken = number;

export const picodollarsPerDollar = 1_000_000_000_000;
