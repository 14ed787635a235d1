import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { dialectNames } from "../../src/language/sql/dialect.ts";
import { signalbox } from "../support/command.ts";
import { askDuckdb } from "../support/log-table.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-compile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = ["--config", "policies/signalbox.yaml"];

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Every kind of clause that a query says, or leaves open. */
const whole = file(
  "whole.policy",
  `let short = tokens < 200
never target.region is not eu when pii
ensure every plan has fallback when tier is free
rule "personal data": if pii is not false then mistral-eu fallback local-gpu
rule "labels": if short and intent is classify then local-gpu fallback qwen
rule "words": if header.x-purpose contains "Report" or prompt matches /(?i)^daily\\b/ then gpt
rule "nights": if team in [search, ads, law, ops] and time in 22:00..06:00 Europe/Berlin then gpt fallback qwen
rule "trial": if weekday in [sat, sun] and local-gpu.queue < 4
  then split by user: 90% claude, 10% claude-opus fallback qwen with timeout 10s
rule "sums": if tokens + max_tokens in [1k..8k, 16k..64k] and spend.user.today < $5 then cheapest of [claude, gpt] fallback qwen
also if short with max_tokens 1k, limit 20 per minute by user
also if tier is free with tokens at most 24k
otherwise requested fallback claude
`,
);

describe("compile", () => {
  test.each(dialectNames)("writes a query for %s", async (dialect) => {
    const args = [
      "compile",
      whole,
      "--target",
      "sql",
      "--dialect",
      dialect,
      "--table",
      "lake.requests",
    ];
    const { code, stdout } = await signalbox([
      ...args,
      "--map",
      "id=request_id",
      "--map",
      "tokens=prompt tokens",
      ...config,
    ]);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot(`../golden/sql/${dialect}.golden`);
  });

  test("what a query leaves open is said beside it; --json holds it all in one document", async () => {
    const plain = await signalbox(["compile", whole, ...config]);
    expect(plain.code).toBe(0);
    expect(plain.stderr).toContain(
      "trial: no target is told where it rests on `split by user: 90% claude, 10% claude-opus`",
    );
    expect(plain.stderr).toContain("whole/also-1/limit-1 is not counted");
    const { stdout, stderr } = await signalbox([
      "compile",
      whole,
      "--json",
      "--map",
      "user=who",
      ...config,
    ]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      policy: "whole",
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      dialect: "duckdb",
      sql: plain.stdout,
      columns: expect.arrayContaining([
        { fact: "id", column: "id", holds: "what names the row" },
        { fact: "local-gpu.queue", column: "local-gpu.queue", holds: "whole number" },
        {
          fact: "spend.user.today",
          column: "spend.user.today",
          holds: "dollars: a number, or a text like $0.02",
        },
      ]),
      branches: expect.arrayContaining([{ rule: "labels", plan: "local-gpu fallback qwen" }]),
      alsos: [{ id: "also-1", adds: expect.stringContaining("max_tokens 1000") }, { id: "also-2" }],
      guards: expect.any(Array),
      notes: expect.arrayContaining([expect.stringContaining("`requested`")]),
    });
  });

  test("the query of a shipped policy answers as it stands", async () => {
    const { stdout } = await signalbox(["compile", "policies/hybrid.policy", "--map", "tokens=n"]);
    const told = await askDuckdb(
      [
        { name: "id", kind: "id", cells: ["1", "2", "3"] },
        { name: "n", kind: "whole", cells: ["40", "40", null] },
        { name: "intent", kind: "text", cells: ["classify", null, "classify"] },
      ],
      stdout,
    );
    expect(told).toMatchObject([
      {
        id: "1",
        rule: "rule-1",
        branch: 1,
        target: "local-gpu",
        reason: null,
        status: null,
        plan: "local-gpu",
      },
      { id: "2", rule: "rule-1", branch: 2, target: "claude", plan: "claude fallback qwen" },
      { id: "3", rule: "rule-1", branch: 2, target: "claude" },
    ]);
  });

  test.each([
    ['if prompt contains "Σίσυφος" then claude else gpt', "duckdb", 'prompt contains "Σίσυφος"'],
    ["if prompt matches /a\\Bb/ then claude else gpt", "clickhouse", "`\\B`"],
    ["if short and not (prompt matches /\\pL/) then claude else gpt", "spark", "`\\p`"],
  ])(
    "%s is refused for %s, at its place, and a column of its answers will do",
    async (rule, dialect, named) => {
      const policy = file(
        "refused.policy",
        `let short = tokens < 200\nif short then qwen\n${rule}\n`,
      );
      const args = ["compile", policy, "--dialect", dialect, ...config];
      const refused = await signalbox(args);
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toContain("P0601");
      expect(refused.stderr).toContain("refused.policy:3:");
      expect(refused.stderr).toContain(named);
      const [, key = ""] = /--map '(.+)=COLUMN'/.exec(refused.stderr) ?? [];
      const { code, stdout } = await signalbox([...args, "--map", `${key}=says so`]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/["`]says so["`]/);
      const json = await signalbox([...args, "--json"]);
      expect(JSON.parse(json.stdout)).toMatchObject({
        ok: false,
        diagnostics: [{ code: "P0601" }],
      });
    },
  );

  test("a policy with a refused guard becomes no query", async () => {
    const leak = file("leak.policy", "never claude when pii\notherwise claude\n");
    const { code, stdout, stderr } = await signalbox(["compile", leak, ...config]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("P0501");
  });

  test.each([
    [["--map", "tokns=n"], /`tokns` is neither a fact nor `id`; did you mean `tokens`\?/],
    [["--map", "tokens"], /`tokens` is not of the form fact=column/],
    [["--map", "tokens=a,tokens=b"], /`tokens` is mapped twice/],
    [["--map", "tokens=a\nb"], /the column `a\nb` of `tokens` .* it holds a control character/],
    [["--map", "tokens=INTENT"], /`INTENT` and `intent` are one column to duckdb/],
    [["--dialect", "spark", "--map", "tokens=$" + "{x}"], /Spark replaces/],
    [["--table", "a..b"], /`a\.\.b` is no name of a table/],
    [["--dialect", "oracle"], /argument 'oracle' is invalid/],
  ])("%j is refused with one clear line", async (args, message) => {
    const { code, stdout, stderr } = await signalbox([
      "compile",
      "policies/hybrid.policy",
      ...args,
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
