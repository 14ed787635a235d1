import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalogue, comesFrom, isOf } from "../test/faults/catalogue.ts";
import type { FaultRow } from "../test/faults/rows/row.ts";

// `npm run test:faults`: runs the tests of the fault catalogue, those that stand elsewhere too, and prints each row's verdict.

interface Result {
  readonly file: string;
  readonly title: string;
  readonly failed: boolean;
  readonly ran: boolean;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs all files that the catalogue names, once, and returns what became of each test. */
function run(files: readonly string[]): readonly Result[] {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-faults-"));
  const output = join(folder, "report.json");
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  spawnSync(
    process.execPath,
    [vitest, "run", ...files, "--reporter=json", `--outputFile=${output}`],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const { testResults } = JSON.parse(readFileSync(output, "utf8")) as Report;
  rmSync(folder, { recursive: true, force: true });
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({
      ...{ file: name, title: fullName },
      ...{ failed: status === "failed", ran: status === "passed" || status === "failed" },
    })),
  );
}

/** The results that a row rests on, one list for each test that it names. */
function resultsOf({ number, proof }: FaultRow, results: readonly Result[]): Result[][] {
  if (proof.kind === "tested")
    return [
      results.filter(({ file, title }) => file.includes("test/faults/") && isOf(number, title)),
    ];
  if (proof.kind !== "covered") return [];
  return proof.by.map(([file, title]) =>
    results.filter((result) => result.file.endsWith(file) && comesFrom(title, result.title)),
  );
}

type Verdict = "tested" | "covered" | "not yet" | "does not apply" | "FAILED" | "NOT RUN";

function verdictOf(row: FaultRow, results: readonly Result[]): Verdict {
  const { kind } = row.proof;
  if (kind === "not yet" || kind === "does not apply") return kind;
  const lists = resultsOf(row, results);
  if (lists.some((list) => list.some(({ failed }) => failed))) return "FAILED";
  return lists.every((list) => list.some(({ ran }) => ran)) ? kind : "NOT RUN";
}

function remarkOf({ proof }: FaultRow): string {
  if (proof.kind === "not yet") return proof.part;
  if (proof.kind === "does not apply") return proof.why;
  return proof.note ?? "";
}

const cells = (texts: readonly string[], widths: readonly number[]): string =>
  texts
    .map((text, at) => text.padEnd(widths[at] ?? 0))
    .join("  ")
    .trimEnd();

const covering = catalogue.flatMap(({ proof }) =>
  proof.kind === "covered" ? proof.by.map(([file]) => file) : [],
);
const results = run(["test/faults", ...new Set(covering)]);
const rows = catalogue.map((row) => ({ row, verdict: verdictOf(row, results) }));
const widths = [3, 62, 34, 14];
console.log(cells(["#", "fault", "what the client gets", "verdict", "remark"], widths));
for (const { row, verdict } of rows)
  console.log(cells([String(row.number), row.fault, row.client, verdict, remarkOf(row)], widths));
const totals = new Map<Verdict, number>();
for (const { verdict } of rows) totals.set(verdict, (totals.get(verdict) ?? 0) + 1);
console.log(`\n${[...totals].map(([verdict, count]) => `${count} ${verdict}`).join(", ")}`);
const bad = results.filter(({ file, failed }) => failed && file.includes("test/faults/"));
for (const { title } of bad) console.log(`failed: ${title}`);
const isBad = (totals.get("FAILED") ?? 0) + (totals.get("NOT RUN") ?? 0) + bad.length > 0;
process.exitCode = isBad ? 1 : 0;
