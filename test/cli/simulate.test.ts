import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

const azure = "../shared/data/traces/azure-llm-2023/AzureLLMInferenceTrace_code.csv";

describe("simulate", () => {
  test.skipIf(!existsSync(azure))(
    "replays the Azure trace: 8,819 requests, none skipped, and no text to tell intent from (skips without ../shared)",
    async () => {
      const { code, stdout } = await signalbox([
        "simulate",
        azure,
        "--format",
        "azure",
        "--policy",
        "policies/hybrid.policy",
        "--json",
      ]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        requests: 8_819,
        skipped: 0,
        missing: [
          { fact: "intent", requests: expect.any(Number), why: expect.stringContaining("no text") },
        ],
        latency: null,
      });
    },
  );

  test("a line that cannot be read is counted, named with its reason, and the rest goes on", async () => {
    const log = file(
      "log.jsonl",
      '{"model":"m","messages":[{"role":"user","content":"Classify: spam or not?"}]}\n{oops\n{"model":"m","messages":[{"role":"user","content":"Write a poem."}]}\n',
    );
    const { code, stdout, stderr } = await signalbox([
      "simulate",
      log,
      "--policy",
      "policies/hybrid.policy",
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/log\.jsonl:2: skipped: /);
    expect(stdout).toContain("2 requests");
    const json = await signalbox(["simulate", log, "--policy", "policies/hybrid.policy", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      requests: 2,
      skipped: 1,
      targets: [{ requests: 1 }, { requests: 1 }],
    });
  });

  test("the README's comparison shows rules, targets, cost and what would move", async () => {
    const { stdout } = await signalbox([
      "simulate",
      "policies/traffic.sample.jsonl",
      "--policy",
      "policies/hybrid.policy",
      "--against",
      "policies/cost-first.policy",
      "--json",
    ]);
    const report = JSON.parse(stdout) as {
      requests: number;
      skipped: number;
      missing: unknown[];
      targets: unknown[];
      diff: { changed: number; unchanged: number; costDelta: number; transitions: unknown[] };
    };
    expect(report.skipped).toBe(0);
    expect(report.missing).toEqual([]);
    expect(report.targets.length).toBeGreaterThanOrEqual(2);
    expect(report.diff.changed + report.diff.unchanged).toBe(report.requests);
    expect(report.diff.transitions.length).toBeGreaterThanOrEqual(2);
    expect(report.diff.costDelta).not.toBe(0);
  });

  test("CSV columns are mapped by hand; an unknown fact is wrong usage", async () => {
    const log = file(
      "log.csv",
      "when,Ctx,kind\n2026-11-23T10:00:00Z,120,classify\n2026-11-23T10:00:01Z,900,chat\n",
    );
    const map = ["--map", "time=when,tokens=Ctx,intent=kind"];
    const good = await signalbox([
      "simulate",
      log,
      "--policy",
      "policies/hybrid.policy",
      ...map,
      "--json",
    ]);
    expect(JSON.parse(good.stdout)).toMatchObject({ requests: 2, missing: [] });
    const bad = await signalbox([
      "simulate",
      log,
      "--policy",
      "policies/hybrid.policy",
      "--map",
      "tokns=Ctx",
    ]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain("did you mean `tokens`?");
  });
});

describe("simulate --fail-if", () => {
  const replayed = [
    "simulate",
    "policies/traffic.sample.jsonl",
    "--policy",
    "policies/hybrid.policy",
  ];
  const compared = [...replayed, "--against", "policies/cost-first.policy"];

  test("exits with 0 where every condition holds, and the JSON says what each came to", async () => {
    const { code, stdout, stderr } = await signalbox([
      ...[...compared, "--fail-if", "cost.delta > 500%", "--fail-if", "changed > 100%", "--json"],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      gate: {
        ok: true,
        conditions: [
          { text: "cost.delta > 500%", value: expect.any(Number), ok: true },
          { text: "changed > 100%", value: expect.any(Number), ok: true },
        ],
      },
    });
  });

  test("exits with 1 and one line for each condition that is broken, the report printed", async () => {
    const { code, stdout, stderr } = await signalbox([
      ...[...compared, "--fail-if", "changed >= 0", "--fail-if", "rejected > 100%"],
      ...["--fail-if", "cost.total > $0"],
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain("requests");
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/^failed: changed is \d+, and must not be >= 0$/),
      expect.stringMatching(/^failed: cost\.total is \$[\d.]+, and must not be > \$0$/),
    ]);
  });

  test("an unknown figure fails the gate: nothing passes because nobody could tell", async () => {
    const log = file(
      "untimed.jsonl",
      '{"model":"m","messages":[{"role":"user","content":"Write a poem."}]}\n',
    );
    const { code, stderr } = await signalbox([
      ...["simulate", log, "--policy", "policies/hybrid.policy", "--fail-if", "latency.p95 > 2s"],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^failed: latency\.p95 is not known: the log tells no time/);
  });

  test.each([
    ["cost.detla > 5%", /did you mean `cost\.delta`\?/],
    ["failed > 1%", /`failed`: only a replay tells it: add --replay/],
    ["cost.delta > 5%", /`cost\.delta`: it is a difference between two policies: add --against/],
  ])("`%s` is a mistake in the call where it can never be told", async (condition, message) => {
    const { code, stderr } = await signalbox([...replayed, "--fail-if", condition]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("--describe has nothing to hold a condition to", async () => {
    const { code, stderr } = await signalbox([
      ...["simulate", "policies/traffic.sample.jsonl", "--describe", "--fail-if", "changed > 0"],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("--fail-if is about what a policy does");
  });

  test("the help names every figure", async () => {
    const { stdout } = await signalbox(["simulate", "--help"]);
    expect(stdout).toMatch(/^ {2}cost\.delta +what it costs more than the first policy/m);
    expect(stdout).toMatch(/^ {2}target\.NAME\.failed +attempts there that failed \(--replay\)/m);
  });
});
