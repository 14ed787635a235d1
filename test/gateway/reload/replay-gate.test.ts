import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createReplayGate } from "../../../src/cli/replay-gate.ts";
import type { ReloadEvent } from "../../../src/gateway/core.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "../../support/gateway.ts";
import { recordOf, used } from "../../support/simulation.ts";

const gated = (conditions: string, more: TestSetup = {}): Promise<TestGateway> =>
  startTestGateway({
    policies: { main: "otherwise a\n", other: "otherwise a\n" },
    yaml: `telemetry: { decision-log: decisions.jsonl }\nadmin: { key: "\${ADMIN}" }\nreload: { replay: { last: 5, fail-if: [${conditions}] } }`,
    ...more,
    options: {
      gates: [createReplayGate()],
      variables: { UP_KEY: "sk-upstream-secret", ADMIN: "admin-secret" },
    },
  });

const records = (policy: string, count: number, facts: object = {}): string =>
  Array.from(
    { length: count },
    () => `${JSON.stringify(recordOf(facts, { policy, ...used("a", 1_000, 100) }))}\n`,
  ).join("");

async function after(
  box: TestGateway,
  result: ReloadEvent["result"],
  change: () => void,
): Promise<ReloadEvent> {
  const reloaded = box.gateway.nextReload((event) => event.result === result);
  change();
  return await reloaded;
}

async function targetOf(box: TestGateway): Promise<string | null> {
  const response = await box.chat();
  await response.text();
  return response.headers.get("x-signalbox-target");
}

async function lastError(box: TestGateway): Promise<string | undefined> {
  const ready = (await (await fetch(`${box.gateway.url}/readyz`)).json()) as {
    configuration: { lastError?: string };
  };
  return ready.configuration.lastError;
}

const notes = (box: TestGateway): readonly string[] =>
  box.logged.flatMap((line) => {
    const { gate, msg } = JSON.parse(line) as { gate?: string; msg: string };
    return gate === "reload.replay" ? [msg] : [];
  });

test("a change that breaks a condition on its last records stays out, and /readyz and the log say why", async () => {
  await using box = await gated('"cost.delta > 5%"');
  box.write("decisions.jsonl", records("main", 9) + records("other", 20));
  const refused = await after(box, "refused", () => box.write("main.policy", "otherwise b\n"));
  const why =
    "reload.replay: main: cost.delta is +183 %, and must not be > 5 % (of the last 5 records)";
  expect(refused.problems.map(({ summary }) => summary)).toEqual([why]);
  expect(await lastError(box)).toBe(why);
  expect(box.logged.join("")).toContain(why);
  expect(await targetOf(box)).toBe("a");
  // c costs what a does.
  await after(box, "swapped", () => box.write("main.policy", "otherwise c\n"));
  expect(await targetOf(box)).toBe("c");
  expect(await lastError(box)).toBeUndefined();
  expect(notes(box)).toEqual(["main passes: 5 would go elsewhere first of the last 5 records"]);
});

test("records of another policy, or none at all, say nothing: it passes, and the log says so", async () => {
  await using box = await gated('"cost.delta > 5%"');
  await after(box, "swapped", () => box.write("main.policy", "otherwise b\n"));
  box.write("decisions.jsonl", records("other", 20));
  await after(box, "swapped", () => box.write("main.policy", "otherwise c\n"));
  const unseen = "main passes unseen: the decision log has no record of it";
  expect(notes(box)).toEqual([unseen, unseen]);
});

test("without a decision log it passes, and says so", async () => {
  await using box = await gated("", {
    yaml: 'reload: { replay: { fail-if: ["cost.delta > 5%"] } }',
  });
  await after(box, "swapped", () => box.write("main.policy", "otherwise b\n"));
  expect(notes(box)).toEqual(["passes unseen: there is no decision log to replay"]);
});

test("what is in force is what a change is held against, be it an older version that was put back", async () => {
  await using box = await gated('"cost.delta > 5%"');
  await after(box, "swapped", () => box.write("main.policy", "otherwise b\n"));
  box.write("decisions.jsonl", records("main", 5));
  const rolledBack = await fetch(`${box.gateway.url}/admin/rollback`, {
    method: "POST",
    headers: { "x-signalbox-admin-key": "admin-secret" },
    body: JSON.stringify({ version: 1 }),
  });
  expect(rolledBack.status).toBe(200);
  expect(await targetOf(box)).toBe("a");
  // Against b, which the files said before, nothing would change.
  await after(box, "refused", () => box.write("main.policy", "otherwise b with retry 2\n"));
  expect(await lastError(box)).toContain("cost.delta is +");
});

test("an unknown figure is no pass: where the records tell no time, a condition on it keeps changes out", async () => {
  await using box = await gated('"latency.p95 > 2s"');
  box.write("decisions.jsonl", records("main", 5));
  await after(box, "refused", () => box.write("main.policy", "otherwise b\n"));
  expect(await lastError(box)).toContain("latency.p95 is not known");
});

test("facts that the records lack are named", async () => {
  await using box = await gated('"changed > 100%"');
  box.write("decisions.jsonl", records("main", 5));
  await after(box, "swapped", () => box.write("main.policy", "if tools > 0 then b\notherwise a\n"));
  expect(notes(box)).toEqual([
    "main passes: 0 would go elsewhere first, which do not tell tools of 5, of the last 5 records",
  ]);
});

test("a changed library is a change of what uses it", async () => {
  await using box = await gated('"cost.delta > 5%"', {
    policies: {
      main: 'use "./shared.policy"\notherwise any of small\n',
      shared: "pool small = a\n",
    },
  });
  box.write("decisions.jsonl", records("main", 5));
  await after(box, "refused", () => box.write("shared.policy", "pool small = b\n"));
  expect(await lastError(box)).toContain("reload.replay: main: cost.delta is +183 %");
});

test("a log that cannot be read keeps changes out", async () => {
  await using box = await gated('"cost.delta > 5%"');
  box.write("decisions.jsonl", records("main", 2));
  // A folder where a file that was put aside should be.
  mkdirSync(join(box.folder, "decisions.jsonl.1"));
  await after(box, "refused", () => box.write("main.policy", "otherwise b\n"));
  expect(await lastError(box)).toMatch(/reload\.replay: the decision log cannot be read: EISDIR/);
});

test.each([
  [
    '"cost.detla > 5%"',
    "reload.replay: `cost.detla` is no figure of a report; did you mean `cost.delta`?",
  ],
  [
    '"failed > 1%"',
    "`failed` is told by carrying requests out, and here they are only decided: add `carry-out: true`",
  ],
  ['"cached.wrong > 1%"', "`cached.wrong` cannot be told before a reload: records hold no answers"],
])(
  "a condition that is never told, as %s, is a mistake at the start",
  async (conditions, message) => {
    await expect(gated(conditions)).rejects.toThrow(message);
  },
);
