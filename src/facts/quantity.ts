import { parseMoney, parsePrice } from "../base/money.ts";
import type { FactType } from "./fact.ts";

/** What a number with its unit stands for, or why it stands for nothing. */
export type Quantity =
  | { readonly ok: true; readonly type: FactType; readonly value: number }
  | { readonly ok: false; readonly problem: "malformed" | "too-fine" | "too-large" };

const scales: Readonly<Record<string, bigint>> = {
  "": 1n,
  k: 1_000n,
  M: 1_000_000n,
  G: 1_000_000_000n,
  Ki: 1_024n,
  Mi: 1_048_576n,
  Gi: 1_073_741_824n,
};

/** Units of duration in milliseconds. */
const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Letters that may stand behind a count, and behind a duration. */
export const unitNames: {
  readonly whole: readonly string[];
  readonly duration: readonly string[];
} = {
  whole: Object.keys(scales).filter((each) => each !== ""),
  duration: Object.keys(durationUnits),
};

const numberWithUnit = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?([A-Za-z]*|%)$/;

/**
 * Reads a number as LANGUAGE §5 writes it: `200`, `8k`, `1.5M`, `128Ki`, `0.95`, `10%`, `200ms`, `$0.02`, `$3/M`.
 * Exact: an amount finer than its unit (a picodollar, a picodollar per token, a millisecond) is refused, not rounded.
 */
export function readQuantity(raw: string): Quantity {
  if (raw.startsWith("$")) return readAmount(raw);
  const match = numberWithUnit.exec(raw);
  if (match === null) return { ok: false, problem: "malformed" };
  const [, sign = "", whole = "", fraction = "", unit = ""] = match;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const milliseconds = durationUnits[unit];
  if (milliseconds !== undefined) {
    return wholeNumber({ kind: "duration" }, digits * BigInt(milliseconds), fraction.length);
  }
  if (unit === "%") return decimalNumber(`${sign}${whole}.${fraction || "0"}e-2`);
  const scale = scales[unit];
  if (scale === undefined) return { ok: false, problem: "malformed" };
  const read = wholeNumber({ kind: "whole" }, digits * scale, fraction.length);
  if (read.ok || read.problem !== "too-fine") return read;
  return decimalNumber(`${digits * scale}e-${fraction.length}`);
}

function readAmount(raw: string): Quantity {
  const isPrice = raw.includes("/");
  const value = isPrice ? parsePrice(raw) : parseMoney(raw);
  if (value !== null) return { ok: true, type: { kind: isPrice ? "price" : "money" }, value };
  const shape = isPrice ? /^\$\d+(\.\d+)?\/M$/ : /^\$\d+(\.\d+)?$/;
  if (!shape.test(raw)) return { ok: false, problem: "malformed" };
  const amount = Number.parseFloat(raw.slice(1));
  const units = amount * (isPrice ? 1e6 : 1e12);
  return { ok: false, problem: units > Number.MAX_SAFE_INTEGER ? "too-large" : "too-fine" };
}

/** `units` / 10^`decimals` as a whole number. */
function wholeNumber(type: FactType, units: bigint, decimals: number): Quantity {
  const divisor = 10n ** BigInt(decimals);
  if (units % divisor !== 0n) return { ok: false, problem: "too-fine" };
  const value = Number(units / divisor);
  if (!Number.isSafeInteger(value)) return { ok: false, problem: "too-large" };
  return { ok: true, type, value };
}

function decimalNumber(text: string): Quantity {
  return { ok: true, type: { kind: "decimal" }, value: Number(text) };
}
