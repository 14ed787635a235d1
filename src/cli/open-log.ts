import type { Command } from "commander";
import { Option } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import { type ColumnMap, mapWords, readColumnMap } from "../simulator/column-map.ts";
import { type LogFormat, logFormatDocs, logFormats } from "../simulator/log-format.ts";
import { UnreadableLogError } from "../simulator/unreadable-log-error.ts";
import { findLog, type OpenedLog } from "./log-files.ts";
import { UsageError } from "./output.ts";
import { createProgress } from "./progress.ts";

const namedFirst = (format: LogFormat): string => `  ${format.padEnd(14)} ${logFormatDocs[format]}`;

/** The formats and the words of `--map`, as help says them below its options. */
export const formatHelp = `
Formats, told apart line by line or by the head of a table unless --format names one:
${logFormats.map(namedFirst).join("\n")}

--map takes facts by name and: ${Object.keys(mapWords).join(", ")}.
The reference is operations/LOGS.md.`;

/** Adds the options by which a log is read: `--format` and `--map`. */
export function addLogOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--format <format>", "of the log; told from what stands in it otherwise").choices(
        logFormats,
      ),
    )
    .option(
      "--map <columns>",
      "facts, and the columns or JSON paths that hold them: tokens=usage.prompt_tokens,…",
    );
}

/** Reads a log with a progress bar over its files; whatever makes it unreadable is a UsageError. */
export async function withLog<Result>(
  paths: readonly string[],
  read: (log: OpenedLog, show: (bytes: number, requests: number) => void) => Promise<Result>,
): Promise<Result> {
  const log = findLog(paths);
  const progress = createProgress("requests");
  const shareOf = (bytes: number): number | null =>
    log.size === null ? null : bytes / Math.max(log.size, 1);
  try {
    return await read(log, (bytes, requests) => progress.show(shareOf(bytes), requests));
  } catch (error) {
    if (error instanceof UnreadableLogError)
      throw new UsageError(`${error.file ?? paths.join(" ")}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
}

/** The columns that `--map` names; null without it. */
export function columnsOf(
  text: string | undefined,
  configuration: Configuration,
): ColumnMap | null {
  if (text === undefined) return null;
  const read = readColumnMap(text, configuration.facts);
  if (!read.ok) throw new UsageError(`--map: ${read.message}`);
  return read.map;
}
