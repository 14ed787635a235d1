import type { Configuration } from "../configuration/configuration.ts";
import type { LogFile } from "../simulator/log-file.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { readLog } from "../simulator/read-log.ts";
import { longestHeldMs } from "../simulator/replay/arrivals.ts";
import { UnreadableLogError } from "../simulator/unreadable-log-error.ts";
import { findLog } from "./log-files.ts";
import { columnsOf } from "./open-log.ts";

/** Requests of a file that are looked at for its first time. */
const mostRead = 100;

/** Ends the reading of a file of which enough is known. */
class Enough extends Error {}

/**
 * The files of a log by the earliest time that each tells, so that the oldest is read first, whatever their names are. As they were named
 * where one of them is stdin or begins without a time.
 */
export async function inOrderOfTime(
  paths: readonly string[],
  options: { readonly format?: LogFormat; readonly map?: string },
  configuration: Configuration,
): Promise<readonly string[]> {
  if (paths.includes("-")) return paths;
  const { files } = findLog(paths);
  if (files.length < 2) return paths;
  const timed: { readonly name: string; readonly atMs: number }[] = [];
  for (const file of files) {
    const atMs = await firstTimeOf(file, options, configuration);
    if (atMs === null) return paths;
    timed.push({ name: file.name, atMs });
  }
  return timed.toSorted((one, other) => one.atMs - other.atMs).map(({ name }) => name);
}

async function firstTimeOf(
  file: LogFile,
  options: { readonly format?: LogFormat; readonly map?: string },
  configuration: Configuration,
): Promise<number | null> {
  const { facts } = configuration;
  const map = columnsOf(options.map, configuration);
  const times: number[] = [];
  let earliest: number | null = null;
  let read = 0;
  const count = (): void => {
    read += 1;
    // Of a file that is not in order, the earliest may stand anywhere.
    if (read === mostRead && (times.length === 0 || isRising(times))) throw new Enough();
  };
  try {
    await readLog(
      { files: [file], bytesRead: () => 0 },
      { format: options.format ?? null, map, facts },
      {
        request({ atMs }) {
          if (atMs !== null && read < mostRead) times.push(atMs);
          if (atMs !== null && (earliest === null || atMs < earliest)) earliest = atMs;
          count();
        },
        skip: count,
      },
    );
  } catch (error) {
    // What is wrong with it is told by whoever reads all of it.
    if (!(error instanceof Enough || error instanceof UnreadableLogError)) throw error;
  }
  return earliest;
}

/** Whether a file's first times are those of a log that is written as requests end. */
function isRising(times: readonly number[]): boolean {
  const steps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs));
  const falling = steps.filter((step) => step < 0).length;
  return falling < steps.length * 0.8 && Math.min(...times) > (times[0] ?? 0) - longestHeldMs;
}
