import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const configuration = ["--config", "policies/signalbox.yaml"];

describe("check", () => {
  test("a good policy exits 0, and --json is one document of the contract", async () => {
    const { code, stdout } = await signalbox(["check", "policies/tiers.policy", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      guards: [
        {
          text: "never claude or claude-opus or gpt when tier is free",
          file: "policies/tiers.policy",
          range: { start: { line: 4, column: 1 } },
          verdict: "proved",
          why: expect.stringMatching(/^no request /),
        },
        { verdict: "enforced", why: expect.stringContaining("how many answers a client asks for") },
      ],
    });
  });

  test("without a configuration unknown names are told with where one is looked for", async () => {
    const alone = file("alone.policy", "otherwise claude\n");
    for (const args of [
      ["check", alone],
      ["explain", alone],
    ]) {
      const { code, stderr } = await signalbox(args, { cwd: folder });
      expect(code).toBe(1);
      expect(stderr).toMatch(/no signalbox.yaml was found beside \S*alone.policy or in policies\//);
    }
    const configured = await signalbox(["check", alone, ...configuration]);
    expect(configured.stderr).not.toContain("was found");
  });

  test("a policy that sends personal data to a fallback abroad prints the request that shows it, and exits 1", async () => {
    const leak = file(
      "leak.policy",
      `never target.region is not eu when pii
rule "personal data stays in Europe":
  if pii is not false then mistral-eu fallback claude
otherwise claude fallback qwen`,
    );
    const { code, stderr, stdout } = await signalbox(["check", leak, ...configuration]);
    expect(code).toBe(1);
    expect(stderr).toContain("P0501");
    expect(stderr).toContain("`claude` is reached here: its region is us");
    expect(stdout).toMatch(/✗ refused +\S*leak.policy:1 /);
    const told = await signalbox(["check", leak, ...configuration, "--json"]);
    const { ok, guards } = JSON.parse(told.stdout) as {
      ok: boolean;
      guards: { verdict: string; witness: object }[];
    };
    expect(ok).toBe(false);
    expect(guards).toMatchObject([{ verdict: "refused", witness: { pii: true } }]);
    const request = ["--request", JSON.stringify(guards[0]?.witness)];
    const explained = await signalbox(["explain", leak, ...configuration, ...request, "--json"]);
    expect(JSON.parse(explained.stdout)).toMatchObject({
      decision: {
        rule: { id: "personal-data-stays-in-europe" },
        dropped: [{ target: "claude", guard: "never target.region is not eu when pii" }],
      },
    });
  });

  test("every error of a file is told at once, each with its place, and the exit code is 1", async () => {
    const bad = file(
      "bad.policy",
      'rule "a": if tokens < 200 and intent is classfy then claude\nrule "b": if toknes > 3 then claude\nrule "c": if tokens < $0.02 then claud\notherwise claude\n',
    );
    const { code, stdout } = await signalbox(["check", bad, "--json", ...configuration]);
    expect(code).toBe(1);
    const { ok, diagnostics } = JSON.parse(stdout) as {
      ok: boolean;
      diagnostics: {
        severity: string;
        code: string;
        message: string;
        file: string;
        range: { start: { line: number; column: number } };
        help?: string;
      }[];
    };
    expect(ok).toBe(false);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.map(({ range }) => range.start.line)).toEqual([1, 2, 3, 3]);
    expect(errors[0]).toMatchObject({
      code: "P0203",
      message: "`classfy` is not a known intent",
      range: { start: { line: 1, column: 41 } },
    });
    expect(errors.every(({ code: each }) => /^P\d{4}$/.test(each))).toBe(true);
  });

  test("for a person it draws the source under the error", async () => {
    const bad = file(
      "drawn.policy",
      "if tokens < 200 and intent is classfy then claude else claude\n",
    );
    const { code, stderr, stdout } = await signalbox(["check", bad, ...configuration]);
    expect(code).toBe(1);
    expect(stderr).toContain("error[P0203]: `classfy` is not a known intent");
    expect(stderr).toContain("^^^^^^^");
    expect(stderr).toContain("did you mean `classify`?");
    expect(stdout).toMatch(/^1 file, 1 error/);
  });

  test("a file that is not there is one clear line and exit code 2", async () => {
    const { code, stdout, stderr } = await signalbox(["check", join(folder, "none.policy")]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("there is no such file");
  });

  test("what is only worth knowing takes one line, behind the errors", async () => {
    const bad = file("noted.policy", "if tokns < 5 then gpt else claude fallback qwen\n");
    const { stderr } = await signalbox(["check", bad, ...configuration]);
    const lines = stderr.trim().split("\n");
    const notes = lines.filter((line) => line.startsWith("info["));
    expect(notes.some((line) => /^info\[P0406\]: .*noted\.policy:1:35: /.test(line))).toBe(true);
    expect(lines.slice(-notes.length)).toEqual(notes);
    expect(stderr.match(/\^{3,}/g)).toEqual(["^^^^^"]);
  });

  test("a file that is no UTF-8 text is one clear line and exit code 2", async () => {
    const path = join(folder, "binary.policy");
    writeFileSync(path, Buffer.from("otherwise claude", "utf16le").fill(0xff, 0, 2));
    const { code, stdout, stderr } = await signalbox(["check", path, ...configuration]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`cannot read ${path}: it is not UTF-8 text\n`);
  });

  test("a configuration with an error is shown with line and column, exit code 1", async () => {
    const config = file("signalbox.yaml", "server: { prot: 1 }\n");
    const { code, stderr } = await signalbox([
      "check",
      "policies/tiers.policy",
      "--config",
      config,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("signalbox.yaml:1:11");
    expect(stderr).toContain("did you mean `port`?");
  });
});

test("a secret written into the configuration is refused, and reaches no terminal", async () => {
  const config = file(
    "literal.yaml",
    "providers:\n  a: { kind: openai, key: sk-very-secret-indeed }\n",
  );
  const { code, stdout, stderr } = await signalbox([
    "check",
    "policies/tiers.policy",
    "--config",
    config,
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain("literal.yaml:2:");
  expect(stdout + stderr).not.toContain("very-secret");
});

test("the errors of a configuration stand in the JSON of check too", async () => {
  const config = file("typo.yaml", "server: { prot: 1 }\n");
  const { code, stdout } = await signalbox([
    "check",
    "policies/tiers.policy",
    "--config",
    config,
    "--json",
  ]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    diagnostics: [{ severity: "error", range: { start: { line: 1, column: 11 } } }],
  });
});

test.each([["explain"], ["graph"]])(
  "%s of a policy with errors shows them and exits 1",
  async (command) => {
    const bad = file(
      "wrong.policy",
      "if tokens < 200 and intent is classfy then claude else claude\n",
    );
    const { code, stdout, stderr } = await signalbox([command, bad, ...configuration]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("error[P0203]");
  },
);

describe("init", () => {
  test("writes files that check, and never overwrites", async () => {
    const place = join(folder, "fresh");
    expect((await signalbox(["init", place])).code).toBe(0);
    expect((await signalbox(["check", join(place, "default.policy")])).code).toBe(0);
    const before = readFileSync(join(place, "default.policy"), "utf8");
    const again = await signalbox(["init", place]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("nothing was written");
    expect(readFileSync(join(place, "default.policy"), "utf8")).toBe(before);
  });
});

test("an unknown command is wrong usage", async () => {
  expect((await signalbox(["frobnicate"])).code).toBe(2);
  expect((await signalbox(["serve", "--port", "many"])).code).toBe(2);
});
