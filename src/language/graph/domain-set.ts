/**
 * A set of states of one operand: known values, and whether "unknown" belongs to it. Number sets flip membership at
 * each cut (a value belongs to the segment of the last cut <= value); text sets list ids, or all but them.
 */
export type DomainSet =
  | {
      readonly kind: "number";
      /** Ascending; `x <= c` is cut at the next double above c. */
      readonly cuts: readonly number[];
      /** Whether values below the first cut belong. */
      readonly below: boolean;
      readonly unknown: boolean;
    }
  | {
      readonly kind: "text";
      readonly ids: ReadonlySet<number>;
      /** True: the set is exactly `ids`; false: every text but them. */
      readonly listed: boolean;
      readonly unknown: boolean;
    };

/** Texts listed or all but those listed. */
export function textSet(ids: Iterable<number>, listed: boolean, unknown = false): DomainSet {
  return { kind: "text", ids: new Set(ids), listed, unknown };
}

/** Known numbers in any of the half-open ranges; `to` Infinity is open-ended and takes Infinity in. */
export function numberSet(
  ranges: readonly { readonly from: number; readonly to: number }[],
): DomainSet {
  const inside = ranges.filter(({ from, to }) => from < to || to === Number.POSITIVE_INFINITY);
  return unite(
    inside.map(({ from, to }) => ({
      kind: "number" as const,
      cuts: [from, to].filter((cut) => Number.isFinite(cut)),
      below: from === Number.NEGATIVE_INFINITY,
      unknown: false,
    })),
    "number",
  );
}

/** The union of sets of one operand; the empty set of `kind` for none. */
export function unite(sets: readonly DomainSet[], kind: DomainSet["kind"]): DomainSet {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only;
  const unknown = sets.some((set) => set.unknown);
  if (kind === "text") return { ...uniteTexts(sets), unknown };
  const flips: [cut: number, by: number][] = [];
  let depth = 0;
  for (const set of sets) {
    if (set.kind !== "number") continue;
    if (set.below) depth += 1;
    let by = set.below ? -1 : 1;
    for (const cut of set.cuts) {
      flips.push([cut, by]);
      by = -by;
    }
  }
  flips.sort(([a], [b]) => a - b);
  const below = depth > 0;
  const cuts: number[] = [];
  let inside = below;
  for (const [at, [cut, by]] of flips.entries()) {
    depth += by;
    const lastAtCut = flips[at + 1]?.[0] !== cut;
    if (!lastAtCut || depth > 0 === inside) continue;
    inside = !inside;
    cuts.push(cut);
  }
  return { kind: "number", cuts, below, unknown };
}

function uniteTexts(sets: readonly DomainSet[]): DomainSet {
  const listed = new Set<number>();
  let unlisted: Set<number> | null = null;
  for (const set of sets) {
    if (set.kind !== "text") continue;
    if (set.listed) for (const id of set.ids) listed.add(id);
    else
      unlisted = new Set(
        unlisted === null ? set.ids : [...set.ids].filter((id) => unlisted?.has(id)),
      );
  }
  if (unlisted === null) return textSet(listed, true);
  return textSet(
    [...unlisted].filter((id) => !listed.has(id)),
    false,
  );
}

/** Every state that is not in the set, "unknown" included. */
export function complement(set: DomainSet): DomainSet {
  return set.kind === "number"
    ? { ...set, below: !set.below, unknown: !set.unknown }
    : { ...set, listed: !set.listed, unknown: !set.unknown };
}

/** The known values that are not in the set. */
export function knownComplement(set: DomainSet): DomainSet {
  return { ...complement(set), unknown: false };
}

/** The states that every set has. */
export function intersect(sets: readonly DomainSet[], kind: DomainSet["kind"]): DomainSet {
  return complement(unite(sets.map(complement), kind));
}

/** Whether the set is empty or holds every state; null for neither. */
export function triviality(set: DomainSet): "empty" | "full" | null {
  if (set.kind === "number") {
    if (set.cuts.length > 0 || set.below !== set.unknown) return null;
  } else if (set.ids.size > 0 || set.listed === set.unknown) {
    return null;
  }
  return set.unknown ? "full" : "empty";
}

/** Whether a known number lies in a number set. */
export function hasNumber(set: DomainSet & { readonly kind: "number" }, value: number): boolean {
  // Cuts rise; every one at or below the value turns inside to outside.
  let [low, high] = [0, set.cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set.cuts[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return set.below !== (low % 2 === 1);
}

/** Whether a text id lies in a text set; -1 stands for a text that no condition names. */
export function hasText(set: DomainSet & { readonly kind: "text" }, id: number): boolean {
  return set.ids.has(id) === set.listed;
}

const asDouble = new Float64Array(1);
const asBits = new BigInt64Array(asDouble.buffer);

/** The smallest double above a finite value: `x <= c` is `x < nextAbove(c)`. */
export function nextAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  if (!Number.isFinite(value)) return value;
  asDouble[0] = value;
  asBits[0] = (asBits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return asDouble[0];
}
