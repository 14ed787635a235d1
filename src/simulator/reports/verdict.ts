import { dollars, percent } from "../print-table.ts";
import type { Change } from "../replay/compare.ts";
import type { Report } from "../report.ts";
import { duration, isClear, relative } from "./figures.ts";
import { requestWords } from "./request-words.ts";
import { failedShare } from "./summary.ts";

/** What a report says in one sentence, in parts between which the policies' names stand. */
export interface Verdict {
  /** The policy that the sentence is about: of the two the second. */
  readonly about: "policy" | "against";
  /** What follows its name. */
  readonly says: string;
}

/** The sentence that a reader takes away. Only what is clear with 95 % confidence is called more or less. */
export function verdictOf(report: Report): Verdict {
  if (report.requests === 0) return { about: "policy", says: "had nothing to decide" };
  const { compared, diff } = report;
  if (compared !== undefined) return { about: "against", says: comparedWords(report, compared) };
  if (diff === undefined) return { about: "policy", says: aloneWords(report) };
  const share = percent(diff.changed / report.requests);
  const cost = diff.costDelta === 0 ? "at the same cost" : `and cost ${deltaWords(diff.costDelta)}`;
  const says =
    diff.changed === 0
      ? "would send every request where it goes today"
      : `would send ${share} of requests elsewhere ${cost}`;
  return { about: "against", says };
}

function deltaWords(delta: number): string {
  return `${dollars(Math.abs(delta))} ${delta < 0 ? "less" : "more"}`;
}

function aloneWords(report: Report): string {
  const { replay, cost } = report;
  const total = `would have cost ${dollars(replay?.cost.total ?? cost.total)} for ${requestWords(report)}`;
  if (replay === undefined) return total;
  const failed = failedShare(replay);
  const p95 = replay.latency === null ? "" : `, with a p95 of ${duration(replay.latency.p95)}`;
  return `${total}${p95}${failed === 0 ? "" : ` and ${percent(failed)} failed`}`;
}

/** One thing that changes; `isGood` null where it does not. */
interface Point {
  readonly words: string;
  readonly isGood: boolean;
}

function comparedWords(report: Report, { all, p95 }: NonNullable<Report["compared"]>): string {
  const cost = costPoint(all.cost);
  const others = [failedPoint(all.failed), timePoint(p95)].filter((point) => point !== null);
  const isGood = cost?.isGood ?? true;
  const first = cost?.words ?? "would cost about the same";
  const against = others.filter((point) => point.isGood !== isGood);
  const along = others.filter((point) => point.isGood === isGood);
  const joined = (points: readonly Point[]): string =>
    points.map(({ words }) => words).join(" and ");
  if (others.length === 0) {
    const isNothing = cost === null && report.diff?.changed === 0;
    return isNothing ? "would change nothing" : `${first}, with no clear change in errors or p95`;
  }
  if (against.length === 0) return `${first}${along.length > 1 ? ", " : " and "}${joined(along)}`;
  const both = along.length === 0 ? first : `${first} and ${joined(along)}`;
  return `${both}, but ${joined(against)}`;
}

function costPoint(change: Change): Point | null {
  if (!isClear(change)) return null;
  const isGood = change.delta < 0;
  const share = relative(change);
  const size = share === null ? dollars(Math.abs(change.delta)) : percent(Math.abs(share));
  return { words: `would cost ${size} ${isGood ? "less" : "more"}`, isGood };
}

function failedPoint(change: Change | null): Point | null {
  if (change === null || !isClear(change)) return null;
  const isGood = change.delta < 0;
  const [before, after] = [percent(change.before), percent(change.after)];
  return { words: `errors would ${isGood ? "fall" : "rise"} from ${before} to ${after}`, isGood };
}

function timePoint(change: Change | null): Point | null {
  if (change === null || !isClear(change)) return null;
  const isGood = change.delta < 0;
  return {
    words: `p95 would ${isGood ? "fall" : "rise"} by ${duration(Math.abs(change.delta))}`,
    isGood,
  };
}
