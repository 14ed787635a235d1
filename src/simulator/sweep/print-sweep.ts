import { table } from "../print-table.ts";
import { frontText, type SweepReport, sweepTable } from "./sweep-report.ts";

/** The trade-off curve as a person reads it on a terminal. */
export function printSweep(report: SweepReport): string {
  const { head, rows } = sweepTable(report);
  const note = frontText(report);
  return note === "" ? `${table(head, rows)}\n` : `${table(head, rows)}\n\n${note}\n`;
}
