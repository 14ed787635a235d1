import { dollarsOf, parseMoney, parsePrice, showPrice } from "../base/money.ts";
import type { FactType, FactValue } from "./fact.ts";
import { readQuantity } from "./quantity.ts";

const dayMs = 86_400_000;

/**
 * Reads a fact's value from JSON, or from the text of a header; undefined when it is none of that type. Numbers may be
 * text (`"8k"`), and whole ones are counts, so never negative; money is `"$0.02"` or dollars as a number, a price `"$3/M"`
 * or picodollars per token, a duration `"200ms"` or milliseconds, a time ISO 8601, `"09:30"` (a time of day) or
 * milliseconds, a date `"2026-11-23"` or days since 1970. Text outside the declared values is undefined.
 */
export function readFactValue(type: FactType, json: unknown): FactValue | undefined {
  switch (type.kind) {
    case "whole": {
      const value = readNumber(json, ["whole"]);
      return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
    }
    case "decimal":
      return readNumber(json, ["whole", "decimal"]);
    case "duration":
      return readNumber(json, ["duration"]);
    case "money":
      return readMoney(json);
    case "price":
      return typeof json === "string" ? (parsePrice(json) ?? undefined) : finite(json);
    case "time":
      return typeof json === "string" ? readTime(json) : finite(json);
    case "date":
      return typeof json === "string" ? readDate(json) : finite(json);
    case "boolean":
      return readBoolean(json);
    case "text":
      return readText(type.values, json);
  }
}

function finite(json: unknown): number | undefined {
  return typeof json === "number" && Number.isFinite(json) ? json : undefined;
}

function readNumber(json: unknown, kinds: readonly FactType["kind"][]): number | undefined {
  if (typeof json !== "string") return finite(json);
  const read = readQuantity(json.trim());
  return read.ok && kinds.includes(read.type.kind) ? read.value : undefined;
}

function readMoney(json: unknown): number | undefined {
  if (typeof json === "string") return parseMoney(json) ?? undefined;
  const dollars = finite(json);
  // Through decimal text, so that 0.02 is $0.02 exactly and not the double's tail.
  return dollars === undefined ? undefined : (parseMoney(plainDecimal(dollars)) ?? undefined);
}

function plainDecimal(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(12) : text;
}

function readBoolean(json: unknown): boolean | undefined {
  if (typeof json === "boolean") return json;
  if (json === "true") return true;
  return json === "false" ? false : undefined;
}

function readText(values: readonly string[] | undefined, json: unknown): string | undefined {
  if (typeof json !== "string" && typeof json !== "number" && typeof json !== "boolean") {
    return undefined;
  }
  const value = String(json);
  return values === undefined || values.includes(value) ? value : undefined;
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

function readTime(text: string): number | undefined {
  const ofDay = readTimeOfDay(text);
  if (ofDay !== null) return ofDay;
  if (!isoTime.test(text)) return undefined;
  const value = Date.parse(text);
  return Number.isNaN(value) ? undefined : value;
}

/** Milliseconds since midnight of `09:00`, `9:05:30` or `24:00`; null when it is no time of day. */
export function readTimeOfDay(text: string): number | null {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text);
  if (match === null) return null;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (minutes > 59 || seconds > 59) return null;
  const value = (hours * 3_600 + minutes * 60 + seconds) * 1_000;
  return value <= dayMs ? value : null;
}

/** Days since 1970-01-01 of a calendar date `2026-11-23`; undefined when there is no such day. */
export function readDate(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const value = Date.parse(`${text}T00:00:00Z`);
  // Date.parse rolls 2026-02-30 over into March; a day that does not come back as written does not exist.
  if (Number.isNaN(value) || new Date(value).toISOString().slice(0, 10) !== text) return undefined;
  return value / dayMs;
}

/** A value as a policy or a JSON of facts writes it; `readFactValue` reads it back. */
export function showFactValue(type: FactType, value: FactValue): string {
  // A derived value may have a fraction of its unit, or lie beyond the calendar: it is shown as it is.
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return String(value);
  switch (type.kind) {
    case "money":
      return `$${plainDecimal(dollarsOf(value))}`;
    case "price":
      return showPrice(value);
    case "duration":
      return showDuration(value);
    case "time":
      return showTime(value);
    case "date":
      return isoText(value * dayMs)?.slice(0, 10) ?? String(value);
    default:
      return String(value);
  }
}

function isoText(ms: number): string | null {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}

function showDuration(ms: number): string {
  if (ms === 0) return "0s";
  for (const [unit, size] of [
    ["d", dayMs],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** The first day of 1970 is taken for a time of day: that is what a clock in a zone tells. */
function showTime(value: number): string {
  if (value < 0 || value > dayMs) return isoText(value) ?? String(value);
  const seconds = Math.floor(value / 1_000);
  const two = (part: number): string => String(part).padStart(2, "0");
  const text = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}`;
  return seconds % 60 === 0 ? text : `${text}:${two(seconds % 60)}`;
}
