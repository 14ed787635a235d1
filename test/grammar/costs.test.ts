import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";

const page = readFileSync("grammar/COSTS.md", "utf8");

test("the page on costs shows a configuration that is whole and legal", () => {
  const text = /\n```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const { configuration, diagnostics } = readConfiguration(
    { file: "COSTS.md", text },
    { variable: () => undefined, file: () => undefined },
  );
  expect(diagnostics).toEqual([]);
  expect(configuration?.targets.get("gpt")).toMatchObject({
    surcharge: 0.05,
    discounts: [{ above: 1_000_000_000, share: 0.1 }],
  });
  expect(configuration?.targets.get("small")?.runningCost?.watts).toBe(350);
});
