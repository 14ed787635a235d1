import fc from "fast-check";
import { expect, test } from "vitest";
import { clickhouse } from "../../../src/language/sql/clickhouse.ts";
import { dialectNames } from "../../../src/language/sql/dialect.ts";
import { duckdb } from "../../../src/language/sql/duckdb.ts";
import { nameFault, sameNames } from "../../../src/language/sql/name-fault.ts";
import { spark } from "../../../src/language/sql/spark.ts";
import {
  hostileAnswers,
  hostileLog,
  hostilePolicy,
  hostileText,
} from "../../support/hostile-sql.ts";
import { askDuckdb } from "../../support/log-table.ts";
import { queryOf } from "../../support/sql-cases.ts";

const column = (text: string) => new Map([[`header.${text}`, "hostile"]]);

test("no text of a policy breaks out of a query of DuckDB's, and each comes back as it is", async () => {
  await fc.assert(
    fc.asyncProperty(hostileText, async (text) => {
      const { sql } = queryOf(hostilePolicy(text), "duckdb", { columns: column(text) });
      expect(await askDuckdb(hostileLog(text), sql)).toMatchObject(hostileAnswers(text));
    }),
    { numRuns: 300 },
  );
});

test("a column may bear any name", async () => {
  await fc.assert(
    fc.asyncProperty(
      hostileText.filter((text) => nameFault(text, "duckdb") === null),
      async (text) => {
        const { sql } = queryOf(hostilePolicy("x"), "duckdb", {
          columns: new Map([["header.x", text]]),
        });
        const log = hostileLog("x").map((each) =>
          each.name === "id" ? each : { ...each, name: text },
        );
        expect(await askDuckdb(log, sql)).toMatchObject(hostileAnswers("x"));
      },
    ),
    { numRuns: 100 },
  );
});

test.each(dialectNames)(
  "%s: the head is comments, each on one line, and nothing in the query is replaced",
  (dialect) => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { sql } = queryOf(hostilePolicy(text), dialect, { columns: column(text) });
        const [head = ""] = sql.split(/^WITH /m);
        expect(
          head
            .split("\n")
            .slice(0, -1)
            .every((line) => /^-- [^\r\u2028\u2029\\]*$/.test(line)),
        ).toBe(true);
        if (dialect === "duckdb") return;
        // Neither escapes nor variables stand in what these two engines read.
        expect(sql).not.toMatch(/\\/);
        expect(sql).not.toMatch(/\$\{/);
      }),
    );
  },
);

test.each([
  [duckdb, "it's", "'it''s'"],
  [duckdb, "a\\b", "'a\\b'"],
  [duckdb, "a\nb", "decode(from_hex('610A62'))"],
  [duckdb, "a--b", "decode(from_hex('612D2D62'))"],
  [clickhouse, "it's", "unhex('69742773')"],
  [clickhouse, "a\\b", "unhex('615C62')"],
  [spark, "it's", "CAST(X'69742773' AS STRING)"],
  [spark, "$x", "CAST(X'2478' AS STRING)"],
  [spark, "café", "'café'"],
] as const)("$0.name writes %j as %s", (dialect, text, sql) => {
  expect(dialect.text(text)).toBe(sql);
});

test.each([
  [duckdb, 'a"b', '"a""b"'],
  [clickhouse, "a`b\\c", "`a\\`b\\\\c`"],
  [spark, "a`b", "`a``b`"],
] as const)("$0.name quotes the name %j", (dialect, name, sql) => {
  expect(dialect.identifier(name)).toBe(sql);
});

test.each([
  ["", "duckdb", /empty/],
  ["a\nb", "duckdb", /control/],
  ["\ud800", "clickhouse", /half a character/],
  ["a$" + "{b}", "spark", /replaces/],
  ["a$" + "{b}", "duckdb", null],
] as const)("the name %j has for %s the fault %s", (name, dialect, fault) => {
  expect(nameFault(name, dialect)).toEqual(fault === null ? null : expect.stringMatching(fault));
});

test("names that an engine does not tell apart are found", () => {
  expect(sameNames(["a", "b", "A"], "duckdb")).toEqual(["a", "A"]);
  expect(sameNames(["a", "b", "A"], "clickhouse")).toBeNull();
  expect(sameNames(["a", "a"], "spark")).toBeNull();
});
