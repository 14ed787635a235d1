import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
cpSync("policies/signalbox.yaml", join(folder, "signalbox.yaml"));

const triage = `rule "short": if tokens < 200 and intent is classify then local-gpu
rule "large": if tokens >= 8k then claude fallback gpt
otherwise gpt

test "short stays home"
  given tokens 199, intent classify expect local-gpu, rule short
  given tokens 200, intent classify expect gpt
test "large goes to the frontier"
  given tokens 8k expect claude fallback gpt
`;
const cases = `- name: a question
  request: { tokens: 40, intent: chat }
  expect: { rule: otherwise, targets: [gpt] }
`;

function write(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(folder, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
  return name;
}

const run = (...args: readonly string[]) =>
  signalbox(["test", ...args, "--config", "signalbox.yaml"], { cwd: folder });

const good = write("good", { "triage.policy": triage, "triage.cases.yaml": cases });
const failing = write("failing", {
  "triage.policy": triage.replace("200, intent classify expect gpt", "200 expect local-gpu"),
});

describe("what a person reads", () => {
  test.each<[string, number, readonly string[]]>([
    ["passing", 0, [good, "--coverage", "--mutate"]],
    [
      "gaps",
      1,
      [
        write("gaps", { "triage.policy": triage.slice(0, triage.indexOf('test "large')) }),
        "--fail-under",
        "90",
      ],
    ],
  ])("%s exits %i", async (name, exit, args) => {
    const { code, stdout } = await run(...args);
    expect(code).toBe(exit);
    await expect(stdout).toMatchFileSnapshot(`../golden/test/${name}.golden`);
  });
});

test("--json is one document of the contract", async () => {
  const { code, stdout } = await run(good, "--json", "--coverage", "--mutate");
  expect(code).toBe(0);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({
    ok: true,
    tests: [
      { file: "good/triage.policy", name: "short stays home", row: 1, ok: true },
      { row: 2 },
      { name: "large goes to the frontier" },
      { file: "good/triage.cases.yaml", name: "a question", ok: true },
    ],
    coverage: [{ file: "good/triage.policy", percent: 100 }],
    mutants: [
      {
        file: "good/triage.policy",
        killed: 14,
        survivors: [
          { what: "`tokens >= 8k` becomes `tokens >= 7999`", request: { tokens: 7_999 } },
        ],
      },
    ],
  });
  // A survivor's request can be fed to explain.
  const [survivor] = document.mutants[0].survivors;
  const explained = await signalbox(
    ["explain", "good/triage.policy", "--config", "signalbox.yaml", "--json"].concat([
      ...["--request", JSON.stringify(survivor.request)],
    ]),
    { cwd: folder },
  );
  expect(survivor.original).toContain(JSON.parse(explained.stdout).decision.rule.id);
});

test("a failure is told with its place, its reason and its explanation", async () => {
  const shown = await run(failing, "--mutate");
  expect(shown.code).toBe(1);
  expect(shown.stdout).toContain("✗ short stays home (row 2)  failing/triage.policy:7");
  expect(shown.stdout).toContain("expected `local-gpu`, but the decision is `gpt`");
  expect(shown.stdout).toContain("`tokens < 200` is false: tokens is 200");
  expect(shown.stdout).toContain("no change was tried: a test fails as it is");
  const { code, stdout } = await run(failing, "--json");
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    tests: [
      { ok: true },
      {
        ok: false,
        line: 7,
        message: "expected `local-gpu`, but the decision is `gpt`",
        explanation: { decision: { targets: ["gpt"] } },
      },
      { ok: true },
    ],
  });
});

test.each<[readonly string[], number]>([
  [["--fail-under", "100"], 0],
  [["--mutate", "--fail-under", "93"], 0],
  [["--mutate", "--coverage", "--fail-under", "94"], 1],
])(
  "%j of a policy that is covered in full, with one change unnoticed, exits %i",
  async (args, exit) => {
    expect((await run(good, ...args)).code).toBe(exit);
  },
);

test.each([["many"], ["101"]])("--fail-under %s is wrong usage", async (percent) => {
  const { code, stderr } = await run(good, "--fail-under", percent);
  expect(code).toBe(2);
  expect(stderr).toContain("percentage");
});

test("a policy or a file of cases with an error runs no test, and the rest of the files do", async () => {
  const place = write("wrong", {
    "bad.policy": "otherwise claud\n",
    "cases.policy": triage,
    "cases.cases.yaml": "- expect: cluade\n",
    "triage.policy": triage,
  });
  const { code, stdout, stderr } = await run(place);
  expect(code).toBe(1);
  expect(stderr).toContain("bad.policy:1:11");
  expect(stderr).toContain("cases.cases.yaml:1:11");
  expect(stdout).toContain("3 tests, none failed");
  const json = JSON.parse((await run(place, "--json")).stdout);
  expect(json.diagnostics.map(({ code: each }: { code: string }) => each)).toEqual([
    "P0202",
    "P0202",
  ]);
  expect(json.ok).toBe(false);
});

test("a file whose tests could not run is told behind those of the others", async () => {
  const place = write("mixed", {
    "sound.policy": 'otherwise claude test "a" given tokens 1 expect claude',
    "broken.policy": 'otherwise claud test "b" given tokens 1 expect claude',
  });
  const { code, stdout } = await run(place);
  expect(code).toBe(1);
  expect(stdout).toMatch(/broken.policy\n {2}not run: it has errors\n/);
  expect(stdout).toMatch(
    /1 test, none failed\n\S*broken.policy: no test was run, as it has errors/,
  );
});

test("a file that is not there is wrong usage; a library has no tests", async () => {
  expect((await run("nowhere.policy")).code).toBe(2);
  const place = write("library", { "shared.policy": "let short = tokens < 200\n" });
  const { code, stdout } = await run(place);
  expect(code).toBe(0);
  expect(stdout).toContain("a library has no rules to test");
  expect(stdout).toContain("0 tests");
});
