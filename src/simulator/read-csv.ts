import { type CsvError, parse } from "csv-parse";
import type { FactTable } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { readFactValue } from "../facts/value.ts";
import { azureColumns, type ColumnMap, type ColumnMeaning, meaningOf } from "./column-map.ts";
import { type ReadLine, readMoment } from "./logged-request.ts";
import { UnreadableLogError } from "./unreadable-log-error.ts";

/** Longest record of a CSV log, in bytes: an open quote must not gather the rest of the file. */
const longestRecord = 1_048_576;

export interface CsvSink {
  read(result: ReadLine, line: number): void;
}

interface CsvRow {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Reads a CSV log in the order of its lines. Without a map, columns are taken for the facts whose names they bear. */
export class CsvReader {
  readonly #sink: CsvSink;
  readonly #facts: FactTable;
  readonly #map: ColumnMap | null;
  readonly #parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRecord,
    on_skip: (error) => this.#skip(error),
  });
  #columns: readonly (ColumnMeaning | null)[] | null = null;
  /** What the parser gave up at. */
  #failure: Error | null = null;

  constructor(sink: CsvSink, facts: FactTable, map: ColumnMap | null) {
    this.#sink = sink;
    this.#facts = facts;
    this.#map = map;
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
    if (this.#columns === null) {
      this.#columns = this.#readHead(record);
      return;
    }
    this.#sink.read(this.#readRow(record, info.lines, this.#columns), info.lines);
  }

  #readHead(names: readonly string[]): readonly (ColumnMeaning | null)[] {
    const trimmed = names.map((name) => name.trim());
    const map = this.#map ?? (isAzure(trimmed) ? azureColumns : null);
    if (map === null) {
      const meanings = trimmed.map((name) => meaningOf(name, this.#facts));
      if (meanings.every((each) => each === null)) {
        throw new UnreadableLogError(
          `no column of the log (${trimmed.slice(0, 10).join(", ")}) bears the name of a fact; say which is which with --map`,
        );
      }
      return meanings;
    }
    for (const column of map.keys()) {
      if (!trimmed.includes(column)) {
        throw new UnreadableLogError(
          `the log has no column \`${column}\`; its columns are ${trimmed.slice(0, 20).join(", ")}`,
        );
      }
    }
    return trimmed.map((name) => map.get(name) ?? null);
  }

  /** What is no value of the fact's type stays as it is written, and so becomes unknown. */
  #factValue(name: string, written: string): unknown {
    const fact = lookUpFact(this.#facts, name);
    return (fact === null ? undefined : readFactValue(fact.type, written)) ?? written;
  }

  #readRow(
    record: readonly string[],
    line: number,
    columns: readonly (ColumnMeaning | null)[],
  ): ReadLine {
    if (record.length !== columns.length) {
      return { ok: false, reason: `${record.length} columns instead of ${columns.length}` };
    }
    const facts: Record<string, unknown> = {};
    let id: string | null = null;
    let atMs: number | null = null;
    let output: number | null = null;
    for (const [index, meaning] of columns.entries()) {
      const value = record[index] ?? "";
      if (meaning === null || value === "") continue;
      if (meaning.kind === "fact") {
        facts[meaning.name] = this.#factValue(meaning.name, value);
      } else if (meaning.kind === "id") {
        id = value;
      } else if (meaning.kind === "time") {
        atMs = readMoment(value);
        if (atMs === null) return { ok: false, reason: `\`${value.slice(0, 40)}\` is no time` };
        facts["time"] = new Date(atMs).toISOString();
      } else {
        output = wholeNumber(value);
        if (output === null) return { ok: false, reason: `\`${value.slice(0, 40)}\` is no count` };
      }
    }
    const usage = output === null ? null : { input: null, output, served: null };
    id ??= `line ${line}`;
    return {
      ok: true,
      request: { line, id, atMs, facts, chat: null, seed: null, usage, latency: null },
    };
  }
}

function isAzure(names: readonly string[]): boolean {
  return [...azureColumns.keys()].every((column) => names.includes(column));
}

function wholeNumber(text: string): number | null {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}
