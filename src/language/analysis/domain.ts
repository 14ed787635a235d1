import type { FactType, FactValue } from "../../facts/fact.ts";

/** Half-open: `from` belongs to it, `to` does not. Either may be infinite. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The states that an operand may have: known values, and whether it may be unknown. Booleans are the numbers 0 and 1. */
export type Domain =
  | {
      readonly kind: "number";
      /** Ascending, apart from each other, none of them empty. */
      readonly ranges: readonly Range[];
      /** Only whole numbers count. */
      readonly whole: boolean;
      readonly unknown: boolean;
    }
  | {
      readonly kind: "text";
      readonly texts: ReadonlySet<string>;
      /** True: exactly `texts`; false: every text but them. */
      readonly listed: boolean;
      readonly unknown: boolean;
    };

/** What one edge of a diagram says of the operand it tests. */
export type Segment =
  | { readonly kind: "unknown" }
  | ({ readonly kind: "range" } & Range)
  | { readonly kind: "text"; readonly text: string }
  /** Any text but these. */
  | { readonly kind: "other"; readonly texts: readonly string[] };

export const everyNumber: Range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** The numbers of a domain; empty ranges are left out, whole numbers rounded in. */
export function numbers(
  ranges: readonly Range[],
  { whole, unknown }: { readonly whole: boolean; readonly unknown: boolean },
): Domain {
  const kept = ranges
    .map((range) => (whole ? { from: Math.ceil(range.from), to: Math.ceil(range.to) } : range))
    .filter(({ from, to }) => from < to);
  return { kind: "number", ranges: kept, whole, unknown };
}

/** Texts listed, or all but those listed. */
export function texts(
  values: Iterable<string>,
  { listed, unknown }: { readonly listed: boolean; readonly unknown: boolean },
): Domain {
  return { kind: "text", texts: new Set(values), listed, unknown };
}

/** Whether no state is left. */
export function isEmpty(domain: Domain): boolean {
  return !domain.unknown && !hasKnown(domain);
}

/** Whether a known value is left. */
export function hasKnown(domain: Domain): boolean {
  return domain.kind === "number"
    ? domain.ranges.length > 0
    : !domain.listed || domain.texts.size > 0;
}

/** The states that a domain and an edge have in common. */
export function narrow(domain: Domain, segment: Segment): Domain {
  if (segment.kind === "unknown") return onlyUnknown(domain);
  if (domain.kind === "number") {
    return segment.kind === "range"
      ? numbers(overlap(domain.ranges, [segment]), { whole: domain.whole, unknown: false })
      : numbers([], { whole: domain.whole, unknown: false });
  }
  if (segment.kind === "text") {
    const has = domain.texts.has(segment.text) === domain.listed;
    return texts(has ? [segment.text] : [], { listed: true, unknown: false });
  }
  return segment.kind === "other"
    ? withoutTexts(domain, segment.texts)
    : { ...domain, unknown: false };
}

function withoutTexts(domain: Extract<Domain, { kind: "text" }>, out: readonly string[]): Domain {
  const { listed } = domain;
  if (!listed) return texts([...domain.texts, ...out], { listed, unknown: false });
  const gone = new Set(out);
  return texts(
    [...domain.texts].filter((text) => !gone.has(text)),
    { listed, unknown: false },
  );
}

function onlyUnknown(domain: Domain): Domain {
  const { unknown } = domain;
  return domain.kind === "number"
    ? numbers([], { whole: domain.whole, unknown })
    : texts([], { listed: true, unknown });
}

/** Whether a domain and an edge have a state in common; as `narrow`, without making the result. */
export function touches(domain: Domain, segment: Segment): boolean {
  if (segment.kind === "unknown") return domain.unknown;
  if (domain.kind === "text") return segment.kind !== "range" && touchesText(domain, segment);
  if (segment.kind !== "range") return false;
  for (const range of domain.ranges) {
    const from = Math.max(range.from, segment.from);
    const to = Math.min(range.to, segment.to);
    if (domain.whole ? Math.ceil(from) < Math.ceil(to) : from < to) return true;
  }
  return false;
}

function touchesText(
  { texts: own, listed }: Extract<Domain, { kind: "text" }>,
  segment: Extract<Segment, { kind: "text" | "other" }>,
): boolean {
  if (segment.kind === "text") return own.has(segment.text) === listed;
  if (!listed) return true;
  const out = new Set(segment.texts);
  for (const text of own) if (!out.has(text)) return true;
  return false;
}

/** The states that two domains of one operand have in common. */
export function meet(a: Domain, b: Domain): Domain {
  const unknown = a.unknown && b.unknown;
  if (a.kind === "number" && b.kind === "number") {
    return numbers(overlap(a.ranges, b.ranges), { whole: a.whole || b.whole, unknown });
  }
  if (a.kind !== "text" || b.kind !== "text") return onlyUnknown({ ...a, unknown });
  if (!a.listed && !b.listed) {
    return texts([...a.texts, ...b.texts], { listed: false, unknown });
  }
  const [list, other] = a.listed ? [a, b] : [b, a];
  return texts(
    [...list.texts].filter((text) => other.texts.has(text) === other.listed),
    { listed: true, unknown },
  );
}

/** The states that at least one of two domains of one operand has. */
export function join(a: Domain, b: Domain): Domain {
  const unknown = a.unknown || b.unknown;
  if (a.kind === "number" && b.kind === "number") {
    return numbers(unite([...a.ranges, ...b.ranges]), { whole: a.whole && b.whole, unknown });
  }
  if (a.kind !== "text" || b.kind !== "text") return { ...a, unknown };
  if (a.listed && b.listed) return texts([...a.texts, ...b.texts], { listed: true, unknown });
  if (!a.listed && !b.listed) {
    return texts(
      [...a.texts].filter((text) => b.texts.has(text)),
      { listed: false, unknown },
    );
  }
  const [list, other] = a.listed ? [a, b] : [b, a];
  return texts(
    [...other.texts].filter((text) => !list.texts.has(text)),
    { listed: false, unknown },
  );
}

/** Whether two domains of one operand have the same states. */
export function isSame(a: Domain, b: Domain): boolean {
  if (a.unknown !== b.unknown) return false;
  if (a.kind === "number" && b.kind === "number") {
    return (
      a.ranges.length === b.ranges.length &&
      a.ranges.every(({ from, to }, at) => b.ranges[at]?.from === from && b.ranges[at].to === to)
    );
  }
  if (a.kind !== "text" || b.kind !== "text") return false;
  return (
    a.listed === b.listed &&
    a.texts.size === b.texts.size &&
    [...a.texts].every((text) => b.texts.has(text))
  );
}

/** Whether a value, undefined for unknown, is one of a domain's states. */
export function holds(domain: Domain, value: FactValue | undefined): boolean {
  if (value === undefined) return domain.unknown;
  if (domain.kind === "text") {
    return typeof value === "string" && domain.texts.has(value) === domain.listed;
  }
  const number = Number(value);
  if (domain.whole && !Number.isInteger(number)) return false;
  return domain.ranges.some(({ from, to }) => from <= number && number < to);
}

function overlap(a: readonly Range[], b: readonly Range[]): Range[] {
  return a.flatMap((one) =>
    b.flatMap((other) => {
      const from = Math.max(one.from, other.from);
      const to = Math.min(one.to, other.to);
      return from < to ? [{ from, to }] : [];
    }),
  );
}

function unite(ranges: readonly Range[]): Range[] {
  const united: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = united.at(-1);
    if (last === undefined || range.from > last.to) united.push(range);
    else united[united.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return united;
}

/** A text that no list of a policy is likely to hold. */
const otherTexts = ["other", "else", "another"] as const;

/** One state of a domain that is not empty, known if it can be, as near to a boundary as is easy to read. */
export function pick(domain: Domain, type: FactType): FactValue | undefined {
  if (domain.kind === "text") return pickText(domain);
  const [range] = domain.ranges;
  if (range === undefined) return undefined;
  if (type.kind === "boolean") return range.from !== 0;
  return pickNumber(domain.ranges.find(({ from }) => from >= 0) ?? range, domain.whole);
}

function pickText(domain: Extract<Domain, { kind: "text" }>): string | undefined {
  if (domain.listed) return domain.texts.values().next().value;
  const free = otherTexts.find((text) => !domain.texts.has(text));
  if (free !== undefined) return free;
  let count = 1;
  while (domain.texts.has(`other-${count}`)) count += 1;
  return `other-${count}`;
}

function pickNumber({ from, to }: Range, whole: boolean): number {
  if (whole) {
    if (from > 0 || to === Number.POSITIVE_INFINITY) return Number.isFinite(from) ? from : 0;
    return to - 1;
  }
  if (from === Number.NEGATIVE_INFINITY) return to === Number.POSITIVE_INFINITY ? 0 : below(to);
  return roundUp(from, to);
}

/** A number below `to` that is short to write. */
function below(to: number): number {
  const near = to - 1;
  return near < to ? near : -Number.MAX_VALUE;
}

/** The shortest decimal in a range, from its lower end on: `x > 0.1` starts at a double that nobody would write. */
function roundUp(from: number, to: number): number {
  for (let digits = 0; digits <= 9; digits += 1) {
    const scale = 10 ** digits;
    const rounded = Math.ceil(from * scale) / scale;
    if (rounded >= from && rounded < to) return rounded;
  }
  return from;
}
