import type { JudgedText } from "../training/train-difficulty.ts";
import { columnOf, recordsOf, textColumns } from "./labelled-texts.ts";
import { UsageError } from "./output.ts";

/** Columns that say that a text was too hard, and those that say that it was answered well. */
const hardColumns = ["hard", "label", "failed", "wrong"];
const rightColumns = ["correct", "right", "solved", "accepted"];
const groupColumns = ["group", "subject", "customer", "tenant"];

const yes = /^(?:1|true|yes|y|hard|wrong|failed|fail)$/i;
const no = /^(?:0|false|no|n|easy|right|ok|passed|pass)$/i;

/**
 * Reads judged texts from a CSV with a header line: a column of texts, one that tells which were too hard (or which were
 * answered well), and perhaps one of groups that are held out together (an empty cell is no group). A UsageError names the line that is wrong.
 */
export function readJudgedTexts(path: string): JudgedText[] {
  const records = recordsOf(path);
  const header = records[0];
  if (header === undefined) throw new UsageError(`${path} is empty`);
  if (records.length === 1) throw new UsageError(`${path} has no texts below its header`);
  const names = header.record.map((name) => name.trim().toLowerCase());
  const textAt = columnOf(path, header.record, textColumns);
  const outcomeAt = columnOf(path, header.record, [...hardColumns, ...rightColumns]);
  const isReversed = rightColumns.includes(names[outcomeAt] ?? "");
  const groupAt = names.findIndex((name) => groupColumns.includes(name));
  return records.slice(1).map(({ record, info }) => {
    const text = record[textAt]?.trim() ?? "";
    if (text === "") throw new UsageError(`${path}:${info.lines}: there is no text`);
    const said = record[outcomeAt]?.trim() ?? "";
    if (!yes.test(said) && !no.test(said)) {
      throw new UsageError(
        `${path}:${info.lines}: \`${header.record[outcomeAt] ?? ""}\` is true or false, not \`${said}\``,
      );
    }
    const group = groupAt < 0 ? "" : (record[groupAt]?.trim() ?? "");
    return {
      text,
      hard: yes.test(said) !== isReversed,
      group: group === "" ? undefined : group,
    };
  });
}
