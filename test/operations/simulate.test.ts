import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gpuRents } from "../../src/simulator/economics/gpu-rents.ts";
import { assumedHardware } from "../../src/simulator/economics/hardware.ts";
import { modelOfTarget } from "../../src/simulator/models/catalog-model.ts";
import { modelsText } from "../../src/simulator/models/models-file.ts";
import { levels } from "../../src/simulator/models/quantiles.ts";
import {
  readScenario,
  readScenarioFile,
  scenarioWords,
} from "../../src/simulator/replay/read-scenario.ts";
import { readSweep, sweepForms } from "../../src/simulator/sweep/read-sweep.ts";
import { signalbox } from "../support/command.ts";

const page = readFileSync("operations/SIMULATE.md", "utf8");

test("the page names every field of a model, and how many numbers a distribution has", () => {
  const written = {
    log: { requests: 0, attempts: 0, leftOut: 0, fromMs: null, toMs: null },
    targets: new Map([["a", modelOfTarget({ local: true })]]),
    outages: [],
  };
  const file = JSON.parse(modelsText(written)) as { targets: { a: Record<string, unknown> } };
  const models = page.slice(page.indexOf("### What is learnt"), page.indexOf("### What to know"));
  const rows = [...models.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(rows.toSorted()).toEqual(Object.keys(file.targets.a).toSorted());
  expect(page).toContain(`or ${levels.length} that rise`);
});

test("the scenario on the page is read, and every word of a scenario stands there", () => {
  const yaml = /```yaml\n([\s\S]+?)```/.exec(page)?.[1] ?? "";
  const read = readScenarioFile(yaml);
  expect(read.ok ? read.scenario : read.message).toMatchObject({
    ...{
      name: "a bad friday",
      traffic: 1.5,
      outages: [{ target: "claude" }, { target: "mistral" }],
    },
  });
  for (const word of scenarioWords) expect(page).toMatch(new RegExp(`^\\| .*\\b${word}\\b`, "m"));
});

test("every example of what if is read", () => {
  for (const [, word = "", examples = ""] of page.matchAll(
    /^\| (\w+)(?:, \w+)? \| .+ \| (`.+`) \|$/gm,
  )) {
    if (!scenarioWords.some((each) => each === word)) continue;
    for (const [, example = ""] of examples.matchAll(/`([^`]+)`/g)) {
      const known = word === "traffic" && example.includes("%") ? "grow" : word;
      expect(readScenario("page", { [known]: [example] })).toMatchObject({ ok: true });
    }
  }
});

test("the reports that the page shows how to make are made", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-simulate-"));
  const line = /npx signalbox (simulate .*--html .*)/.exec(page)?.[1] ?? "";
  const args = line.split(" ").map((word) => (/^report\./.test(word) ? join(folder, word) : word));
  const { code } = await signalbox(args);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, "report.md"), "utf8")).toContain("<details>");
  expect(readFileSync(join(folder, "report.html"), "utf8")).toMatch(/^<!doctype html>/);
  rmSync(folder, { recursive: true });
});

test("every option that the page's part on reports names is one", async () => {
  const { stdout } = await signalbox(["simulate", "--help"]);
  const part = page.slice(page.indexOf("## Reports"), page.indexOf("## Provider models"));
  const shell = [...part.matchAll(/signalbox simulate.*/g)].map(([line]) => line).join(" ");
  const prose = [...part.matchAll(/`(--[a-z-]+)/g)].map(([, option]) => option);
  const named = new Set([...(shell.match(/--[a-z-]+/g) ?? []), ...prose]);
  expect(named.size).toBeGreaterThan(5);
  for (const option of named) expect(stdout).toContain(` ${option} `);
});

test("what may be swept stands on the page, and the examples are read", () => {
  for (const form of sweepForms) expect(page).toContain(form.split(" by ")[0]);
  const examples = [...page.matchAll(/--sweep "([^"]+)"/g)].map(([, text = ""]) => text);
  expect(examples.length).toBeGreaterThan(1);
  for (const example of examples) expect(readSweep(example).ok).toBe(true);
});

test("the page names every rent that is listed, with its page and day", () => {
  const part = page.slice(page.indexOf("`gpu=h100` takes"), page.indexOf("- **A month** is"));
  for (const [name, { hour, page: from, readOn }] of Object.entries(gpuRents)) {
    expect(part).toContain(`\`${name}\` $${hour}`);
    expect(part.replaceAll(/\s+/g, " ")).toContain(`(${from}, ${readOn})`);
  }
  expect(part.match(/` \$/g)).toHaveLength(Object.keys(gpuRents).length);
});

test("the page tells what a GPU is taken to cost", () => {
  const { price, years, watts, kwh } = assumedHardware;
  const text = page.replaceAll(/\s+/g, " ");
  expect(text).toContain(`$${price} over ${years} years, ${watts} W day and night at $${kwh}`);
});
