import { count, dollars, requestsOf } from "../print-table.ts";
import type { BatchWork } from "../replay/replay-report.ts";
import { duration } from "./figures.ts";

/** What became of requests that could wait, in a sentence without its end. */
export function batchWords(batch: BatchWork): string {
  const { lines, made, answered, answeredLive, expired, failed, calledBack } = batch;
  const { unplayed, waits } = batch;
  const rest = [
    [answeredLive, "answered live by a later step"],
    [expired, "not answered in time"],
    [failed, "failed"],
    [calledBack, "called back by their clients"],
    [unplayed, "beyond those that can wait at once here"],
  ] as const;
  const told = rest.flatMap(([requests, what]) =>
    requests === 0 ? [] : [`, ${count(requests)} ${what}`],
  );
  const times =
    waits === null ? "" : `; they waited ${duration(waits.p50)} (p95 ${duration(waits.p95)})`;
  const batches = made === 1 ? "1 batch" : `${count(made)} batches`;
  return `${requestsOf(lines)}, ${count(answered)} answered in ${batches}${told.join("")}${times}${savedWords(batch)}`;
}

function savedWords({ saved, unpriced }: BatchWork): string {
  const less = (saved ?? 0) > 0 ? `; ${dollars(saved ?? 0)} less than at the list price` : "";
  return unpriced === 0 ? less : `${less}; the price of ${count(unpriced)} is not known`;
}
