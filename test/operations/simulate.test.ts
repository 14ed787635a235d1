import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modelOfTarget } from "../../src/simulator/models/catalog-model.ts";
import { modelsText } from "../../src/simulator/models/models-file.ts";
import { levels } from "../../src/simulator/models/quantiles.ts";

const page = readFileSync("operations/SIMULATE.md", "utf8");

test("the page names every field of a model, and how many numbers a distribution has", () => {
  const models = {
    log: { requests: 0, attempts: 0, leftOut: 0, fromMs: null, toMs: null },
    targets: new Map([["a", modelOfTarget({ local: true })]]),
    outages: [],
  };
  const file = JSON.parse(modelsText(models)) as { targets: { a: Record<string, unknown> } };
  const rows = [...page.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(rows.toSorted()).toEqual(Object.keys(file.targets.a).toSorted());
  expect(page).toContain(`or ${levels.length} that rise`);
});
