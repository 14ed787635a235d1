import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { zoneClock } from "../../../src/facts/zone-clock.ts";
import type { CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { clickhouse } from "../../../src/language/sql/clickhouse.ts";
import { containsPattern } from "../../../src/language/sql/letter-cases.ts";
import { spark } from "../../../src/language/sql/spark.ts";
import { compileTextTest } from "../../../src/meaning/text-test.ts";
import { checkText, vocabulary } from "../../support/checking.ts";
import {
  hostileAnswers,
  hostileLog,
  hostilePolicy,
  hostileText,
} from "../../support/hostile-sql.ts";
import {
  askDuckdb,
  cellOf,
  columnsOf,
  columnTypes,
  ids,
  type TableColumn,
  type Told,
} from "../../support/log-table.ts";
import { guardedRequest, randomGuarded, valuesOf } from "../../support/random-guarded.ts";
import { policyAndFacts } from "../../support/random-policy.ts";
import { policyTextOf, randomRecord, randomRules } from "../../support/random-requests.ts";
import { variedTargets } from "../../support/random-target-condition.ts";
import { anyPattern, anyText, moments, zones } from "../../support/random-texts.ts";
import { skipAloud } from "../../support/skip-aloud.ts";
import { logOf, queryOf } from "../../support/sql-cases.ts";

const python = process.env["SIGNALBOX_PYTHON"] || "python3";
const isLong = process.env["SIGNALBOX_LONG"] === "1";

interface Engine {
  readonly dialect: typeof clickhouse;
  readonly name: "clickhouse" | "spark";
  readonly package: string;
  /** Queries of each kind. */
  readonly count: number;
}

const engines: readonly Engine[] = [
  { name: "clickhouse", dialect: clickhouse, package: "chdb", count: 150 },
  { name: "spark", dialect: spark, package: "pyspark", count: 12 },
];

function isMissing({ package: name }: Engine): boolean {
  if (!isLong) return skipAloud(true, `queries in ${name}: only with SIGNALBOX_LONG=1`);
  const { status } = spawnSync(python, [
    "-c",
    `import importlib.util as u, sys; sys.exit(not u.find_spec('${name}'))`,
  ]);
  return skipAloud(
    status !== 0,
    `no Python with the package ${name}; name one by SIGNALBOX_PYTHON`,
  );
}

interface Case {
  readonly columns: readonly TableColumn[];
  readonly sql: string;
}

function ask({ name }: Engine, cases: readonly Case[]): readonly (readonly Told[])[] {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-engines-"));
  try {
    const [asked, told] = [join(folder, "asked.json"), join(folder, "told.json")];
    const typed = cases.map(({ columns, sql }) => ({
      sql,
      columns: columns.map(({ kind, ...column }) => ({ ...column, type: columnTypes[name](kind) })),
    }));
    writeFileSync(asked, JSON.stringify(typed));
    execFileSync(python, [join(import.meta.dirname, "engines.py"), name, asked, told], {
      stdio: ["ignore", "ignore", "pipe"],
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PYSPARK_PYTHON: python },
    });
    const answers = JSON.parse(readFileSync(told, "utf8")) as Told[][];
    return answers.map((rows) => rows.toSorted((a, b) => Number(a["id"]) - Number(b["id"])));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A policy with a log, and how its query differs from the usual. */
interface Drawn {
  readonly policy: CheckedPolicy;
  readonly columns: readonly TableColumn[];
  readonly changes: Parameters<typeof queryOf>[2];
}

const targets = new Map(variedTargets.map((each) => [each.name, each]));
const factTypes = new Map([...vocabulary.facts].map(([name, { type }]) => [name, type]));
factTypes.set("claude.queue", { kind: "whole" });

const ofFacts: fc.Arbitrary<Drawn> = policyAndFacts({}, 20).map(({ policy, requests }) => ({
  policy,
  columns: logOf(policy, requests),
  changes: { columns: new Map([["date", "date"]]) },
}));
const ofTexts: fc.Arbitrary<Drawn> = fc
  .tuple(
    randomRules()
      .map((rules) => checkText(policyTextOf(rules)).policy)
      .filter((policy) => policy !== null),
    fc.array(randomRecord, { minLength: 1, maxLength: 20 }),
  )
  .map(([policy, records]) => ({
    policy,
    columns: [ids(records.length), ...columnsOf(records, factTypes)],
    changes: {},
  }));
const ofGuards: fc.Arbitrary<Drawn> = fc
  .tuple(randomGuarded, fc.array(guardedRequest, { minLength: 1, maxLength: 12 }))
  .map(([policy, requests]) => ({
    policy,
    columns: logOf(policy, requests.map(valuesOf)),
    changes: { words: { facts: vocabulary.facts, targets } },
  }));

describe.each(engines)("$name", (engine) => {
  const skips = isMissing(engine);
  const { dialect, name, count } = engine;

  test.skipIf(skips)(
    "answers as DuckDB does, whose answers are held to the program's",
    async () => {
      const seed = 20_261_127;
      const drawn = [ofFacts, ofTexts, ofGuards].flatMap((each) =>
        fc.sample(each, { numRuns: count, seed }),
      );
      const answers = ask(
        engine,
        drawn.map(({ policy, columns, changes }) => ({
          columns,
          sql: queryOf(policy, name, changes).sql,
        })),
      );
      for (const [index, { policy, columns, changes }] of drawn.entries()) {
        const { sql } = queryOf(policy, "duckdb", changes);
        expect(answers[index], queryOf(policy, name, changes).sql).toEqual(
          await askDuckdb(columns, sql),
        );
      }
    },
  );

  test.skipIf(skips)(
    "finds in texts what Signalbox finds in them, and knows what clocks show",
    () => {
      const texts = [...new Set(fc.sample(anyText, { numRuns: 400, seed: 1 }))];
      const patterns = fc.sample(anyPattern, { numRuns: 200, seed: 2 });
      const words = fc
        .sample(anyText, { numRuns: 200, seed: 3 })
        .filter((word) => word !== "" && containsPattern(word) !== null);
      const tests = [
        ...patterns.map((pattern) => ({
          what: pattern,
          sql: dialect.matches("prompt", pattern),
          test: compileTextTest("matches", pattern),
        })),
        ...words.map((word) => {
          const wanted = containsPattern(word)!;
          const sql =
            wanted.kind === "text"
              ? { ok: true as const, sql: dialect.holds("prompt", wanted.value) }
              : dialect.matches("prompt", wanted.value);
          return { what: word, sql, test: compileTextTest("contains", word) };
        }),
      ].filter(({ sql }) => sql.ok);
      const few = moments.filter((_, index) => index % 3 === 0);
      const shown = zones.map(
        (zone, index) => `${dialect.wallClock("logged.time", zone)} AS z${index}`,
      );
      const [found, clocks] = ask(engine, [
        {
          columns: [ids(texts.length), { name: "prompt", kind: "text", cells: texts }],
          sql: `SELECT id, ${tests.map(({ sql }, index) => `${sql.ok ? sql.sql : ""} AS t${index}`).join(", ")} FROM requests`,
        },
        {
          columns: [
            ids(few.length),
            { name: "time", kind: "time", cells: few.map((ms) => cellOf({ kind: "time" }, ms)) },
          ],
          sql: `SELECT id, ${shown.join(", ")} FROM requests AS logged`,
        },
      ]);
      const wrong = tests.flatMap(({ what, test: ours }, index) =>
        texts
          .filter((text, row) => ours.ok && ours.test(text) !== Boolean(found![row]![`t${index}`]))
          .map((text) => ({ what, text })),
      );
      expect(wrong).toEqual([]);
      for (const [index, zone] of zones.entries()) {
        const clock = zoneClock(zone);
        expect(
          clocks!.map((row) => row[`z${index}`]),
          zone,
        ).toEqual(few.map((ms) => clock.date(ms) * 86_400_000 + clock.timeOfDay(ms)));
      }
    },
  );

  test.skipIf(skips)("gives every text of a policy back as it is", () => {
    const texts = fc.sample(hostileText, { numRuns: count, seed: 4 });
    const told = ask(
      engine,
      texts.map((text) => ({
        columns: hostileLog(text),
        sql: queryOf(hostilePolicy(text), name, {
          columns: new Map([[`header.${text}`, "hostile"]]),
        }).sql,
      })),
    );
    for (const [index, text] of texts.entries())
      expect(told[index]).toMatchObject(hostileAnswers(text));
  });
});
