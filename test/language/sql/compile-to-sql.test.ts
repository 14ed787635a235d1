import { describe, expect, test } from "vitest";
import { openWorkspace } from "../../../src/cli/workspace.ts";
import { checkSource } from "../../../src/language/service/check-source.ts";
import { isProved, judgePolicy } from "../../../src/language/service/review-source.ts";
import { compileToSql } from "../../../src/language/sql/compile-to-sql.ts";
import { type DialectName, dialectNames } from "../../../src/language/sql/dialect.ts";
import { queryOf } from "../../support/sql-cases.ts";

const { configuration } = openWorkspace(undefined, "policies/hybrid.policy");

function policyOf(text: string) {
  const { policy, diagnostics } = checkSource(
    { file: "whole.policy", text },
    configuration,
    () => null,
  );
  if (policy === null) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return policy;
}

/** Every kind of clause that a query says, or leaves open. */
const whole = policyOf(`let short = tokens < 200
never claude when team is law
never target.region is not eu when pii
ensure every plan has fallback when tier is free
rule "personal data": if pii is not false then mistral-eu fallback local-gpu
rule "labels": if short and intent is classify then local-gpu fallback qwen
rule "words": if header.x-purpose contains "Report" or prompt matches /(?i)^daily\\b/ then gpt fallback qwen
rule "nights": if team in [search, ads, risk, ops] and time in 22:00..06:00 Europe/Berlin then gpt fallback qwen
rule "trial": if weekday in [sat, sun] and local-gpu.queue < 4
  then split by user: 90% gpt, 10% gpt-mini fallback qwen with timeout 10s
rule "sums": if tokens + max_tokens in [1k..8k, 16k..64k] and spend.user.today < $5 then cheapest of [claude, gpt] fallback qwen
rule "too long": if tokens > 200k then reject 413 "it's too long"
also if short with max_tokens 1k, limit 20 per minute by user
also if tier is free with tokens at most 24k
otherwise requested fallback qwen
`);
const proved = new Set(
  judgePolicy(whole, configuration)
    .guards.filter(isProved)
    .map(({ guard }) => guard.id),
);

test.each(dialectNames)("writes the whole of it for %s", async (dialect) => {
  const columns = new Map([
    ["id", "request_id"],
    ["tokens", "prompt tokens"],
  ]);
  const query = queryOf(whole, dialect, {
    words: configuration,
    table: ["lake", "requests"],
    columns,
    proved,
  });
  await expect(query.sql).toMatchFileSnapshot(`../../golden/sql/${dialect}.golden`);
});

test("guards that are proved add nothing, and those that runs enforce are told", () => {
  expect(proved).toEqual(new Set(["guard-2", "guard-3"]));
  const { guards } = queryOf(whole, "duckdb", { words: configuration, proved });
  expect(guards).toEqual([{ id: "guard-1", text: "never claude when team is law" }]);
});

test("a column is told with what it must hold", () => {
  const { columns } = queryOf(whole, "duckdb", { words: configuration, proved });
  expect(Object.fromEntries(columns.map(({ fact, holds }) => [fact, holds]))).toMatchObject({
    id: "what names the row",
    tokens: "whole number",
    pii: "boolean",
    time: "timestamp",
    "local-gpu.queue": "whole number",
    "spend.user.today": "dollars: a number, or a text like $0.02",
  });
});

describe("what no query of an engine can say", () => {
  test.each<[string, DialectName, string, RegExp]>([
    [
      'if prompt contains "Σίσυφος" then claude else gpt',
      "duckdb",
      'prompt contains "Σίσυφος"',
      /sigma/,
    ],
    [
      "if short and not (prompt matches /a\\Bb/) then claude else gpt",
      "clickhouse",
      "prompt matches /a\\Bb/",
      /`\\B`/,
    ],
    ["if prompt matches /\\pL/ then claude else gpt", "spark", "prompt matches /\\pL/", /`\\p`/],
  ])(
    "%s is refused for %s at its test, and a column of its answers will do",
    (rule, dialect, key, why) => {
      const text = `let short = tokens < 200\n${rule}\n`;
      const policy = policyOf(text);
      const options = {
        dialect,
        table: ["requests"],
        columns: new Map(),
        proved: new Set<string>(),
      };
      const refused = compileToSql(policy, configuration, options);
      if (refused.ok) throw new Error("it is said");
      const [
        { code, message, span, help } = { code: "", message: "", span: { start: 0, end: 0 } },
        ...others
      ] = refused.diagnostics;
      expect({ code, others }).toEqual({ code: "P0601", others: [] });
      expect(message).toMatch(why);
      expect(text.slice(span.start, span.end)).toBe(key);
      const [, named = ""] = /--map '(.+)=COLUMN'/.exec(help ?? "") ?? [];
      const told = compileToSql(policy, configuration, {
        ...options,
        columns: new Map([[named, "says so"]]),
      });
      expect(told).toMatchObject({ ok: true, query: { sql: expect.stringContaining("says so") } });
    },
  );
});
