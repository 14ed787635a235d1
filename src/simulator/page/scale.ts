/** An axis from nothing to a round number that holds all values, with the marks on it. */
export function roundScale(most: number): {
  readonly top: number;
  readonly ticks: readonly number[];
} {
  if (!(most > 0)) return { top: 1, ticks: [0] };
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? most;
  const count = Math.ceil(most / step - 1e-9);
  return {
    top: step * count,
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
  };
}

/** An axis between round numbers that holds all values, from nothing where they come near it. */
export function rangeScale(values: readonly number[]): {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
} {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const isNearNothing = least >= 0 && least < (most - least) / 2;
  const from = isNearNothing ? 0 : least;
  // What differs by nothing that could be written is one value.
  const isOne = most - from <= Math.max(Math.abs(most) * 1e-6, 1e-9);
  const span = isOne ? Math.max(Math.abs(most), 1e-3) : most - from;
  const power = 10 ** Math.floor(Math.log10(span / 3));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= span / 3);
  const by = step ?? span;
  const first = Math.floor(from / by + 1e-9);
  const last = Math.max(Math.ceil(most / by - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * by);
  return { from: first * by, to: last * by, ticks };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const steps: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hourMs),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * dayMs),
];

const mostTicks = 5;

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Round moments (UTC) of a stretch with what stands at them. */
export function timeTicks(
  fromMs: number,
  toMs: number,
): readonly { readonly atMs: number; readonly label: string }[] {
  const span = toMs - fromMs;
  const step = steps.find((each) => span / each <= mostTicks) ?? span / mostTicks;
  const ticks: { atMs: number; label: string }[] = [];
  for (let atMs = Math.ceil(fromMs / step) * step; atMs <= toMs; atMs += step)
    ticks.push({ atMs, label: labelOf(new Date(atMs), step) });
  return ticks;
}

function labelOf(at: Date, step: number): string {
  const text = at.toISOString();
  if (step < minuteMs) return text.slice(11, 19);
  const isMidnight = at.getTime() % dayMs === 0;
  if (step < dayMs && !isMidnight) return text.slice(11, 16);
  return `${at.getUTCDate()} ${months[at.getUTCMonth()] ?? ""}`;
}

/** How text stands at a place in percent of a width, so that it does not leave it. */
export function anchorAt(percent: number): "start" | "middle" | "end" {
  if (percent < 6) return "start";
  return percent > 92 ? "end" : "middle";
}
