import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { classified, parcel, policy, prompt } from "../support/classifying.ts";
import { signalbox } from "../support/command.ts";
import { configurationText } from "../support/gateway.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-classifier-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const body = (text: string): string => JSON.stringify({ model: "main", ...prompt(text) });
const rows = [
  [parcel, "c"],
  ["it arrived broken", "c"],
  ["money back", "a"],
] as const;
const tests = rows.map(
  ([text, target]) => `test "${text}" given prompt "${text}" expect ${target}\n`,
);
for (const [name, text] of Object.entries({
  "signalbox.yaml": configurationText("http://127.0.0.1:9", {
    targets: "  judge: { provider: dead, model: model-judge }",
    yaml: classified(),
  }),
  "main.policy": policy,
  "tried.policy": `${policy}${tests.join("")}`,
  "bodies.jsonl": `${body(parcel)}\n${body("Translate this: a parcel")}\n`,
  "prompts.csv": `prompt,tokens\n${parcel},20\nmoney back,5\n`,
  "body.json": body(parcel),
}))
  writeFileSync(at(name), text);

const note = "note: a gateway would ask `judge` for an intent";

test.each([
  ["bodies.jsonl", { c: 1, b: 1 }],
  ["prompts.csv", { c: 1, a: 1 }],
])("a replay of %s takes an open intent for unknown, and counts it once", async (log, targets) => {
  const ran = await signalbox(["simulate", at(log), "--policy", at("main.policy"), "--json"]);
  const said = JSON.parse(ran.stdout) as {
    missing: unknown[];
    targets: { target: string; requests: number }[];
  };
  expect(Object.fromEntries(said.targets.map((each) => [each.target, each.requests]))).toEqual(
    targets,
  );
  expect(said.missing).toEqual([
    { fact: "intent", requests: 1, why: expect.stringContaining("a replay does not ask") },
  ]);
});

test.each([
  ["is left open", [], note],
  ["is given", ["--request", '{"intent":"code"}'], ""],
])("an explanation says that nobody is asked where the intent %s", async (_how, given, told) => {
  const args = ["explain", at("main.policy"), "--body", at("body.json"), ...given];
  const { stderr } = await signalbox(args);
  expect(stderr.slice(0, note.length)).toBe(told);
});

test("tests of texts say so once", async () => {
  const { stderr, code } = await signalbox(["test", at("tried.policy")]);
  expect(stderr.split(note)).toHaveLength(2);
  expect(code).toBe(0);
});
