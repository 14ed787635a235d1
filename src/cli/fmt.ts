import { realpathSync } from "node:fs";
import { type Command, Option } from "commander";
import type { SourceFile } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/excerpt.ts";
import { reasonOf } from "../files/read-files.ts";
import { formatSource } from "../language/service/format.ts";
import { longestFile } from "../language/syntax/bounds.ts";
import { diffLines } from "./line-diff.ts";
import { exitCode, printError, printLine, UsageError, wantsColor } from "./output.ts";
import { policyFiles } from "./policy-files.ts";
import { replaceFile } from "./replace-file.ts";
import { decodeSource, readSource, renderAll } from "./workspace.ts";

interface FmtOptions {
  readonly check?: boolean;
  readonly stdout?: boolean;
}

/** One text to format, and where it goes. */
interface Job {
  readonly source: SourceFile;
  /** Null for what came in on stdin. */
  readonly path: string | null;
}

type Result = "same" | "changed" | "broken";

/** `fmt FILE…`: the house's layout and spelling; `--check` changes nothing and exits 1 where something would change. */
export function addFmt(program: Command): void {
  program
    .command("fmt")
    .description("format policies: one layout and spelling, the same meaning, every comment kept")
    .argument("<file...>", "policy files, folders of them, or - for stdin")
    .addOption(
      new Option("--check", "change nothing; list what would change, and exit 1").conflicts(
        "stdout",
      ),
    )
    .option("--stdout", "print the formatted policies instead of writing them")
    .option("--config <file>", "taken as every command takes it; formatting needs no configuration")
    .action((files: string[], options: FmtOptions) => fmt(files, options));
}

async function fmt(files: readonly string[], options: FmtOptions): Promise<void> {
  if (files.includes("-") && files.length > 1) {
    throw new UsageError("`-` is stdin, and stands alone");
  }
  // Everything is read before anything is written: a wrong name changes nothing.
  const jobs = files[0] === "-" ? [await readStdin()] : jobsOf(files);
  const results = jobs.map((job) => run(job, options));
  const isPrinted = options.stdout === true || files[0] === "-";
  if (options.check === true || !isPrinted) printSummary(results, options.check === true);
  const isFine = results.every((result) => {
    return result === "same" || (result === "changed" && options.check !== true);
  });
  process.exitCode = isFine ? exitCode.fine : exitCode.findings;
}

function run({ source, path }: Job, { check, stdout }: FmtOptions): Result {
  const result = formatSource(source);
  if (!result.ok) {
    const sources = new Map([[source.file, source.text]]);
    printError(`${renderAll(result.diagnostics, sources, process.stderr)}\n`);
    return "broken";
  }
  const isSame = result.text === source.text;
  if (check === true) {
    if (!isSame) printChanges(source, result.text);
  } else if (stdout === true || path === null) process.stdout.write(result.text);
  else if (!isSame) {
    replaceFile(path, result.text);
    printLine(`formatted ${source.file}`);
  }
  return isSame ? "same" : "changed";
}

function printSummary(results: readonly Result[], isCheck: boolean): void {
  const count = (result: Result): number => results.filter((each) => each === result).length;
  const files = `${results.length} file${results.length === 1 ? "" : "s"}`;
  const parts = [files, `${count("changed")} ${isCheck ? "to format" : "formatted"}`];
  if (count("broken") > 0) parts.push(`${count("broken")} with syntax errors`);
  printLine(parts.join(", "));
}

/** Changed lines that are shown of a file. */
const mostShown = 20;

function printChanges({ file, text }: SourceFile, formatted: string): void {
  const [red, green, plain] = wantsColor(process.stdout)
    ? ["\u001b[31m", "\u001b[32m", "\u001b[0m"]
    : ["", "", ""];
  printLine(file);
  const [before, after] = [linesOf(text), linesOf(formatted)];
  const changes = diffLines(before, after, mostShown + 1);
  if (changes.length === 0) printLine("  only line ends or a byte order mark");
  const lines = changes.flatMap(({ line, removed, added }) => [
    `  line ${line}:`,
    ...removed.map((each) => `  ${red}- ${printable(each)}${plain}`),
    ...added.map((each) => `  ${green}+ ${printable(each)}${plain}`),
  ]);
  for (const line of lines.slice(0, mostShown)) printLine(line);
  if (lines.length > mostShown) printLine("  …");
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/** The files named, and all policies below the folders named; none twice, by whatever name. */
function jobsOf(paths: readonly string[]): readonly Job[] {
  const found = new Map(policyFiles(paths).map((path) => [realPath(path), path]));
  return [...found.values()].map((path) => ({ source: readSource(path), path }));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** Reads stdin to its end, or to where no policy is that long. */
async function readStdin(): Promise<Job> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > 4 * longestFile) throw new UsageError("stdin holds more than a policy may");
  }
  return {
    source: { file: "<stdin>", text: decodeSource("stdin", Buffer.concat(chunks)) },
    path: null,
  };
}
