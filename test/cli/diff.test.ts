import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const before = file(
  "before.policy",
  'rule "short": if tokens < 200 then local-gpu fallback qwen\notherwise claude\n',
);
const after = file(
  "after.policy",
  'rule "short": if tokens < 300 then local-gpu fallback qwen\notherwise claude\n',
);
const rewritten = file(
  "rewritten.policy",
  'rule "long": if tokens >= 200 then claude else local-gpu fallback qwen\n',
);

describe("diff", () => {
  test("prints each region with what both versions do, and a request that shows it", async () => {
    const { code, stdout } = await signalbox(["diff", before, after]);
    expect(code).toBe(1);
    expect(stdout).toBe(`1 difference

tokens 200..300
  before  claude   (otherwise)
  after   local-gpu fallback qwen   (short)
  as in --request '{"tokens":200}'
`);
  });

  test("as JSON, as the contract says; its witness goes straight back into explain", async () => {
    const { code, stdout } = await signalbox(["diff", before, after, "--json"]);
    expect(code).toBe(1);
    const diff = JSON.parse(stdout) as { regions: { witness: unknown }[] };
    expect(diff).toEqual({
      equivalent: false,
      regions: [
        {
          before: { rule: "otherwise", outcome: "claude" },
          after: { rule: "short", outcome: "local-gpu fallback qwen" },
          where: "tokens 200..300",
          witness: { tokens: 200 },
        },
      ],
    });
    const request = JSON.stringify(diff.regions[0]!.witness);
    for (const [policy, target] of [
      [before, "claude"],
      [after, "local-gpu"],
    ] as const) {
      const explained = await signalbox(["explain", policy, "--request", request, "--json"]);
      expect(JSON.parse(explained.stdout)).toMatchObject({
        decision: { steps: [{ target }, ...(target === "claude" ? [] : [{}])] },
      });
    }
  });

  test("says equivalent, and exits 0, where rules read otherwise and decide alike", async () => {
    const { code, stdout } = await signalbox(["diff", before, rewritten]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "equivalent: every request has the same outcome\n",
    });
    const json = await signalbox(["diff", before, rewritten, "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({ equivalent: true, regions: [] });
  });

  test("weighs regions by the requests of a log", async () => {
    const log = file("log.csv", `tokens\n${[10, 150, 199, 200, 250, 299, 300, 4000].join("\n")}\n`);
    const json = await signalbox(["diff", before, after, "--log", log, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      equivalent: false,
      regions: [{ where: "tokens 200..300", requests: 3, share: 3 / 8 }],
      log: { requests: 8, skipped: 0, missing: [], changed: 3 },
    });
    const { stdout } = await signalbox(["diff", before, after, "--log", log]);
    expect(stdout).toContain("  3 of 8 logged requests (37.5 %)\n");
    expect(stdout).toContain("in the log: 3 of 8 logged requests (37.5 %) differ\n");
  });

  test("the example policies differ on the sample traffic as simulate counts it", async () => {
    const policies = ["policies/hybrid.policy", "policies/cost-first.policy"] as const;
    const log = "policies/traffic.sample.jsonl";
    const { stdout } = await signalbox(["diff", ...policies, "--log", log, "--json"]);
    const diff = JSON.parse(stdout) as {
      equivalent: boolean;
      regions: { requests: number; before: { rule: string | null } }[];
      log: { requests: number; skipped: number };
    };
    expect(diff).toMatchObject({ equivalent: false, log: { requests: 2_000, skipped: 0 } });
    // Every request lies in one region of outcomes at most; here all of them change.
    const decided = diff.regions.filter((region) => region.before.rule !== null);
    expect(decided.reduce((sum, { requests }) => sum + requests, 0)).toBeLessThanOrEqual(2_000);
    expect(decided.every(({ requests }) => requests >= 0)).toBe(true);
  });

  test.each([
    ["a file that is not there", ["gone.policy", before], "there is no such file"],
    ["a folder without a log", [before, after, "--log", "bin"], "bin holds no log"],
    ["one file alone", [before], "missing required argument"],
  ])("%s is wrong usage", async (_what, args, message) => {
    const { code, stderr } = await signalbox(["diff", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test("a policy with errors shows them, and nothing is compared", async () => {
    const broken = file("broken.policy", "otherwise nobody\n");
    const { code, stdout, stderr } = await signalbox(["diff", before, broken]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("P0202");
  });
});
