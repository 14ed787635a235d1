import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFactValue } from "../../../src/facts/value.ts";
import { zoneClock } from "../../../src/facts/zone-clock.ts";
import { besideRules } from "../../../src/language/interpreter/beside.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { duckdb } from "../../../src/language/sql/duckdb.ts";
import { containsPattern } from "../../../src/language/sql/letter-cases.ts";
import { compileTextTest } from "../../../src/meaning/text-test.ts";
import { makePlan } from "../../../src/runtime/plan/make-plan.ts";
import { checkText, soundPolicy, vocabulary } from "../../support/checking.ts";
import { askDuckdb, cellOf, columnsOf, ids, type Told } from "../../support/log-table.ts";
import { inputs } from "../../support/plan-making.ts";
import { firstTargetOf } from "../../support/plans.ts";
import { guardedRequest, randomGuarded, valuesOf } from "../../support/random-guarded.ts";
import { policyAndFacts } from "../../support/random-policy.ts";
import {
  policyTextOf,
  randomRecord,
  randomRules,
  valueReader,
} from "../../support/random-requests.ts";
import { variedTargets } from "../../support/random-target-condition.ts";
import { anyPattern, anyText, moments, zones } from "../../support/random-texts.ts";
import { asLogged, branchOf, logOf, queryOf } from "../../support/sql-cases.ts";

const branches = (told: readonly Told[]): unknown[] => told.map((row) => row["branch"]);
const factTypes = new Map([...vocabulary.facts].map(([name, { type }]) => [name, type]));
// Without a column of its own, a date is told by the time.
const ownDate = new Map([["date", "date"]]);
factTypes.set("claude.queue", { kind: "whole" });

describe("a query of DuckDB's", () => {
  test("takes the branch that the interpreter takes, whatever is unknown", async () => {
    await fc.assert(
      fc.asyncProperty(policyAndFacts({}, 20), async ({ policy, requests }) => {
        const told = await askDuckdb(
          logOf(policy, requests),
          queryOf(policy, "duckdb", { columns: ownDate }).sql,
        );
        const expected = requests.map((facts) =>
          branchOf(
            policy,
            facts.map((value, operand) => asLogged(policy.operands[operand]!.type, value)),
          ),
        );
        expect(branches(told)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test("tells sums, clocks, texts and targets from the facts themselves", async () => {
    await fc.assert(
      fc.asyncProperty(
        randomRules(),
        fc.array(randomRecord, { minLength: 1, maxLength: 20 }),
        async (rules, records) => {
          const { policy } = checkText(policyTextOf(rules));
          if (policy === null) return;
          const log = [ids(records.length), ...columnsOf(records, factTypes)];
          const told = await askDuckdb(log, queryOf(policy, "duckdb").sql);
          const read = valueReader(policy, vocabulary);
          const expected = records.map((record) => branchOf(policy, read(record)));
          expect(branches(told)).toEqual(expected);
          expect(told.map((row) => row["rule"])).toEqual(
            expected.map((branch) => policy.rules[policy.branches[branch! - 1]!.rule]!.id),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  test("sends a request where its plan sends it, refuses what it refuses, and says where no row tells", async () => {
    let isTold = 0;
    let isUntold = 0;
    const words = {
      facts: vocabulary.facts,
      targets: new Map(variedTargets.map((each) => [each.name, each])),
    };
    await fc.assert(
      fc.asyncProperty(
        randomGuarded,
        fc.array(guardedRequest, { minLength: 1, maxLength: 12 }),
        async (drawn, requests) => {
          const policy = {
            ...drawn,
            guards: drawn.guards.map((each) => ({ ...each, text: each.id })),
          };
          const facts = requests.map(valuesOf);
          const told = await askDuckdb(
            logOf(policy, facts),
            queryOf(policy, "duckdb", { words }).sql,
          );
          for (const [index, row] of told.entries()) {
            const values = facts[index]!;
            const readOperand = (operand: number) => values[operand];
            const { action } = policy.branches[interpret(policy, readOperand)]!;
            if (action.kind === "reject") {
              expect(row).toMatchObject({
                target: null,
                status: action.status,
                also: "",
                guards: "",
              });
              continue;
            }
            const beside = besideRules(policy, readOperand);
            expect(row["also"]).toBe(beside.alsos.map(({ id }) => id).join(" "));
            expect(row["guards"]).toBe(beside.guards.map(({ id }) => id).join(" "));
            const plan = makePlan(
              action,
              inputs({
                targets: words.targets,
                requested: requests[index]!.requested,
                promptTokens: requests[index]!.tokens,
                maxTokens: requests[index]!.maxTokens ?? null,
                atMs: requests[index]!.atMs,
                readOperand,
                alsos: beside.alsos.map(({ options }) => options),
                guards: beside.guards.map(({ when: _, ...guard }) => guard),
              }),
            );
            if (row["target"] === null && row["status"] === null) {
              isUntold += 1;
              continue;
            }
            isTold += 1;
            const target = plan.refusal === null ? firstTargetOf(plan) : null;
            const status = plan.refusal?.status ?? (target === null ? 503 : null);
            expect(row).toMatchObject({ target, status });
            const why = plan.refusal?.message.replace(/^a guard of the policy forbids it: /, "");
            if (status === 403 && row["reason"] !== "guard") expect(row["reason"]).toBe(why);
          }
        },
      ),
      { numRuns: 250 },
    );
    // Most of what is drawn leaves the choice open: what is told must not be told by accident.
    expect(isTold).toBeGreaterThan(100);
    expect(isUntold).toBeGreaterThan(100);
  });

  test("finds in a text what Signalbox finds in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText, { minLength: 1, maxLength: 20 }),
        fc.array(anyPattern, { minLength: 1, maxLength: 8 }),
        fc.array(
          anyText.filter((text) => containsPattern(text) !== null && text !== ""),
          { minLength: 1, maxLength: 8 },
        ),
        async (texts, patterns, words) => {
          const value = '"prompt"';
          const tests = [
            ...patterns.map((pattern) => ({
              sql: duckdb.matches(value, pattern),
              test: compileTextTest("matches", pattern),
            })),
            ...words.map((word) => {
              const wanted = containsPattern(word)!;
              const sql =
                wanted.kind === "text"
                  ? { ok: true as const, sql: duckdb.holds(value, wanted.value) }
                  : duckdb.matches(value, wanted.value);
              return { sql, test: compileTextTest("contains", word) };
            }),
          ];
          const selected = tests.map(
            ({ sql }, index) => `${sql.ok ? sql.sql : "NULL"} AS t${index}`,
          );
          const log = [ids(texts.length), { name: "prompt", kind: "text" as const, cells: texts }];
          const told = await askDuckdb(log, `SELECT id, ${selected.join(", ")} FROM requests`);
          for (const [row, text] of texts.entries()) {
            for (const [index, { test: compiled }] of tests.entries()) {
              if (!compiled.ok) throw new Error(compiled.message);
              const what = `${JSON.stringify([...patterns, ...words][index])} in ${JSON.stringify(text)}`;
              expect(`${told[row]![`t${index}`]} ${what}`).toBe(`${compiled.test(text)} ${what}`);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("looks for anchors where they stand, and for the letters of an open quotation", async () => {
    const texts = ["", "a", "b", "ab", "a\n", "\na", "x)"];
    const patterns = [
      "^^",
      "$$",
      "$a",
      "a^",
      "^$a",
      "a^$",
      "\\z\\z",
      "(?:^$)",
      "a\\Q",
      "\\Qx)",
      "a|\\Qb",
      "^a$",
      "a",
    ];
    const tests = patterns.map((pattern) => compileTextTest("matches", pattern));
    const selected = patterns.map((pattern, at) => {
      const sql = duckdb.matches('"prompt"', pattern);
      return `${sql.ok ? sql.sql : "NULL"} AS t${at}`;
    });
    const log = [ids(texts.length), { name: "prompt", kind: "text" as const, cells: texts }];
    const told = await askDuckdb(log, `SELECT id, ${selected.join(", ")} FROM requests`);
    for (const [row, text] of texts.entries()) {
      const found = patterns.map((pattern, at) => [pattern, text, told[row]![`t${at}`]]);
      const ours = patterns.map((pattern, at) => {
        const one = tests[at]!;
        return [pattern, text, one.ok && one.test(text)];
      });
      expect(found).toEqual(ours);
    }
  });

  test("knows what wall clocks show, on days of change as well", async () => {
    const parts = zones.map((zone) => `${duckdb.wallClock("logged.time", zone)} AS "${zone}"`);
    const cells = moments.map((ms) => cellOf({ kind: "time" }, ms));
    const log = [ids(moments.length), { name: "time", kind: "time" as const, cells }];
    const told = await askDuckdb(log, `SELECT id, ${parts.join(", ")} FROM requests AS logged`);
    for (const zone of zones) {
      const clock = zoneClock(zone);
      expect(told.map((row) => row[zone])).toEqual(
        moments.map((ms) => clock.date(ms) * 86_400_000 + clock.timeOfDay(ms)),
      );
    }
  });

  test("takes for unknown what is no value of its fact", async () => {
    const policy = soundPolicy(
      `if tokens is unknown then claude else if intent is unknown then gpt else if risk is unknown then qwen
       otherwise reject 429`,
    );
    const log = [
      ids(4),
      { name: "tokens", kind: "decimal" as const, cells: ["1.5", "1", "1", "1"] },
      { name: "intent", kind: "text" as const, cells: ["chat", "hunting", "chat", "chat"] },
      { name: "risk", kind: "decimal" as const, cells: ["0", "0", "Infinity", "0.5"] },
    ];
    const told = await askDuckdb(log, queryOf(policy, "duckdb").sql);
    expect(branches(told)).toEqual([1, 2, 3, 4]);
    expect(readFactValue({ kind: "whole" }, 1.5)).toBeUndefined();
  });
});
