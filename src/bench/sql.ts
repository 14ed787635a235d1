import { availableParallelism } from "node:os";
import type { DuckDBConnection } from "@duckdb/node-api";
import { BugError } from "../base/assert.ts";
import { compileToSql } from "../language/sql/compile-to-sql.ts";
import { type Figure, figureOf } from "./figure.ts";
import { benchVocabulary, checkBenchPolicy } from "./keyed-policy.ts";

const runs = 3;

/** Rules of the kinds that people write: counts, sums, lists, hours of a zone, words of a header, and what holds for all. */
const policyText = `
let short = tokens < 200
rule "labels": if short and intent is classify then local fallback small
rule "free and long": if tier is free and tokens + max_tokens > 32k then reject 413
rule "nights": if team in [search, ads, platform] and time in 22:00..06:00 Europe/Berlin then small fallback fast
rule "weekends": if weekday in [sat, sun] and tier is not pro then local fallback small
rule "code": if intent is code and tokens in [1k..8k, 16k..64k] then large fallback fast
rule "reports": if header.x-purpose contains "report" or header.x-purpose matches /^(daily|weekly)-/ then fast
rule "tools": if tools > 0 and (team is support or max_tokens is unknown) then large
rule "writing": if intent in [write, summarise] and not short then fast fallback large
also if tier is free with max_tokens 1k, tokens at most 24k
otherwise large fallback small
`;

/** A log of so many requests, the same each time; one value in ten or so is unknown. */
function logSql(rows: number): string {
  const draw = (salt: number, below: number): string =>
    `(hash(i * 16 + ${salt}) % ${below})::INTEGER`;
  const pick = (salt: number, words: readonly (string | null)[]): string =>
    `[${words.map((word) => (word === null ? "NULL" : `'${word}'`)).join(", ")}][1 + ${draw(salt, words.length)}]`;
  return `CREATE OR REPLACE TABLE requests AS SELECT
    i AS id,
    (20 * pow(10000, ${draw(1, 1_000_000)} / 1e6))::INTEGER AS tokens,
    CASE WHEN ${draw(2, 4)} > 0 THEN ${draw(3, 8_000)} END AS max_tokens,
    ${draw(4, 3)} AS tools,
    ${pick(5, ["classify", "code", "chat", "summarise", "write", null])} AS intent,
    ${pick(6, ["free", "pro", "team"])} AS tier,
    ${pick(7, ["search", "ads", "support", "platform", "law", null])} AS team,
    ${pick(8, ["daily-digest", "chat", "Quarterly REPORT for the board", "ad hoc question", null])} AS "header.x-purpose",
    TIMESTAMP '2026-01-01' + to_milliseconds(i * 2500) AS time
  FROM range(${rows}) AS counted(i)`;
}

/** A policy's query over so many rows of a log in DuckDB, every column of its answer worked out; says so where DuckDB is not installed. */
export async function sqlBench(rows: number): Promise<Figure[]> {
  const connection = await connect();
  if (connection === null) {
    process.stderr.write("skipped: @duckdb/node-api is not installed\n");
    return [];
  }
  const compiled = compileToSql(checkBenchPolicy(policyText), benchVocabulary, {
    dialect: "duckdb",
    table: ["requests"],
    columns: new Map(),
    proved: new Set(),
  });
  if (!compiled.ok) throw new BugError("the policy of the bench cannot be said in SQL");
  await connection.run(logSql(rows));
  const seconds: number[] = [];
  const busy: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await connection.run(
      `SELECT * EXCLUDE (id), count(*), max(id) FROM (${compiled.query.sql}) GROUP BY ALL`,
    );
    seconds.push((performance.now() - start) / 1_000);
    const { user, system } = process.cpuUsage(before);
    busy.push((user + system) / 1e6);
  }
  connection.closeSync();
  const name = `${rows.toLocaleString("en")} rows through DuckDB SQL`;
  return [
    figureOf({ name: `${name}, ${availableParallelism()} cores`, unit: "s", values: seconds }),
    // What a machine with other work to do does not change.
    figureOf({ name: `${name}: CPU`, unit: "s", values: busy }),
  ];
}

async function connect(): Promise<DuckDBConnection | null> {
  let duckdb: typeof import("@duckdb/node-api");
  try {
    duckdb = await import("@duckdb/node-api");
  } catch {
    return null;
  }
  const instance = await duckdb.DuckDBInstance.create(":memory:");
  return instance.connect();
}
