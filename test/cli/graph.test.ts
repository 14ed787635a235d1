import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openPolicy } from "../../src/cli/open-policy.ts";
import { settledFacts } from "../../src/cli/settled-facts.ts";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-graph-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = "policies/signalbox.yaml";

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const tiers = file(
  "tiers.policy",
  `rule "free and too long": if tier is free and tokens >= 16k then reject 413
   rule "free": if tier is free then local-gpu fallback gpt-mini
   rule "pro may choose": if tier is pro and model in [claude, gpt] then requested fallback claude
   otherwise claude fallback qwen`,
);
const desks = file(
  "desks.policy",
  `if desk is risk and time in 08:00..18:30 Europe/London and weekday in [mon, tue] then claude else gpt`,
);
const sums = file(
  "sums.policy",
  "if tokens + max_tokens < 28Ki and images = 0 then claude else if tokens < 100k then gpt else qwen",
);

test.each([
  ["mermaid", /^flowchart LR\n[\s\S]*local-gpu/],
  ["dot", /^digraph "hybrid@[0-9a-f]+" \{[\s\S]*tokens[\s\S]*\}\n$/],
  ["svg", /^<svg [\s\S]*local-gpu[\s\S]*<\/svg>\n$/],
  ["json", /"nodes"/],
])("prints %s, and nothing beside it", async (format, shape) => {
  const args = ["graph", "policies/hybrid.policy", "--format", format];
  const { code, stdout, stderr } = await signalbox(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(shape);
});

describe("--when", () => {
  test("draws what the facts leave, and says so where the picture's reader does not look", async () => {
    const { code, stdout, stderr } = await signalbox([
      "graph",
      tiers,
      "--config",
      config,
      "--format",
      "json",
      "--when",
      '{"tier":"free","tokns":1}',
    ]);
    expect(code).toBe(0);
    const { nodes } = JSON.parse(stdout) as {
      nodes: { kind: string; operand?: string; id: string }[];
    };
    expect(nodes.flatMap(({ operand }) => operand ?? [])).toEqual(["tokens"]);
    expect(nodes.filter(({ kind }) => kind !== "test").map(({ id }) => id)).toEqual(["b0", "b1"]);
    expect(stderr).toContain("Drawn for requests where tier is free.");
    expect(stderr).toContain("no fact is called `tokns`: it is left out; did you mean `tokens`?");
  });

  test.each([
    ["{tier: free}", "--when is not JSON"],
    ["[1]", '--when takes an object of facts, e.g. {"tokens":120}'],
    ["@none.json", "cannot read none.json: there is no such file"],
  ])("%s is wrong usage", async (facts, message) => {
    const args = ["graph", tiers, "--config", config, "--when", facts];
    const { code, stdout, stderr } = await signalbox(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("--rule", () => {
  test.each([["free-and-too-long"], ["free and too long"]])(
    "draws the way to one rule, by its id or its name: %s",
    async (rule) => {
      const { code, stdout } = await signalbox([
        "graph",
        tiers,
        "--config",
        config,
        "--rule",
        rule,
      ]);
      expect(code).toBe(0);
      expect(stdout).toContain("reject 413");
      expect(stdout).toContain("another rule");
      expect(stdout).not.toContain("local-gpu");
    },
  );

  test("a rule that is not there is wrong usage", async () => {
    const args = ["graph", tiers, "--config", config, "--rule", "free-and-to-long"];
    const { code, stderr } = await signalbox(args);
    expect(code).toBe(2);
    expect(stderr).toBe(
      "tiers has no rule `free-and-to-long`; did you mean `free-and-too-long`?\n",
    );
  });
});

describe("given facts settle", () => {
  const { policy, configuration } = openPolicy(desks, config);
  const settled = (given: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      [...settledFacts(policy, configuration, given)].map(([at, value]) => [
        policy.operands[at]?.key,
        value ?? null,
      ]),
    );

  test.each([
    ["a fact by its value", { desk: "risk" }, { desk: "risk" }],
    ["a fact that is said to be unknown", { desk: null }, { desk: null }],
    ["nothing of a fact that is not given", {}, {}],
    ["nothing of a value that the fact does not have", { desk: "garden" }, {}],
    [
      "by a time the clock of every zone and the day",
      { time: "2026-11-23T10:00:00Z" },
      { "time@Europe/London": 36_000_000, weekday: "mon" },
    ],
    ["by a time of day no day", { time: "10:00" }, { "time@Europe/London": 36_000_000 }],
    ["a day alone", { weekday: "sat" }, { weekday: "sat" }],
  ])("%s", (_, given, expected) => {
    expect(settled(given)).toEqual(expected);
  });

  test("nothing by bounds, and a sum only by all its parts", () => {
    const long = openPolicy(sums, config);
    const keys = (given: Readonly<Record<string, unknown>>): string[] =>
      [...settledFacts(long.policy, long.configuration, given).keys()].map(
        (at) => long.policy.operands[at]?.key ?? "",
      );
    expect(keys({ tokens: [5, 9], images: 0 })).toEqual(["images"]);
    expect(keys({ tokens: 5 })).toEqual(["tokens"]);
    expect(keys({ tokens: 5, max_tokens: 7 }).toSorted()).toEqual([
      "tokens",
      "tokens + max_tokens",
    ]);
  });
});
