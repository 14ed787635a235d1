import type { FactType } from "../../facts/fact.ts";
import { type Dialect, doubleText, hexOf, isPlain, onlyNumbers } from "./dialect.ts";
import { asGroup, re2Sql } from "./re2-pattern.ts";

const text = (value: string): string => {
  if (isPlain(value.replaceAll(/['$"\\;]/g, ""))) return `'${value.replaceAll("'", "''")}'`;
  return `decode(from_hex('${hexOf(value)}'))`;
};

const exact = (value: string): string => `(${value} COLLATE C)`;

function read(column: string, type: FactType): string {
  switch (type.kind) {
    case "whole":
    case "decimal":
    case "price":
    case "duration":
      return onlyNumbers(`CAST(${column} AS DOUBLE)`, type.kind === "whole");
    case "money":
      return `CAST(CAST(replace(CAST(${column} AS VARCHAR), '$', '') AS DECIMAL(24, 12)) * 1000000000000 AS DOUBLE)`;
    case "time":
      return `CAST(epoch_ms(${column}) AS DOUBLE)`;
    case "date":
      return `CAST(datediff('day', DATE '1970-01-01', CAST(${column} AS DATE)) AS DOUBLE)`;
    case "boolean":
      return `CAST(${column} AS BOOLEAN)`;
    case "text":
      return exact(`CAST(${column} AS VARCHAR)`);
  }
}

export const duckdb: Dialect = {
  name: "duckdb",
  identifier: (name) => `"${name.replaceAll('"', '""')}"`,
  text,
  exact,
  number: (value) => doubleText(value, "e0"),
  read,
  wallClock: (timestamp, zone) =>
    `CAST(epoch_ms(timezone(${text(zone)}, timezone('UTC', epoch_ms(epoch_ms(${timestamp}))))) AS DOUBLE)`,
  holds: (value, wanted) => `contains(${value}, ${text(wanted)})`,
  // As here, a dot is no line break unless the pattern says so.
  matches: (value, pattern) =>
    re2Sql(pattern, () => `regexp_matches(${value}, ${text(`(?-s)${asGroup(pattern)}`)})`),
  pick: (items, index) => `[${items.join(", ")}][${index}]`,
  words: (items) =>
    `concat_ws(' ', ${items.map(({ when, word }) => `CASE WHEN ${when} THEN ${text(word)} END`).join(", ")})`,
  noText: "CAST(NULL AS VARCHAR)",
  noNumber: "CAST(NULL AS INTEGER)",
};
