import type { Change, Compared } from "../replay/compare.ts";
import { type Ending, endings } from "../replay/ended-request.ts";
import type { Quantiles, ReplayReport } from "../replay/replay-report.ts";
import type { Report } from "../report.ts";
import type { Unit } from "./figures.ts";

/** One figure of a replay, under the second policy too where there is one; null where nothing was measured. */
export interface SummaryRow {
  readonly label: string;
  readonly unit: Unit;
  readonly before: number | null;
  readonly after: number | null;
  /** With its confidence; null where none was reckoned. */
  readonly change: Change | null;
}

export const endingWords: Readonly<Record<Ending, string>> = {
  ok: "answered",
  cached: "answered from the cache",
  deferred: "answered in a batch",
  failed: "failed",
  rejected: "rejected",
  limited: "stopped by a limit",
  "client-gone": "left by the client",
};

/** The figures of a replay, those that are nothing under either policy left out. */
export function summaryOf({ replay, against, compared }: Report): readonly SummaryRow[] {
  if (replay === undefined) return [];
  const all = compared?.all;
  const row = (
    label: string,
    unit: Unit,
    of: (replay: ReplayReport) => number | null | undefined,
    change: Change | null | undefined = null,
  ): SummaryRow => ({
    ...{ label, unit, before: of(replay) ?? null, change: change ?? null },
    after: against === undefined ? null : (of(against) ?? null),
  });
  const quantiles = (label: string, of: (replay: ReplayReport) => Quantiles | null) =>
    (["p50", "p95", "p99"] as const).map((each) =>
      row(`${label} ${each}`, "ms", (from) => of(from)?.[each], changeOf(compared, label, each)),
    );
  const always = new Set(["answered", "failed", "cost"]);
  return [
    ...endings.map((each) => row(endingWords[each], "requests", (from) => from.outcomes[each])),
    row("share that failed", "share", failedShare, all?.failed),
    row("share from the cache", "share", cachedShare, all?.cached),
    row("found by a like prompt", "requests", ({ cached }) => cached.like),
    row("of these, other answers", "share", ({ cached }) => otherShare(cached)),
    row("answered by a fallback", "share", ({ fallbacks }) => fallbacks.share),
    row("answered at home", "share", ({ localShare }) => localShare, all?.local),
    row("cost", "dollars", ({ cost }) => cost.total, all?.cost),
    row("wasted", "dollars", ({ cost }) => cost.wasted),
    row("saved by the cache", "dollars", ({ cost }) => cost.saved),
    row("saved by batches", "dollars", ({ batch }) => batch?.saved),
    ...quantiles("latency", ({ latency }) => latency),
    ...(all?.meanMs == null ? [] : [meanRow(all.meanMs)]),
    ...quantiles("first token", ({ firstToken }) => firstToken),
    ...quantiles("batch wait", ({ batch }) => batch?.waits ?? null),
  ].filter(
    ({ label, before, after }) =>
      always.has(label) || (before !== null && before !== 0) || (after !== null && after !== 0),
  );
}

function changeOf(compared: Compared | undefined, label: string, quantile: string): Change | null {
  if (compared === undefined || label !== "latency") return null;
  if (quantile === "p50") return compared.p50;
  return quantile === "p95" ? compared.p95 : null;
}

function meanRow(change: Change): SummaryRow {
  const { before, after } = change;
  return { label: "latency mean", unit: "ms", before, after, change };
}

export function totalOf({ outcomes }: ReplayReport): number {
  return endings.reduce((sum, each) => sum + outcomes[each], 0);
}

export function failedShare(replay: ReplayReport): number {
  return replay.outcomes.failed / Math.max(1, totalOf(replay));
}

/** Answers to like prompts that say something else than the log's own, as a share of those compared. */
function otherShare({ compared, disagreed }: ReplayReport["cached"]): number | null {
  return compared === 0 ? null : disagreed / compared;
}

function cachedShare(replay: ReplayReport): number {
  return replay.outcomes.cached / Math.max(1, totalOf(replay));
}

/** Rules that decided nothing. */
export function neverFired(
  rules: readonly { readonly name: string; readonly requests: number }[],
): readonly string[] {
  return rules.filter(({ requests }) => requests === 0).map(({ name }) => name);
}

/** One kind of requests under both policies; those that only one knows are there too. */
export interface Pair<Item> {
  readonly name: string;
  readonly before: Item | null;
  readonly after: Item | null;
}

/** Rows of two reports by name, in the order of the first, then of the second. */
export function pairsOf<Item>(
  before: readonly Item[],
  after: readonly Item[],
  nameOf: (item: Item) => string,
): readonly Pair<Item>[] {
  const others = new Map(after.map((item) => [nameOf(item), item]));
  const pairs = before.map((item): Pair<Item> => {
    const name = nameOf(item);
    const other = others.get(name) ?? null;
    others.delete(name);
    return { name, before: item, after: other };
  });
  return [...pairs, ...[...others].map(([name, item]) => ({ name, before: null, after: item }))];
}

/** `rate_limited 437, timeout 12`: the most frequent first. */
export function causesText(causes: Readonly<Partial<Record<string, number>>>): string {
  return Object.entries(causes)
    .toSorted(([, a = 0], [, b = 0]) => b - a)
    .map(([cause, requests = 0]) => `${cause} ${requests.toLocaleString("en")}`)
    .join(", ");
}
