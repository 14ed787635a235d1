import { requestsOf } from "../print-table.ts";
import { frontText, type SweepReport, sweepSays, sweepTable } from "../sweep/sweep-report.ts";
import { markdownTable, named } from "./markdown-text.ts";

/** A sweep for a pull request, in GitHub's Markdown; the row of the present value is bold. */
export function printSweepMarkdown(report: SweepReport, policy: string): string {
  const { head, rows } = sweepTable(report);
  const [first = "", ...others] = head;
  const told = rows.map((row, index) =>
    report.points[index]?.now === true
      ? row.map((cell) => (cell === "" ? "" : `**${cell}**`))
      : row,
  );
  const parts = [
    `**${named(policy)} ${sweepSays({ ...report, of: named(report.of) })}.**`,
    `${requestsOf(report.points[0]?.requests ?? 0)} of the log for each value.`,
    markdownTable([named(first), ...others], told, 0),
    frontText(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
