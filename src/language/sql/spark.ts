import type { FactType } from "../../facts/fact.ts";
import { type Dialect, doubleText, hexOf, isPlain, onlyNumbers } from "./dialect.ts";
import { toJavaPattern } from "./java-pattern.ts";

// No backslash and no `${…}` may stand in the text of a query: settings decide whether the first escapes, and the second
// is replaced by variables, within quotes too.
const text = (value: string): string =>
  isPlain(value) ? `'${value}'` : `CAST(X'${hexOf(value)}' AS STRING)`;

function read(column: string, type: FactType): string {
  switch (type.kind) {
    case "whole":
    case "decimal":
    case "price":
    case "duration":
      return onlyNumbers(`CAST(${column} AS DOUBLE)`, type.kind === "whole");
    case "money":
      return `CAST(CAST(replace(CAST(${column} AS STRING), '$', '') AS DECIMAL(24, 12)) * 1000000000000BD AS DOUBLE)`;
    case "time":
      return `CAST(unix_millis(CAST(${column} AS TIMESTAMP)) AS DOUBLE)`;
    case "date":
      return `CAST(unix_date(CAST(${column} AS DATE)) AS DOUBLE)`;
    case "boolean":
      return `CAST(${column} AS BOOLEAN)`;
    case "text":
      return `CAST(${column} AS STRING)`;
  }
}

export const spark: Dialect = {
  name: "spark",
  identifier: (name) => `\`${name.replaceAll("`", "``")}\``,
  text,
  exact: (value) => value,
  number: (value) => doubleText(value, "D"),
  read,
  wallClock: (timestamp, zone) =>
    `CAST(unix_millis(from_utc_timestamp(CAST(${timestamp} AS TIMESTAMP), ${text(zone)})) AS DOUBLE)`,
  holds: (value, wanted) => `(instr(${value}, ${text(wanted)}) > 0)`,
  matches(value, pattern) {
    const java = toJavaPattern(pattern);
    return java.ok ? { ok: true, sql: `(${value} RLIKE ${text(java.pattern)})` } : java;
  },
  pick: (items, index) => `element_at(array(${items.join(", ")}), ${index})`,
  words: (items) =>
    `concat_ws(' ', ${items.map(({ when, word }) => `CASE WHEN ${when} THEN ${text(word)} END`).join(", ")})`,
  noText: "CAST(NULL AS STRING)",
  noNumber: "CAST(NULL AS INT)",
};
