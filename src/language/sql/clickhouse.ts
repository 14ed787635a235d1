import type { FactType } from "../../facts/fact.ts";
import { type Dialect, doubleText, hexOf, isPlain, onlyNumbers } from "./dialect.ts";
import { re2Sql } from "./re2-pattern.ts";

const text = (value: string): string =>
  isPlain(value) ? `'${value}'` : `unhex('${hexOf(value)}')`;

function read(column: string, type: FactType): string {
  switch (type.kind) {
    case "whole":
    case "decimal":
    case "price":
    case "duration":
      return onlyNumbers(`CAST(${column} AS Nullable(Float64))`, type.kind === "whole");
    case "money":
      return `toFloat64(toInt128(toDecimal128(replaceAll(toString(${column}), '$', ''), 12) * toDecimal128('1000000000000', 0)))`;
    case "time":
      return `toFloat64(toUnixTimestamp64Milli(toDateTime64(${column}, 3, 'UTC')))`;
    case "date":
      return `toFloat64(dateDiff('day', toDate32('1970-01-01'), toDate32(${column})))`;
    case "boolean":
      return `CAST(${column} AS Nullable(Bool))`;
    case "text":
      return `CAST(${column} AS Nullable(String))`;
  }
}

function wallClock(timestamp: string, zone: string): string {
  const moment = `toDateTime64(${timestamp}, 3, 'UTC')`;
  return `(toFloat64(toUnixTimestamp64Milli(${moment})) + 1000 * timezoneOffset(toTimeZone(${moment}, ${text(zone)})))`;
}

export const clickhouse: Dialect = {
  name: "clickhouse",
  identifier: (name) => `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``,
  text,
  exact: (value) => value,
  number: (value) => doubleText(value, "e0"),
  read,
  wallClock,
  holds: (value, wanted) => `(position(${value}, ${text(wanted)}) > 0)`,
  // The engine's own dot takes line breaks; the language's does not.
  matches: (value, pattern) => re2Sql(pattern, () => `match(${value}, ${text(`(?-s)${pattern}`)})`),
  pick: (items, index) => `arrayElement([${items.join(", ")}], ${index})`,
  words: (items) =>
    `arrayStringConcat(arrayFilter(word -> word != '', [${items.map(({ when, word }) => `if(${when}, ${text(word)}, '')`).join(", ")}]), ' ')`,
  noText: "CAST(NULL AS Nullable(String))",
  noNumber: "CAST(NULL AS Nullable(Int32))",
};
