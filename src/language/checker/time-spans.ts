import type { Span } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { readTimeOfDay } from "../../facts/value.ts";
import type { Context } from "./context.ts";
import { replacement } from "./report.ts";
import type { NumberRange, Side } from "./typed.ts";

const midnightMs = 86_400_000;

/** A span of the day as ranges of milliseconds since midnight in its zone; it wraps past midnight into two. */
export function readTimeSpan(
  context: Context,
  { from, to, zone, span }: Extract<Side, { readonly kind: "time-span" }>,
): { readonly zone: string; readonly ranges: readonly NumberRange[] } | null {
  const [start, end] = [readTimeOfDay(from), readTimeOfDay(to)];
  if (start === null || end === null) {
    const wrong = start === null ? from : to;
    context.report.add("P0314", span, `there is no time of day \`${wrong}\``, {
      help: "times are written `09:00`, from `00:00` to `24:00`",
    });
    return null;
  }
  if (zone !== null && !isZone(context, zone)) {
    reportZone(context, zone, span);
    return null;
  }
  if (start === end) {
    context.report.add("P0309", span, "this span of time holds nothing", {
      label: "its end is not part of it",
      help: "the whole day is `00:00..24:00`",
    });
    return null;
  }
  const ranges =
    start < end
      ? [{ from: start, to: end }]
      : [
          { from: 0, to: end },
          { from: start, to: midnightMs },
        ];
  return { zone: zone ?? "UTC", ranges: ranges.filter((range) => range.from < range.to) };
}

function isZone(context: Context, zone: string): boolean {
  const known = context.zones.get(zone);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    valid = false;
  }
  context.zones.set(zone, valid);
  return valid;
}

function reportZone(context: Context, zone: string, span: Span): void {
  const near = didYouMean(zone, [...Intl.supportedValuesOf("timeZone"), "UTC"]);
  // The zone is the last word of the span.
  const word = { ...span, start: Math.max(span.start, span.end - zone.length) };
  context.report.add("P0216", word, `\`${zone}\` is not a known time zone`, {
    label: "not in the IANA database",
    help: near === null ? "zones are written `Area/City`, or `UTC`" : `did you mean \`${near}\`?`,
    fix: near === null ? null : replacement(`replace with \`${near}\``, word, near),
  });
}
