import { terminalWidth } from "../../diagnostics/excerpt.ts";

/** A comment, which always ends its line: behind what stands on the line before, or on a line of its own. */
export interface PlacedComment {
  readonly text: string;
  readonly trails: boolean;
}

/** What printing a part takes, known as soon as it is built, so that no part is measured twice. */
interface Measure {
  /** Columns on one line; infinite where it cannot stand on one. */
  readonly flat: number;
  /** Columns up to the first place where its line may end. */
  readonly head: number;
  /** Whether there is such a place. */
  readonly breaks: boolean;
  /** Whether a comment comes before any text. */
  readonly leads: boolean;
  /** Whether it has text at all. */
  readonly hasText: boolean;
}

/** A text with its possible layouts: either on one line, or broken where its lines may end. */
export type Doc = Measure &
  (
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "space" }
    /** A space that may be a new line. */
    | { readonly kind: "line" }
    | { readonly kind: "comments"; readonly comments: readonly PlacedComment[] }
    | { readonly kind: "concat"; readonly parts: readonly Doc[] }
    | { readonly kind: "indent"; readonly of: Doc }
    /** On one line where that is at most `most` columns wide, else broken at each line of its own. */
    | { readonly kind: "group"; readonly of: Doc; readonly most: number }
    /** Parts with a space between, broken only before those that the line has no room for. */
    | { readonly kind: "fill"; readonly parts: readonly Doc[] }
  );

/** Columns of a line. */
export const lineWidth = 100;

const nothing: Measure = { flat: 0, head: 0, breaks: false, leads: false, hasText: false };

export function text(written: string): Doc {
  const width = terminalWidth(written);
  return { ...nothing, kind: "text", text: written, flat: width, head: width, hasText: true };
}

export const space: Doc = { ...nothing, kind: "space", flat: 1, head: 1 };
export const line: Doc = { ...nothing, kind: "line", flat: 1, breaks: true };
export const hardline: Doc = { ...line, flat: Number.POSITIVE_INFINITY };

export function comments(some: readonly PlacedComment[]): Doc {
  return { ...nothing, kind: "comments", comments: some, breaks: true, leads: true };
}

export function concat(parts: readonly Doc[]): Doc {
  let { flat, head, breaks, leads, hasText } = nothing;
  for (const part of parts) {
    // A comment at the very start ends the line before; anywhere else it ends this one.
    flat += part.leads && hasText ? Number.POSITIVE_INFINITY : part.flat;
    leads ||= part.leads && !hasText;
    hasText ||= part.hasText;
    if (!breaks) head += part.head;
    breaks ||= part.breaks;
  }
  return { kind: "concat", parts, flat, head, breaks, leads, hasText };
}

export function indent(of: Doc): Doc {
  return { ...of, kind: "indent", of };
}

/** `isBroken` breaks it though it may have room. */
export function group(
  of: Doc,
  { most = lineWidth, isBroken = false }: { most?: number; isBroken?: boolean } = {},
): Doc {
  const flat = isBroken ? Number.POSITIVE_INFINITY : of.flat;
  const { head, breaks, leads, hasText } = of;
  return { kind: "group", of, most, flat, head, breaks, leads, hasText };
}

export function fill(parts: readonly Doc[]): Doc {
  const { flat, head, breaks, leads, hasText } = concat(parts);
  const gaps = Math.max(0, parts.length - 1);
  const first = parts[0];
  const firstEnds = first?.breaks === true || gaps === 0;
  return {
    kind: "fill",
    parts,
    flat: flat + gaps,
    head: firstEnds ? head : (first?.head ?? 0),
    breaks: breaks || gaps > 0,
    leads,
    hasText,
  };
}

/** Parts one below the other, or all on one line. */
export function joined(parts: readonly Doc[], separator: Doc): Doc {
  const all: Doc[] = [];
  for (const part of parts) {
    if (all.length > 0) all.push(separator);
    all.push(part);
  }
  return concat(all);
}
