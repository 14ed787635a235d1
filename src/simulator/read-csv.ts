import { type CsvError, parse } from "csv-parse";
import { azureColumns, type ColumnMap, type ColumnMeaning, meaningOf } from "./column-map.ts";
import type { RowFormat } from "./formats/row-format.ts";
import { rowFormatNamed, rowFormatOf } from "./formats/row-formats.ts";
import type { LogFileName } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import type { ReadLine } from "./logged-request.ts";
import { MappedRow } from "./mapped-row.ts";
import type { RowContext } from "./row-request.ts";
import { UnreadableLogError } from "./unreadable-log-error.ts";

/** Longest record of a CSV log, in bytes: prompts fit, and an open quote does not gather the rest of the file. */
const longestRecord = 16 * 1_048_576;

export interface CsvSink {
  read(result: ReadLine, line: number): void;
}

/** What a CSV log is read by. */
export interface CsvReading {
  /** Null tells it by the names in the first line. */
  readonly format: LogFormat | null;
  readonly map: ColumnMap | null;
  readonly file: LogFileName | null;
  readonly context: RowContext;
}

interface CsvRow {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** What the first line says of all others: a meaning for each column, or the format of rows with their names. */
type Head =
  | {
      readonly kind: "columns";
      readonly format: LogFormat;
      readonly columns: readonly (ColumnMeaning | null)[];
    }
  | { readonly kind: "rows"; readonly rows: RowFormat; readonly columns: readonly string[] };

/** Reads a CSV log in the order of its lines. Without a map, columns are taken for the facts whose names they bear. */
export class CsvReader {
  readonly #sink: CsvSink;
  readonly #reading: CsvReading;
  readonly #parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRecord,
    on_skip: (error) => this.#skip(error),
  });
  #head: Head | null = null;
  /** What the parser gave up at. */
  #failure: Error | null = null;

  constructor(sink: CsvSink, reading: CsvReading) {
    this.#sink = sink;
    this.#reading = reading;
    this.#parser.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  push(chunk: Uint8Array): void {
    this.#parser.write(chunk);
    for (let row = this.#parser.read(); row !== null; row = this.#parser.read()) {
      this.#row(row as CsvRow);
    }
    this.#throwFailure();
  }

  async end(): Promise<void> {
    this.#parser.end();
    try {
      for await (const row of this.#parser) this.#row(row as CsvRow);
    } catch (error) {
      this.#throwFailure();
      throw error;
    }
  }

  #throwFailure(): void {
    if (this.#failure === null) return;
    throw new UnreadableLogError(`not valid CSV: ${this.#failure.message}`, {
      cause: this.#failure,
    });
  }

  #skip(error: CsvError | undefined): undefined {
    const line = (error as { readonly lines?: number } | undefined)?.lines ?? 0;
    this.#sink.read({ ok: false, reason: `not valid CSV: ${error?.code ?? "unknown"}` }, line);
    return undefined;
  }

  #row({ record, info }: CsvRow): void {
    if (this.#head === null) {
      this.#head = this.#readHead(record);
      return;
    }
    this.#sink.read(this.#readRow(record, info.lines, this.#head), info.lines);
  }

  #readHead(names: readonly string[]): Head {
    const trimmed = names.map((name) => name.trim());
    const { format, context } = this.#reading;
    const map = this.#reading.map ?? (format === "azure" || isAzure(trimmed) ? azureColumns : null);
    if (map !== null) return headOfMap(trimmed, map);
    const rows =
      format === null ? rowFormatOf((name) => trimmed.includes(name)) : rowFormatNamed(format);
    if (rows !== null) return { kind: "rows", rows, columns: trimmed };
    const columns = trimmed.map((name) => meaningOf(name, context.facts));
    if (columns.every((each) => each === null)) {
      throw new UnreadableLogError(
        `no column of the log (${trimmed.slice(0, 10).join(", ")}) bears the name of a fact; say which is which with --map`,
      );
    }
    return { kind: "columns", format: "csv", columns };
  }

  #readRow(record: readonly string[], line: number, head: Head): ReadLine {
    const { columns } = head;
    if (record.length !== columns.length) {
      return { ok: false, reason: `${record.length} columns instead of ${columns.length}` };
    }
    const { context, file } = this.#reading;
    const place = { line, file };
    if (head.kind === "rows") {
      const row = Object.fromEntries(head.columns.map((name, at) => [name, record[at]]));
      return head.rows.read(row, place, context);
    }
    const mapped = new MappedRow(context);
    for (const [index, meaning] of head.columns.entries()) {
      const value = record[index] ?? "";
      if (meaning === null || value === "") continue;
      const problem = mapped.take(meaning, value);
      if (problem !== null) return { ok: false, reason: problem };
    }
    return mapped.request(head.format, place);
  }
}

function headOfMap(names: readonly string[], map: ColumnMap): Head {
  for (const column of map.keys()) {
    if (!names.includes(column)) {
      throw new UnreadableLogError(
        `the log has no column \`${column}\`; its columns are ${names.slice(0, 20).join(", ")}`,
      );
    }
  }
  const format = map === azureColumns ? "azure" : "csv";
  return { kind: "columns", format, columns: names.map((name) => map.get(name) ?? null) };
}

function isAzure(names: readonly string[]): boolean {
  return [...azureColumns.keys()].every((column) => names.includes(column));
}
