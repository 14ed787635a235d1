import { count, requestsOf } from "../print-table.ts";
import type { Report } from "../report.ts";

/** `9,805 requests`, and where more come for one of the log `29,415 requests (9,805 of the log, 3 for one)`. */
export function requestWords({ requests, logged }: Pick<Report, "requests" | "logged">): string {
  const each = logged === undefined ? "" : forOne(requests / Math.max(1, logged));
  return `${requestsOf(requests)}${logged === undefined ? "" : ` (${count(logged)} of the log, ${each} for one)`}`;
}

/** The same after a head that tells whose they are: `9,805 requests of the log`. */
export function requestsOfLog(report: Pick<Report, "requests" | "logged">): string {
  return report.logged === undefined ? `${requestWords(report)} of the log` : requestWords(report);
}

function forOne(times: number): string {
  return Number(times.toPrecision(3)).toLocaleString("en");
}
