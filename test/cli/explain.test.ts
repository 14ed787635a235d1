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

  test.each([["{"], ["[1]"], ["@/nowhere.json"]])(
    "--request %s is wrong usage",
    async (request) => {
      expect(
        (await signalbox(["explain", "policies/hybrid.policy", "--request", request])).code,
      ).toBe(2);
    },
  );
});
