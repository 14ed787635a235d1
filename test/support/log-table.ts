import { DuckDBInstance } from "@duckdb/node-api";
import type { FactType, FactValue } from "../../src/facts/fact.ts";
import { readFactValue } from "../../src/facts/value.ts";
import type { DialectName } from "../../src/language/sql/dialect.ts";

/** A column of a log as it is kept: each cell a text that its type reads, null where nothing is known. */
export interface TableColumn {
  readonly name: string;
  readonly kind: FactType["kind"] | "id";
  readonly cells: readonly (string | null)[];
}

/** A row of what a query tells, by column. */
export type Told = Readonly<Record<string, string | number | null>>;

/** The types under which a log is kept in each engine. */
export const columnTypes: Readonly<Record<DialectName, (kind: TableColumn["kind"]) => string>> = {
  duckdb: (kind) =>
    ({ boolean: "BOOLEAN", time: "TIMESTAMP", date: "DATE" })[String(kind)] ??
    (isText(kind) ? "VARCHAR" : "DOUBLE"),
  clickhouse: (kind) => {
    const type = { boolean: "Bool", time: "DateTime64(3, 'UTC')", date: "Date32" }[String(kind)];
    return `Nullable(${type ?? (isText(kind) ? "String" : "Float64")})`;
  },
  spark: (kind) =>
    ({ boolean: "BOOLEAN", time: "TIMESTAMP", date: "DATE" })[String(kind)] ??
    (isText(kind) ? "STRING" : "DOUBLE"),
};

// Money is kept as a log shows it: `$0.02`.
const isText = (kind: TableColumn["kind"]): boolean =>
  kind === "text" || kind === "money" || kind === "id";

/** The cell that holds a value of a type, or null for nothing. */
export function cellOf(type: FactType, value: FactValue | undefined | null): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number") return String(value);
  switch (type.kind) {
    case "money":
      return Number.isNaN(value) ? null : dollars(value);
    case "time":
      return new Date(value).toISOString().replace("T", " ").replace("Z", "");
    case "date":
      return Number.isNaN(value) ? null : new Date(value * 86_400_000).toISOString().slice(0, 10);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function dollars(picodollars: number): string {
  const digits = String(Math.abs(picodollars)).padStart(13, "0");
  const sign = picodollars < 0 ? "-" : "";
  return `$${sign}${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

/** Facts by name, as `--request` takes them, as columns; what a name has no type for is text. */
export function columnsOf(
  records: readonly Readonly<Record<string, unknown>>[],
  types: ReadonlyMap<string, FactType>,
): readonly TableColumn[] {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return [...names].map((name) => {
    const type = types.get(name) ?? { kind: "text" };
    const cells = records.map((record) => cellOf(type, readFactValue(type, record[name])));
    return { name, kind: type.kind, cells };
  });
}

/** The rows' numbers, as their ids. */
export function ids(count: number): TableColumn {
  return { name: "id", kind: "id", cells: Array.from({ length: count }, (_, row) => String(row)) };
}

const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Runs one query of DuckDB's over a table `requests` of these columns; the rows come in the order of their ids. */
export async function askDuckdb(columns: readonly TableColumn[], sql: string): Promise<Told[]> {
  const types = columns.map(({ name, kind }) => `${quoted(name)} ${columnTypes.duckdb(kind)}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE requests (${types.join(", ")})`);
  const rows = (columns[0]?.cells ?? []).map((_, row) => columns.map(({ cells }) => cells[row]));
  const values = columns.map(
    ({ kind }, at) => `CAST(cells ->> ${at} AS ${columnTypes.duckdb(kind)})`,
  );
  await connection.run(
    `INSERT INTO requests SELECT ${values.join(", ")} FROM (SELECT unnest(CAST($1 AS JSON[])) AS cells)`,
    [JSON.stringify(rows)],
  );
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new Error(`${statements.count} statements in one query`);
  const told = (await connection.runAndReadAll(sql)).getRowObjectsJson() as Told[];
  return told.toSorted((a, b) => Number(a["id"]) - Number(b["id"]));
}
