import {
  type Quantiles,
  quantileAt,
  quantilesOfWeighted,
  shareBelow,
  type Weighted,
} from "./quantiles.ts";

/** A time that was seen, or until when it was at least not over: `cut` where a limit of ours ended it, `left` where nobody waited for it any more. */
export interface Observation {
  readonly value: number;
  readonly end: "seen" | "cut" | "left";
}

export interface Survival {
  readonly quantiles: Quantiles;
  /** Share that lies beyond all that was waited for. */
  readonly beyond: number;
}

/**
 * The distribution of times of which some were cut off before they were over (Kaplan and Meier): those count as longer, not as that
 * long. Null where none was seen to its end.
 */
export function survivalOf(observations: readonly Observation[]): Survival | null {
  const rising = observations.toSorted(
    (one, other) => one.value - other.value || rankOf(one) - rankOf(other),
  );
  const lastSeen = rising.findLastIndex(({ end }) => end === "seen");
  if (lastSeen < 0) return null;
  const points: Weighted[] = [];
  let surviving = 1;
  for (let at = 0; at <= lastSeen; at += 1) {
    const { value, end } = rising[at] as Observation;
    if (end !== "seen") continue;
    const mass = surviving / (rising.length - at);
    points.push({ value, mass });
    surviving -= mass;
  }
  const after = rising.slice(lastSeen + 1);
  const cut = after.filter(({ end }) => end === "cut").length;
  const beyond = after.length === 0 ? 0 : (surviving * cut) / after.length;
  // Whom nobody waited for might have answered at any time: as if at once.
  const left = after.findLast(({ end }) => end === "left");
  if (left !== undefined) points.push({ value: left.value, mass: surviving - beyond });
  return { quantiles: quantilesOfWeighted(points), beyond };
}

/** What ended at a moment was still at risk when others were cut off there. */
const rankOf = ({ end }: Observation): number => (end === "seen" ? 0 : 1);

/** What a time may have come to that was cut off: the middle of those that are longer; a quarter longer where nobody has seen any. */
export function likelyEnd({ quantiles, beyond }: Survival, value: number): number {
  const below = shareBelow(quantiles, value) * (1 - beyond);
  const middle = (below + 1) / 2;
  if (middle >= 1 - beyond) return value * 1.25;
  return Math.max(quantileAt(quantiles, middle / (1 - beyond)), value);
}
