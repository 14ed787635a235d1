import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
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

describe("compile", () => {
  test("what a query leaves open is said beside it; --json holds it all in one document", async () => {
    const open = file(
      "open.policy",
      "if tier is free then split by user: 90% claude, 10% qwen\notherwise claude with limit 20 per minute by user\n",
    );
    const plain = await signalbox(["compile", open, ...config]);
    expect(plain.code).toBe(0);
    expect(plain.stderr).toBe(
      "rule-1: no target is told where it rests on `split by user: 90% claude, 10% qwen`\nopen/otherwise/limit-1 is not counted: a query sees one row at a time\n",
    );
    const { stdout, stderr } = await signalbox(["compile", open, "--json", ...config]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      policy: "open",
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      dialect: "duckdb",
      sql: plain.stdout,
      columns: [
        { fact: "id", column: "id", holds: "what names the row" },
        { fact: "tier", column: "tier", holds: "text" },
      ],
      branches: [{ rule: "rule-1" }, { rule: "otherwise" }],
      notes: expect.arrayContaining([expect.stringContaining("`split by user")]),
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

  test("what no query can say is a finding at its place", async () => {
    const policy = file(
      "refused.policy",
      "if tokens < 200 then qwen\nif prompt contains σ then gpt\notherwise gpt\n".replace(
        "σ",
        '"σ"',
      ),
    );
    const { code, stdout, stderr } = await signalbox(["compile", policy, ...config]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("P0601");
    expect(stderr).toContain("refused.policy:2:4");
  });

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
