import { afterEach, expect, test } from "vitest";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { createExplainer, type Explainer, type ExplainOrder } from "../../src/gateway/explainer.ts";
import { remake } from "../../src/gateway/reload/check-bundle.ts";
import { vocabulary } from "../support/checking.ts";

const configuration = {
  ...defaultConfiguration(),
  targets: vocabulary.targets,
  facts: vocabulary.facts,
};
const bundle = {
  name: "main",
  file: "main.policy",
  texts: new Map([["main.policy", "otherwise claude\n"]]),
  cases: null,
};

function order(changes: Partial<ExplainOrder> = {}): ExplainOrder {
  return {
    bundle,
    hash: remake(bundle, configuration)?.policy.hash ?? "",
    configuration,
    snapshot: { time: "2026-11-23T10:00:00.000Z", id: "r", seed: 1, facts: {}, asked: {} },
    decided: { rule: "otherwise", targets: ["claude"] },
    ...changes,
  };
}

let explainer: Explainer | null = null;
afterEach(() => explainer?.close());

test("an explanation of anything but what was decided is a fault, and the next one is made all the same", async () => {
  explainer = createExplainer();
  const other = order({ decided: { rule: "otherwise", targets: ["gpt"] } });
  await expect(explainer.explain(other)).rejects.toThrow("the targets are claude, and were gpt");
  await expect(explainer.explain(order({ hash: "0" }))).rejects.toThrow("can be checked again");
  const json = await explainer.explain(order());
  expect(JSON.parse(json ?? "")).toMatchObject({ decision: { targets: ["claude"] } });
});

test("what takes too long is given up", async () => {
  explainer = createExplainer({ timeMs: 1, memoryMebibytes: 256 });
  expect(await explainer.explain(order())).toBeNull();
});

test("what would wait behind too many is not begun", async () => {
  explainer = createExplainer();
  const answers = await Promise.all(Array.from({ length: 20 }, () => explainer?.explain(order())));
  expect(answers.map((answer) => answer === null)).toEqual([
    ...Array.from({ length: 16 }, () => false),
    ...Array.from({ length: 4 }, () => true),
  ]);
});
