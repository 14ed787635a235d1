import { globSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { loadBeside, openWorkspace, readSource } from "../src/cli/workspace.ts";
import { checkSource } from "../src/language/service/check-source.ts";
import { casesFileOf } from "../src/trials/case-trials.ts";
import { decideRequest } from "../src/trials/decide-request.ts";
import { policyTrials } from "../src/trials/policy-trials.ts";
import { readTrials, runTrials } from "../src/trials/run-trials.ts";

const files = globSync("policies/*.policy").toSorted();
const { configuration } = openWorkspace(undefined, "policies/hybrid.policy");

async function opened(file: string) {
  const source = readSource(file);
  const { policy, tests, diagnostics } = checkSource(source, configuration, loadBeside);
  expect(diagnostics.filter(({ severity }) => severity !== "info")).toEqual([]);
  if (policy === null) throw new Error(`${file} has no rules`);
  const tested = { source, policy, tests, load: loadBeside };
  const found = policyTrials(tested, readSource(casesFileOf(file)), configuration);
  expect(found.diagnostics).toEqual([]);
  const trials = await readTrials(found.trials, policy, configuration);
  return { policy, trials };
}

describe.each(files)("%s", (file) => {
  test("decides as its tests and the cases beside it say", async () => {
    const { policy, trials } = await opened(file);
    expect(trials.length).toBeGreaterThan(0);
    expect(runTrials(trials, policy).filter(({ ok }) => !ok)).toEqual([]);
  });

  test("has a case for each of its rules", async () => {
    const { policy, trials } = await opened(file);
    const fired = new Set(
      trials.map(({ request }) => decideRequest(policy, request.inputs).rule?.id),
    );
    expect(
      policy.rules.map(({ id }) => id).filter((id) => !fired.has(id)),
      basename(file),
    ).toEqual([]);
  });
});
