import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { explanationText } from "../../src/cli/explanation-text.ts";
import type { Configuration } from "../../src/configuration/configuration.ts";
import { readConfiguration } from "../../src/configuration/read.ts";
import { type DecisionSnapshot, explainSnapshot } from "../../src/explain/explain-snapshot.ts";
import type { FactRecord } from "../../src/extract/named-facts.ts";
import { programOf } from "../../src/gateway/reload/check-bundle.ts";
import { checkSource } from "../../src/language/service/check-source.ts";
import type { Explanation } from "../../src/runtime/plan/explain.ts";

const folder = new URL("../golden/explain/", import.meta.url);
const fileOf = (name: string) => ({
  file: name,
  text: readFileSync(new URL(name, folder), "utf8"),
});

function configurationOf(): Configuration {
  const none = { variable: () => undefined, file: () => undefined };
  const { configuration } = readConfiguration(fileOf("signalbox.yaml"), none);
  if (configuration === null) throw new Error("the configuration of the goldens is wrong");
  return configuration;
}

const configuration = configurationOf();

const byHand = (facts: FactRecord): DecisionSnapshot => ({
  time: "2026-11-23T10:00:00.000Z",
  id: "explain",
  seed: "0",
  facts,
  asked: null,
});

function explanationOf(
  source: { readonly file: string; readonly text: string },
  snapshot: DecisionSnapshot,
): Explanation {
  const { policy } = checkSource(source, configuration, () => null);
  if (policy === null) throw new Error(`${source.file} does not check`);
  const { explanation } = explainSnapshot(
    { policy, program: programOf(policy, []) },
    configuration,
    snapshot,
  );
  // The hash covers the catalog too, and so moves with prices that are no matter here.
  return { ...explanation, policy: { ...explanation.policy, hash: "0".repeat(16) } };
}

const manyRules = {
  file: "many.policy",
  text: `${Array.from(
    { length: 1_000 },
    (_, at) => `rule "team ${at}": if team is t${at} and tokens < ${1_000 + at * 10} then small`,
  ).join("\n")}\notherwise large\n`,
};

const choices = fileOf("choices.policy");
const golden: readonly (readonly [string, typeof choices, DecisionSnapshot])[] = [
  ["labels", choices, byHand({ tokens: 120, intent: "classify", tier: "pro", tools: 0 })],
  [
    "guarded",
    choices,
    byHand({ tokens: 420, intent: "chat", desk: "eu", tools: 0, model: "large" }),
  ],
  ["split", choices, byHand({ tokens: 420, tools: 2, user: "anna", model: "large", tier: "pro" })],
  ["rejected", choices, byHand({ tokens: 120_000, tools: 0, intent: "write" })],
  [
    "record",
    choices,
    {
      ...byHand({ tokens: [230, 260], tools: 0, tier: "free", desk: "us", max_tokens: 90 }),
      seed: 7,
      asked: {},
    },
  ],
  ["many", manyRules, byHand({ team: "t612", tokens: 7_000, max_tokens: 10 })],
  ["fall-through", manyRules, byHand({ team: "t612", tokens: 7_130, max_tokens: 10 })],
];

describe("an explanation for a person", () => {
  test.each(golden)("is as the golden file shows: %s", async (name, source, snapshot) => {
    const text = explanationText(explanationOf(source, snapshot), false);
    await expect(text).toMatchFileSnapshot(`../golden/explain/${name}.golden`);
  });

  test.each(golden)(
    "is no wider than 100 columns, and plain without colour: %s",
    (_, source, snapshot) => {
      const text = explanationText(explanationOf(source, snapshot), false);
      expect(text).not.toContain("\u001b");
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  test("says the same in colour", () => {
    for (const [, source, snapshot] of golden) {
      const explanation = explanationOf(source, snapshot);
      const colored = explanationText(explanation, true);
      expect(colored).toContain("\u001b[1m");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
      const plain = colored.replace(/\u001b\[\d+m/g, "");
      expect(plain).toBe(explanationText(explanation, false));
    }
  });

  test("lists the first rules, the one that decides, and how many are left out", () => {
    const text = explanationText(explanationOf(manyRules, golden[5]?.[2] ?? byHand({})), false);
    const rules = text.slice(text.indexOf("Rules"), text.indexOf("Near misses"));
    expect(rules).toContain("… 573 more");
    expect(rules).toContain("✓ team-612");
    expect(rules).toContain("… 388 more");
    expect(rules.split("\n").length).toBeLessThan(60);
  });
});
