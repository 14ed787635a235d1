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

/** Reads the text of one line, or of one JSON value, and gives each request of it: a list, or the `data` of an API's answer, holds several. */
export function readJsonLine(
  text: string,
  place: LinePlace,
  reading: JsonReading,
  give: (read: ReadLine) => void,
): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 120) : "";
    give({ ok: false, reason: `not JSON: ${why}` });
    return;
  }
  const { format } = reading;
  if (isRow(json) && (format === "records" || (format === null && isRecord(json)))) {
    give(readRecord(json, place));
    return;
  }
  const rows = Array.isArray(json) ? json : pageOf(json);
  if (rows === null) give(readJson(json, place, reading));
  else for (const row of rows) give(readJson(row, place, reading));
}

/** The rows of a page, as APIs answer with. */
function pageOf(json: unknown): readonly unknown[] | null {
  if (!isRow(json)) return null;
  const { data } = json;
  const isPage =
    Array.isArray(data) && data.length > 0 && data.every(isRow) && json["messages"] === undefined;
  return isPage ? data : null;
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
  return { ok: false, reason: "no request of a known format; --map says which field is which" };
}

function rowFormatFor(json: Row, format: LogFormat | null): RowFormat | null {
  return format === null ? rowFormatOf((field) => field in json) : rowFormatNamed(format);
}
