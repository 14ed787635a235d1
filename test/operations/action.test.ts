import { execFile } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

const bin = resolve("bin/signalbox.mjs");
const run = promisify(execFile);

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const action = parse(readFileSync("actions/simulate/action.yml", "utf8")) as {
  readonly inputs: Readonly<
    Record<string, { readonly default?: string; readonly description: string }>
  >;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};
const steps = new Map(
  action.runs.steps.flatMap((step) => (step.name === undefined ? [] : [[step.name, step]])),
);

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly summary: string;
}

let folder = "";
const write = (name: string, text: string): void => {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const git = async (...args: string[]): Promise<string> => {
  const identity = [
    "-c",
    "user.name=t",
    "-c",
    "user.email=t@example.com",
    "-c",
    "commit.gpgsign=false",
  ];
  return (await run("git", [...identity, ...args], { cwd: folder })).stdout.trim();
};
const commit = async (message: string): Promise<string> => {
  await git("add", "-A");
  await git("commit", "-qm", message);
  return await git("rev-parse", "HEAD");
};

/** Runs a step's very command, its inputs put in as the runner does. */
async function runStep(name: string, inputs: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const step = steps.get(name);
  const given = { command: `${process.execPath} ${bin}`, base: "", ...inputs };
  const env = Object.fromEntries(
    Object.entries(step?.env ?? {}).map(([variable, value]) => {
      const input = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(value)?.[1] ?? "";
      expect(Object.keys(action.inputs)).toContain(input);
      return [variable, given[input as keyof typeof given] ?? action.inputs[input]?.default ?? ""];
    }),
  );
  const summary = join(folder, ".git", "summary.md");
  rmSync(summary, { force: true });
  const places = { GITHUB_ACTION_PATH: resolve("actions/simulate"), GITHUB_STEP_SUMMARY: summary };
  const { code, stdout, stderr } = await run(
    "bash",
    ["-e", "-o", "pipefail", "-c", step?.run ?? "false"],
    {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...env, ...places },
    },
  ).then(
    (done) => ({ code: 0, ...done }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return {
    code,
    stdout,
    stderr,
    summary: existsSync(summary) ? readFileSync(summary, "utf8") : "",
  };
}

const cheap = "otherwise local-gpu\n";
const dear = "otherwise claude\n";
let base = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-gate-"));
  await git("init", "-q");
  cpSync("policies/signalbox.yaml", join(folder, "policies/signalbox.yaml"));
  cpSync("policies/traffic.sample.jsonl", join(folder, "traffic.jsonl"));
  write("policies/main.policy", cheap);
  write("policies/other.policy", cheap);
  write("policies/shared.policy", "pool home = local-gpu\n");
  write("policies/using.policy", 'use "./shared.policy"\notherwise any of home\n');
  base = await commit("first");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the action", () => {
  test("is composite, every step has a shell, and no input is part of a command's text", () => {
    expect(action.runs.using).toBe("composite");
    expect([...steps.keys()]).toEqual(["check", "test", "simulate"]);
    for (const step of action.runs.steps) {
      if (step.uses !== undefined) continue;
      expect(step.shell).toBe("bash");
      expect(step.run).not.toContain("${{");
      for (const value of Object.values(step.env ?? {}))
        expect(value).toMatch(/^\$\{\{ inputs\.[a-z-]+ \}\}$/);
    }
    const named = JSON.stringify(action.runs.steps).match(/inputs\.[a-z-]+/g) ?? [];
    expect([...new Set(named)].map((each) => each.slice(7)).toSorted()).toEqual(
      Object.keys(action.inputs).toSorted(),
    );
  });

  test("checks: an error is an annotation of its file, and fails", async () => {
    expect(await runStep("check")).toMatchObject({ code: 0 });
    write("policies/broken.policy", "otherwise nobody\n");
    const broken = await runStep("check");
    rmSync(join(folder, "policies/broken.policy"));
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/^::error file=policies\/broken\.policy,/m);
  });

  test("tests: a case that fails fails the step", async () => {
    expect(await runStep("test")).toMatchObject({ code: 0 });
    write("policies/main.cases.yaml", "- { name: to claude, expect: claude }\n");
    const failed = await runStep("test");
    rmSync(join(folder, "policies/main.cases.yaml"));
    expect(failed.code).toBe(1);
  });

  test("simulates what was touched, and says so where nothing was", async () => {
    const { code, summary } = await runStep("simulate", { log: "traffic.jsonl", base });
    expect({ code, summary }).toEqual({
      code: 0,
      summary: `No policy is touched since ${base.slice(0, 12)}.\n`,
    });
  });

  test("a changed policy is held against the base's; a condition that holds fails the step, in words", async () => {
    write("policies/main.policy", dear);
    write("policies/fresh.policy", dear);
    const inputs = {
      log: "traffic.jsonl",
      base,
      "fail-if": "cost.delta > 5%\n\n  changed > 0%\r\n",
    };
    const failed = await runStep("simulate", inputs);
    expect(failed.code).toBe(1);
    expect(failed.summary).toContain(`### \`main\`, against ${base.slice(0, 12)}\n`);
    expect(failed.summary).toMatch(
      /^- Failed: `cost\.delta is \+[\d.]+ %, and must not be > 5 %`$/m,
    );
    expect(failed.summary).toMatch(/^- Failed: `changed is 100 %, and must not be > 0 %`$/m);
    // A policy that is new has nothing to be held against.
    expect(failed.summary).toContain("### `fresh`, which is new\n");
    expect(failed.summary).not.toMatch(/`other`|`using`|`shared`/);
    expect(failed.stdout).toMatch(
      /^::error file=policies\/main\.policy::cost\.delta is \+[\d.]+ %25, and/m,
    );
    const passed = await runStep("simulate", { ...inputs, "fail-if": "cost.delta < 5%" });
    expect(passed.code).toBe(0);
    expect(passed.summary).not.toContain("Failed");
    await git("checkout", "-q", "--", "policies");
    rmSync(join(folder, "policies/fresh.policy"));
  });

  test("the summary is the report in Markdown, whatever further arguments want of stdout", async () => {
    write("policies/main.policy", dear);
    const inputs = { log: "traffic.jsonl", base };
    const plain = await runStep("simulate", inputs);
    const replayed = await runStep("simulate", { ...inputs, arguments: "--json --economics" });
    await git("checkout", "-q", "--", "policies");
    expect([plain.code, replayed.code]).toEqual([0, 0]);
    expect(plain.summary).toMatch(/^\*\*`main` would send 100\.0 % of requests elsewhere/m);
    expect(plain.summary).toContain("<details><summary>Rules and targets</summary>");
    expect(plain.summary).not.toContain("```text");
    expect(replayed.summary).toContain("#### What it comes to in money, under `main`");
    expect(replayed.summary).not.toContain("skippedLines");
  });

  test("a changed library touches what uses it, and a changed configuration all", async () => {
    write("policies/shared.policy", "pool home = claude\n");
    const used = await runStep("simulate", {
      log: "traffic.jsonl",
      base,
      "fail-if": "changed > 0",
    });
    expect(used.code).toBe(1);
    expect(used.summary.match(/^### .*$/gm)).toEqual([
      `### \`using\`, against ${base.slice(0, 12)}`,
    ]);
    await git("checkout", "-q", "--", "policies");
    appendFileSync(join(folder, "policies/signalbox.yaml"), "\n# changed\n");
    const all = await runStep("simulate", { log: "traffic.jsonl", base });
    expect(all.summary.match(/^### `\w+`/gm)).toEqual(["### `main`", "### `other`", "### `using`"]);
    await git("checkout", "-q", "--", "policies");
  });

  test("the commit before is the base where none is named", async () => {
    write("policies/main.policy", dear);
    await commit("second");
    const { code, summary } = await runStep("simulate", {
      log: "traffic.jsonl",
      "fail-if": "changed > 0",
    });
    await git("reset", "-q", "--hard", base);
    expect(code).toBe(1);
    expect(summary).toContain(`### \`main\`, against ${base.slice(0, 12)}\n`);
  });

  test("without a summary it prints, and one file takes all that it says, in its order", async () => {
    write("policies/main.policy", dear);
    write("policies/other.policy", dear);
    const script = `bash ${resolve("actions/simulate/gate.sh")} simulate >.git/all.txt 2>&1`;
    const { GITHUB_STEP_SUMMARY: _, ...outside } = process.env;
    const env = {
      ...{ ...outside, NO_COLOR: "1", SIGNALBOX: `${process.execPath} ${bin}` },
      ...{ LOG: "traffic.jsonl", BASE: base, FAIL_IF: "changed > 0%" },
    };
    await expect(run("bash", ["-c", script], { cwd: folder, env })).rejects.toMatchObject({
      code: 1,
    });
    await git("checkout", "-q", "--", "policies");
    const told = readFileSync(join(folder, ".git/all.txt"), "utf8");
    const marks = ["failed: changed", "### `", "**`", "- Failed: `changed", "::error file="];
    const places = marks.map((mark) => told.split(mark).length - 1);
    expect(places).toEqual([2, 2, 2, 2, 2]);
    expect(told).not.toContain("\0");
    const order = ["failed: changed", "### `main`", "::error file=policies/main", "### `other`"];
    const at = order.map((mark) => told.indexOf(mark));
    expect(at).toEqual(at.toSorted((a, b) => a - b));
  });

  test.each([
    [
      { log: "traffic.jsonl", base: "nowhere" },
      /^there is no commit nowhere to hold policies against: check out with fetch-depth 2, or name a base \(git: No such remote 'origin'\)\n$/,
    ],
    [
      { log: "traffic.jsonl", base: "--upload-pack=touch hacked" },
      /^there is no commit --upload-pack=touch hacked to hold .* a base\n$/,
    ],
    [{ log: "traffic.jsonl" }, /^there is no commit before this one to hold .* a base\n$/],
    [{ log: " \n", base: "HEAD" }, /^LOG names no traffic log\n$/],
  ])("%j is refused in words", async (inputs, message) => {
    const { code, stderr } = await runStep("simulate", inputs);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder, "hacked"))).toBe(false);
  });

  test("what a remote says of a base that it lacks stands in one line behind", async () => {
    await git("remote", "add", "origin", folder);
    const { code, stderr } = await runStep("simulate", { log: "traffic.jsonl", base: "nowhere" });
    await git("remote", "remove", "origin");
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^there is no commit nowhere .* or name a base \(git: couldn't find remote ref nowhere\)\n$/,
    );
  });

  test("a log that is not there, or a condition that is not understood, fails the step and says why", async () => {
    write("policies/main.policy", dear);
    const lost = await runStep("simulate", { log: "lost.jsonl", base });
    const odd = await runStep("simulate", {
      log: "traffic.jsonl",
      base,
      "fail-if": "cost.detla > 5%; touch hacked",
    });
    await git("checkout", "-q", "--", "policies");
    expect(lost.code).toBe(1);
    expect(lost.stdout).toMatch(/^::error file=policies\/main\.policy::.*lost\.jsonl/m);
    expect(odd.code).toBe(1);
    expect(odd.summary).toContain("is no condition");
    expect(existsSync(join(folder, "hacked"))).toBe(false);
  });
});

describe("the hooks for pre-commit", () => {
  const hooks = parse(readFileSync(".pre-commit-hooks.yaml", "utf8")) as readonly {
    readonly id: string;
    readonly name: string;
    readonly entry: string;
    readonly language: string;
    readonly files: string;
  }[];

  test("are check, fmt and test, for policies", () => {
    expect(hooks.map(({ entry }) => entry)).toEqual([
      "npx --yes signalbox check",
      "npx --yes signalbox fmt --check",
      "npx --yes signalbox test",
    ]);
    for (const { language, files } of hooks) {
      expect(language).toBe("system");
      expect(new RegExp(files).test("policies/main.policy")).toBe(true);
    }
  });

  test.each(hooks.map(({ entry }) => [entry]))(
    "`%s` passes what is sound, and fails what is not",
    async (entry) => {
      const args = entry.split(" ").slice(3);
      const hook = (file: string) =>
        run(process.execPath, [bin, ...args, file], { cwd: folder }).then(
          () => 0,
          ({ code }: { code: number }) => code,
        );
      write("policies/bad.policy", 'otherwise   local-gpu\ntest "t" expect nobody\n');
      const codes = [await hook("policies/main.policy"), await hook("policies/bad.policy")];
      rmSync(join(folder, "policies/bad.policy"));
      expect(codes).toEqual([0, 1]);
    },
  );
});
