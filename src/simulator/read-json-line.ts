import type { ColumnMap } from "./column-map.ts";
import type { RowFormat } from "./formats/row-format.ts";
import { rowFormatNamed, rowFormatOf } from "./formats/row-formats.ts";
import type { LinePlace } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import type { ReadLine } from "./logged-request.ts";
import { readMapped } from "./mapped-row.ts";
import { isChatLine, readChatLine } from "./read-chat-line.ts";
import { isRecord, readRecord } from "./read-record.ts";
import type { BodyDialect } from "./request-body.ts";
import { isRow, type Row } from "./row.ts";
import type { RowContext } from "./row-request.ts";

/** What the lines of a JSON log are read by. */
export interface JsonReading {
  /** Null tells each line by what stands in it. */
  readonly format: LogFormat | null;
  readonly map: ColumnMap | null;
  readonly context: RowContext;
}

const dialects: ReadonlySet<LogFormat | null> = new Set<LogFormat>([
  "chat",
  "messages",
  "responses",
]);

/** Fields that are named of an object that is no request. */
const mostFields = 8;

/** Reads the text of one line, or of one JSON value, and gives each request of it: a list, or the `data` of an API's answer, holds several. */
export function readJsonLine(
  text: string,
  place: LinePlace,
  reading: JsonReading,
  give: (read: ReadLine, line: number) => void,
): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    give(
      { ok: false, reason: `not JSON: ${whereOf(error, place.line).slice(0, 120)}` },
      place.line,
    );
    return;
  }
  const { format } = reading;
  if (isRow(json) && (format === "records" || (format === null && isRecord(json)))) {
    give(readRecord(json, place), place.line);
    return;
  }
  const page = Array.isArray(json) ? null : pageOf(json);
  const rows = Array.isArray(json) ? json : page;
  if (rows === null) {
    give(readJson(json, place, reading), place.line);
    return;
  }
  const below = page === null ? null : linesOfPage(text);
  for (const [index, row] of rows.entries()) {
    const line = place.line + (below?.[index] ?? 0);
    give(readJson(row, { ...place, line }, reading), line);
  }
}

/** What the parser says, with lines counted from the log's first: a reason stands beside the line at which its text begins. */
function whereOf(error: unknown, firstLine: number): string {
  const said = error instanceof Error ? error.message : "";
  return said.replace(
    / at position \d+ \(line (\d+) column (\d+)\)/,
    (_, line: string, column: string) =>
      line === "1"
        ? ` at column ${column}`
        : ` at line ${firstLine + Number(line) - 1}, column ${column}`,
  );
}

/** The rows of a page, as APIs answer with. */
function pageOf(json: unknown): readonly unknown[] | null {
  if (!isRow(json)) return null;
  const { data } = json;
  const isPage =
    Array.isArray(data) && data.length > 0 && data.every(isRow) && json["messages"] === undefined;
  return isPage ? data : null;
}

/** How many lines below its first one each object in the `data` of a page begins; null for a page of one line. */
function linesOfPage(text: string): readonly number[] | null {
  if (!text.includes("\n")) return null;
  const lines: number[] = [];
  let [depth, line, key] = [0, 0, ""];
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') {
      const end = endOfText(text, at);
      if (depth === 1) key = text.slice(at + 1, end);
      at = end;
    } else if (letter === "\n") line += 1;
    else if (letter === "{" || letter === "[") {
      if (depth === 2 && key === "data") lines.push(line);
      depth += 1;
    } else if (letter === "}" || letter === "]") depth -= 1;
  }
  return lines;
}

/** Where a text of JSON ends that begins with the quote there. */
function endOfText(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
}

/** What an object holds, for a reader of the reason why it is none; a log may hold any names. */
function fieldsTold(json: Row): string {
  const names = Object.keys(json).filter((name) => /^[\w.-]{1,40}$/.test(name));
  const shown = names.slice(0, mostFields).map((name) => `\`${name}\``);
  if (shown.length === 0) return "";
  return ` (its fields: ${shown.join(", ")}${names.length > shown.length ? ", …" : ""})`;
}

function readJson(
  json: unknown,
  place: LinePlace,
  { format, map, context }: JsonReading,
): ReadLine {
  if (!isRow(json)) return { ok: false, reason: "not a JSON object" };
  if (format === "records" || (format === null && isRecord(json))) return readRecord(json, place);
  if (map !== null && (format === null || format === "json"))
    return readMapped(json, map, { format: "json", place, context });
  const rows = rowFormatFor(json, format);
  if (rows !== null) return rows.read(json, place, context);
  if (format === "json") return readMapped(json, null, { format, place, context });
  const dialect = dialects.has(format) ? (format as BodyDialect) : null;
  if (dialect !== null || isChatLine(json)) return readChatLine(json, place, dialect);
  const fields = fieldsTold(json);
  return {
    ok: false,
    reason: `no request of a known format${fields}; --map says which field is which`,
  };
}

function rowFormatFor(json: Row, format: LogFormat | null): RowFormat | null {
  return format === null ? rowFormatOf((field) => field in json) : rowFormatNamed(format);
}
