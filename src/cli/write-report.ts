import { writeFileSync } from "node:fs";
import { reasonOf } from "../files/read-files.ts";
import { changeText, printEconomics } from "../simulator/economics/print-economics.ts";
import { printPage } from "../simulator/page/print-page.ts";
import { printSweepPage } from "../simulator/page/print-sweep-page.ts";
import { printReport } from "../simulator/print-report.ts";
import type { Report } from "../simulator/report.ts";
import { printMarkdown } from "../simulator/reports/print-markdown.ts";
import { printSweepMarkdown } from "../simulator/reports/print-sweep-markdown.ts";
import type { ReportNames } from "../simulator/reports/report-names.ts";
import { printSweep } from "../simulator/sweep/print-sweep.ts";
import type { SweepReport } from "../simulator/sweep/sweep-report.ts";
import { checkOutput } from "./check-output.ts";
import { printError, printJson, printLine, UsageError } from "./output.ts";

/** In which forms a report is wanted; `-` stands for stdout. */
export interface ReportOptions {
  readonly json?: boolean;
  readonly markdown?: string;
  readonly html?: string;
}

/** Before the work, which may take long. Throws a UsageError where two forms want stdout or one has no place. */
export function checkReportOptions({ json, markdown, html }: ReportOptions): void {
  const wanting = [
    ...(json === true ? ["--json"] : []),
    ...(markdown === "-" ? ["--markdown -"] : []),
    ...(html === "-" ? ["--html -"] : []),
  ];
  const [first, second] = wanting;
  if (second !== undefined) throw new UsageError(`${first} and ${second} both print on stdout`);
  for (const path of [markdown, html]) if (path !== undefined && path !== "-") checkOutput(path);
}

/** Writes a report in each form that is asked for but JSON, and as text for a person where nothing else goes to stdout. */
export function writeReport(
  report: Report,
  names: ReportNames,
  options: ReportOptions & { readonly broken: readonly string[] },
): void {
  const { json, markdown, html, broken } = options;
  if (markdown !== undefined) put(markdown, "--markdown", printMarkdown(report, names, broken));
  if (html !== undefined) put(html, "--html", printPage(report, names, broken));
  if (json !== true && markdown !== "-" && html !== "-")
    process.stdout.write(`${printReport(report, names)}${moneyOf(report, names)}\n`);
}

/** Writes a sweep in each form that is asked for, and as a table where nothing else goes to stdout. */
export function writeSweep(sweep: SweepReport, policy: string, options: ReportOptions): void {
  const { json, markdown, html } = options;
  if (json === true) printJson({ of: sweep.of, aims: sweep.aims, sweep: sweep.points });
  if (markdown !== undefined) put(markdown, "--markdown", printSweepMarkdown(sweep, policy));
  if (html !== undefined) put(html, "--html", printSweepPage(sweep, policy));
  if (json !== true && markdown !== "-" && html !== "-") printLine(printSweep(sweep));
}

/** What was asked of money; nothing otherwise. */
function moneyOf(
  { economics, economicsBefore, replay, against }: Report,
  names: ReportNames,
): string {
  if (economics === undefined) return "";
  const providers = (against ?? replay)?.providers ?? [];
  const told = printEconomics(economics, providers);
  if (economicsBefore === undefined) return `\n${told}`;
  return `\n${changeText(economics, economicsBefore, names)}\n\n${told}`;
}

function put(path: string, option: string, text: string): void {
  if (path === "-") {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new UsageError(`${option}: cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
  printError(`wrote ${path}`);
}
