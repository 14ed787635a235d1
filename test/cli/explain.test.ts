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

describe("explain", () => {
  test("gives the decision, each rule's verdict and the cost, as the contract says", async () => {
    const { code, stdout } = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--request",
      '{"tokens":120,"intent":"classify"}',
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      policy: { name: "hybrid", hash: expect.stringMatching(/^[0-9a-f]{16}$/) },
      decision: {
        kind: "plan",
        rule: { id: "rule-1", name: null, line: 2 },
        targets: ["local-gpu"],
        steps: [{ target: "local-gpu", on: [] }],
      },
      trace: [
        { rule: "rule-1", result: "true" },
        { rule: "rule-1", result: "not reached" },
      ],
      facts: { tokens: 120, intent: "classify" },
      estimate: { target: "local-gpu", cost: expect.any(Number) },
    });
  });

  test("reads the facts from a request body, and never repeats the prompt", async () => {
    const body = file(
      "chat.json",
      JSON.stringify({
        model: "x",
        messages: [{ role: "user", content: "Classify this secret review: positive or negative?" }],
      }),
    );
    const { stdout } = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--body",
      body,
      "--json",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      decision: { targets: ["local-gpu"] },
      facts: { intent: "classify", tokens: expect.any(Number) },
    });
    expect(stdout).not.toContain("secret");
  });

  test("token bounds that a constant parts leave it unknown; others decide", async () => {
    const inside = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--request",
      '{"tokens":[150,250],"intent":"classify"}',
      "--json",
    ]);
    const below = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--request",
      '{"tokens":[150,199],"intent":"classify"}',
      "--json",
    ]);
    expect(JSON.parse(inside.stdout)).toMatchObject({
      decision: { targets: ["claude", "qwen"] },
      trace: [{ result: "unknown" }, {}],
    });
    expect(JSON.parse(below.stdout)).toMatchObject({ decision: { targets: ["local-gpu"] } });
  });

  const asked = (args: readonly string[]) =>
    signalbox(["explain", "policies/hybrid.policy", "--json", ...args]);

  test("reads of a body only what the walk asks for, and says what it did without", async () => {
    const content = "word ".repeat(400);
    const body = file(
      "long.json",
      JSON.stringify({ model: "x", messages: [{ role: "user", content }] }),
    );
    const { stdout } = await asked(["--body", body]);
    const { dear, facts, nearMisses } = JSON.parse(stdout);
    expect(dear).toMatchObject([
      { fact: "tokens", result: "avoided" },
      { fact: "intent", result: "avoided", why: "not needed: tokens decided" },
    ]);
    expect(facts).not.toHaveProperty("intent");
    expect(nearMisses).toMatchObject([{ fact: "tokens", needed: "199", asks: ["intent"] }]);
  });

  test("facts given beside a body stand in its place, and are not asked for", async () => {
    const messages = [{ role: "user", content: "Classify this: good or bad?" }];
    const body = file("short.json", JSON.stringify({ model: "x", messages }));
    const { stdout } = await asked(["--body", body, "--request", '{"intent":"chat","tokens":150}']);
    expect(JSON.parse(stdout)).toMatchObject({
      decision: { targets: ["claude", "qwen"] },
      dear: [{ fact: "intent", result: "given" }],
      facts: { tokens: 150, intent: "chat" },
    });
  });

  const record = {
    v: 1,
    time: "2026-11-23T10:00:00.000Z",
    id: "req-1",
    policy: "hybrid",
    hash: "0123456789abcdef",
    facts: { tokens: [120, 140], intent: "classify", max_tokens: 50 },
    trust: {},
    asked: { intent: "rules" },
    rule: "rule-1",
    plan: ["local-gpu"],
    attempts: [],
    cache: "none",
    seed: 7,
    stream: false,
    outcome: "ok",
    status: 200,
    durationMs: 1,
  };

  test("a record is explained from itself, with a warning where another policy decided it", async () => {
    const { code, stdout, stderr } = await asked(["--record", JSON.stringify(record)]);
    expect(code).toBe(0);
    expect(stderr).toContain("warning: the request was decided by hybrid@0123456789abcdef");
    const explanation = JSON.parse(stdout);
    expect(explanation).toMatchObject({
      decision: { targets: ["local-gpu"] },
      dear: [
        { fact: "tokens", result: "avoided", why: "the bounds 120 to 140 were enough" },
        { fact: "intent", result: "read" },
      ],
      estimate: { promptTokens: 140, completionTokens: 50 },
      request: { id: "req-1", seed: 7, time: record.time },
    });
    const own = { ...record, hash: explanation.policy.hash };
    const same = await asked(["--record", JSON.stringify(own)]);
    expect(same.stderr).not.toContain("warning: the");
    expect(JSON.parse(same.stdout)).toEqual(explanation);
    const odd = await asked(["--record", JSON.stringify({ ...own, rule: "else", plan: ["qwen"] })]);
    expect(odd.stderr).toContain("warning: the record says else to qwen");
  });

  test("a fact that the decision needs and the record lacks is said to count as unknown", async () => {
    const { intent: _, ...facts } = record.facts;
    const { stdout, stderr } = await asked(["--record", JSON.stringify({ ...record, facts })]);
    expect(stderr).toContain("the record does not hold intent: that counts as unknown");
    expect(JSON.parse(stdout)).toMatchObject({ decision: { targets: ["claude", "qwen"] } });
  });

  test("a log is searched for the request, whatever else stands in it", async () => {
    const other = { ...record, id: "req-2", facts: { tokens: 900 } };
    const lines = [
      "no json",
      "{}",
      JSON.stringify(other),
      JSON.stringify(record),
      "",
      '{"id":"req-1"}',
    ];
    const log = file("decisions.jsonl", `${lines.join("\n")}\n`);
    const found = await asked(["--record", log, "--id", "req-1"]);
    expect(JSON.parse(found.stdout)).toMatchObject({ request: { id: "req-1" } });
    const several = await asked(["--record", log]);
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining("holds 2 records") });
    const none = await asked(["--record", log, "--id", "req-3"]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("no request req-3") });
  });

  test.each([
    ["--id alone", ["--id", "x"]],
    ["a record and facts", ["--record", JSON.stringify(record), "--request", "{}"]],
    ["a record that is none", ["--record", '{"v":1}']],
    ["a record of another version", ["--record", JSON.stringify({ ...record, v: 2 })]],
    ["a log that is not there", ["--record", "/nowhere.jsonl"]],
  ])("%s is wrong usage", async (_, args) => {
    expect(await asked(args)).toMatchObject({ code: 2, stdout: "" });
  });

  test("a policy with errors is one JSON document too", async () => {
    const broken = file("broken.policy", "otherwise claud\n");
    const args = ["explain", broken, "--config", "policies/signalbox.yaml", "--json"];
    const { code, stdout, stderr } = await signalbox(args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const { ok, diagnostics } = JSON.parse(stdout) as { ok: boolean; diagnostics: object[] };
    expect(ok).toBe(false);
    expect(diagnostics).toMatchObject([
      { code: "P0202", range: { start: { line: 1, column: 11 } } },
    ]);
  });

  test("each arm of a rule has a name of its own", async () => {
    const args = ["explain", "policies/hybrid.policy", "--request", '{"tokens":900}'];
    const { stdout } = await signalbox(args);
    expect(stdout).toMatch(/· rule-1 +line 2/);
    expect(stdout).toMatch(/✓ rule-1, arm 2 +line 2/);
  });

  test("the text tells the decision first, plainly under NO_COLOR and in colour where it is forced", async () => {
    const args = [
      "explain",
      "policies/hybrid.policy",
      "--request",
      '{"tokens":120,"intent":"classify"}',
    ];
    const { stdout } = await signalbox(args);
    expect(stdout.split("\n").slice(1, 3)).toEqual(["rule-1 (line 2) decides:", "  local-gpu"]);
    const colored = await signalbox(args, { env: { NO_COLOR: "", FORCE_COLOR: "1" } });
    expect(colored.stdout).toContain("\u001b[32m  local-gpu");
  });

  test.each([["{"], ["[1]"], ["@/nowhere.json"]])(
    "--request %s is wrong usage",
    async (request) => {
      expect(
        (await signalbox(["explain", "policies/hybrid.policy", "--request", request])).code,
      ).toBe(2);
    },
  );
});

test("options that count by a fact name it", async () => {
  const counted = file(
    "counted.policy",
    "if stream then claude with limit 20 per minute by user, sticky by team for 5m\notherwise gpt",
  );
  const request = ["--request", '{"stream":true,"user":"u-1"}'];
  const { stdout } = await signalbox(["explain", counted, ...request, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    decision: { options: { limits: [{ most: 20, by: "user" }], sticky: { by: "team" } } },
  });
});
