/**
 * Whole picodollars (10⁻¹² USD) as a safe integer: exact for one request up to $9,007.
 * Totals over many requests use MoneySum, which carries into a bigint.
 */
export type Picodollars = number;

/** Whole picodollars per token, which is the same number as micro-dollars per million tokens: $3/M is 3,000,000. */
export type PicodollarsPerToken = number;

export const picodollarsPerDollar = 1_000_000_000_000;

/** The most that one amount can hold; sums and products beyond it stay here. */
export const mostPicodollars: Picodollars = Number.MAX_SAFE_INTEGER;

/** Reads an unsigned decimal as a whole number of units of 10⁻ᵈⁱᵍⁱᵗˢ; null when it is none, too long, or finer than that. */
function readDecimal(text: string, digits: number): number | null {
  const match = /^(\d{1,16})(?:\.(\d{1,18}))?$/.exec(text);
  if (match === null) return null;
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > digits) return null;
  const units = BigInt((match[1] ?? "") + fraction.padEnd(digits, "0"));
  return units <= BigInt(mostPicodollars) ? Number(units) : null;
}

/** Reads `$0.02` or `0.02` exactly; null when it is no amount, finer than a picodollar, or above $9,007. */
export function parseMoney(text: string): Picodollars | null {
  return readDecimal(text.trim().replace(/^\$/, ""), 12);
}

/** Reads a price per million tokens, `$3/M` or `0.05/M`, exactly; null when it is none or finer than a micro-dollar. */
export function parsePrice(text: string): PicodollarsPerToken | null {
  const match = /^\$?([\d.]+)\s*\/\s*M$/.exec(text.trim());
  return match === null ? null : readDecimal(match[1] ?? "", 6);
}

/** Whole micro-dollars (10⁻⁶ USD): for sums that pass what picodollars can hold, such as a month's spend. */
export type Microdollars = number;

/** Reads `$1000` or `0.5` as whole micro-dollars; null when it is no amount, or finer than that. */
export function parseMicrodollars(text: string): Microdollars | null {
  return readDecimal(text.trim().replace(/^\$/, ""), 6);
}

/** A number of dollars as JSON holds it, to the picodollar nearest to it; null when it is negative, no number, or above $9,007. */
export function moneyOfDollars(dollars: unknown): Picodollars | null {
  return typeof dollars === "number" && dollars >= 0 && dollars < 10_000
    ? readDecimal(dollars.toFixed(12), 12)
    : null;
}

const wholeShare = 1_000_000n;

/**
 * An amount times shares such as 0.5 or 1.1, each taken to six decimals: multiplied exactly, rounded once to a whole picodollar,
 * halves up, and held at `mostPicodollars`.
 */
export function shareOfMoney(amount: Picodollars, shares: readonly number[]): Picodollars {
  let product = BigInt(amount);
  let divisor = 1n;
  for (const share of shares) {
    if (share === 1) continue;
    product *= BigInt(Math.round(share * 1_000_000));
    divisor *= wholeShare;
  }
  if (divisor === 1n) return amount;
  const rounded = roundedQuotient(product, divisor);
  return rounded > BigInt(mostPicodollars) ? mostPicodollars : Number(rounded);
}

/** Sum of two amounts, held at `mostPicodollars`. */
export function addMoney(a: Picodollars, b: Picodollars): Picodollars {
  return Math.min(a + b, mostPicodollars);
}

/** What whole `tokens` cost at a price: exact, and held at `mostPicodollars` beyond $9,007. */
export function priceOfTokens(tokens: number, price: PicodollarsPerToken): Picodollars {
  return Math.min(tokens * price, mostPicodollars);
}

/** An exact running total of any size. */
export class MoneySum {
  #carried = 0n;
  #low = 0;

  add(amount: Picodollars): void {
    // Two safe integers can pass the safe range, so the total is carried before it could.
    if (this.#low > mostPicodollars - amount || this.#low < -mostPicodollars - amount) {
      this.#carried += BigInt(this.#low);
      this.#low = 0;
    }
    this.#low += amount;
  }

  /** Adds an amount of any size. */
  addTotal(amount: bigint): void {
    this.#carried += amount;
  }

  /** The total in picodollars. */
  total(): bigint {
    return this.#carried + BigInt(this.#low);
  }
}

/** `value` divided by `by`, halves away from zero; both at least 0. */
function roundedQuotient(value: bigint, by: bigint): bigint {
  return (value + by / 2n) / by;
}

function decimalText(units: bigint, digits: number, atLeast: number): string {
  const text = units.toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const fraction = text
    .slice(text.length - digits)
    .replace(/0+$/, "")
    .padEnd(atLeast, "0");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/**
 * An amount as a person reads it: `$12.35`, `$0.05`, `$0.000123`. Cents from a dollar on, four significant digits below;
 * rounded once, halves away from zero.
 */
export function showMoney(amount: Picodollars | bigint): string {
  const exact = BigInt(amount);
  const size = exact < 0n ? -exact : exact;
  const dropped =
    size >= BigInt(picodollarsPerDollar) ? 10 : Math.max(size.toString().length - 4, 0);
  const unit = 10n ** BigInt(dropped);
  const text = decimalText(roundedQuotient(size, unit) * unit, 12, 2);
  return exact < 0n ? `-$${text}` : `$${text}`;
}

/** A price per million tokens as it is written in a policy: `$3/M`, `$0.05/M`. Exact. */
export function showPrice(price: PicodollarsPerToken): string {
  return `$${decimalText(BigInt(price), 6, 0)}/M`;
}

/** An amount in dollars as a JSON number: the double nearest to the exact amount. */
export function dollarsOf(amount: Picodollars | bigint): number {
  const exact = BigInt(amount);
  const text = decimalText(exact < 0n ? -exact : exact, 12, 0);
  return exact < 0n ? -Number(text) : Number(text);
}
