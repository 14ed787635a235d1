import { readFileSync } from "node:fs";
import { CsvError, parse } from "csv-parse/sync";
import { reasonOf } from "../files/read-files.ts";
import type { LabelledText } from "../training/split.ts";
import { UsageError } from "./output.ts";

/** Names of the two columns, those that are looked for first in front. */
export const textColumns = ["text", "prompt", "utterance", "query"];
const labelColumns = ["label", "intent", "category", "class"];

const longestLabel = 200;

/**
 * Reads labelled texts from a CSV with a header line: a column of texts and one of labels, by their names. A UsageError
 * names the line that is wrong.
 */
export function readLabelledTexts(path: string): LabelledText[] {
  const records = recordsOf(path);
  const header = records[0];
  if (header === undefined) throw new UsageError(`${path} is empty`);
  if (records.length === 1) throw new UsageError(`${path} has no texts below its header`);
  const textAt = columnOf(path, header.record, textColumns);
  const labelAt = columnOf(path, header.record, labelColumns);
  return records.slice(1).map(({ record, info }) => {
    const [text, label] = [record[textAt]?.trim() ?? "", record[labelAt]?.trim() ?? ""];
    if (text === "") throw new UsageError(`${path}:${info.lines}: there is no text`);
    if (label === "") throw new UsageError(`${path}:${info.lines}: there is no label`);
    if (label.length > longestLabel) {
      throw new UsageError(`${path}:${info.lines}: a label has at most ${longestLabel} characters`);
    }
    return { text, label };
  });
}

/** One row of a CSV. */
export interface CsvRecord {
  readonly record: readonly string[];
  /** The line on which it ends, from 1. */
  readonly info: { readonly lines: number };
}

/** The rows of a CSV, the header first. A UsageError tells what is wrong with the file. */
export function recordsOf(path: string): CsvRecord[] {
  try {
    const content = readFileSync(path);
    return parse(content, { bom: true, info: true, skip_empty_lines: true }) as never;
  } catch (cause) {
    const reason = cause instanceof CsvError ? cause.message : reasonOf(cause);
    throw new UsageError(`cannot read ${path}: ${reason}`, { cause });
  }
}

/** Where the column stands that has one of some names, the first of them that is there. A UsageError where none is. */
export function columnOf(
  path: string,
  header: readonly string[],
  names: readonly string[],
): number {
  const given = header.map((name) => name.trim().toLowerCase());
  const at = names.map((name) => given.indexOf(name)).find((found) => found >= 0);
  if (at !== undefined) return at;
  throw new UsageError(
    `${path} has no column named ${names.join(", ")}; its first line names ${header.join(", ")}`,
  );
}
