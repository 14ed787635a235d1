import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { patchLines } from "../../src/cli/line-diff.ts";
import { wantsColor } from "../../src/cli/output.ts";
import { policyFiles } from "../../src/cli/policy-files.ts";
import type { SarifLog } from "../../src/diagnostics/to-sarif.ts";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const configuration = ["--config", "policies/signalbox.yaml"];
const slips =
  'rule "short:\n  if tokens < 200K && intent is classfy\n  then local-gpu fallback gpt,\notherwise claude fallback qwne\n';
const mended =
  'rule "short":\n  if tokens < 200k and intent is classify\n  then local-gpu fallback gpt\notherwise claude fallback qwen\n';

describe("check --fix", () => {
  test("writes the file with every clear fix, says what it did, and has nothing left to do", async () => {
    const path = file("slips.policy", slips);
    const first = await signalbox(["check", path, "--fix", ...configuration]);
    expect(first.code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(mended);
    expect(first.stdout.match(/^fixed .*slips\.policy:\d+:\d+: P\d{4}: .*$/gm)).toHaveLength(6);
    expect(first.stdout).toContain('slips.policy:1:6: P0111: write `"short":`');
    expect(first.stdout).toMatch(/^1 file, 6 fixes, 0 errors, 0 warnings$/m);
    const second = await signalbox(["check", path, "--fix", ...configuration]);
    expect(second.stdout).toMatch(/^1 file, 0 fixes, 0 errors/m);
    expect(readFileSync(path, "utf8")).toBe(mended);
  });

  test("as a dry run shows the lines that would change, writes nothing, and exits 1", async () => {
    const path = file("dry.policy", slips);
    const args = ["check", path, "--fix", "--dry-run", ...configuration];
    const { code, stdout } = await signalbox(args);
    expect(code).toBe(1);
    expect(readFileSync(path, "utf8")).toBe(slips);
    expect(stdout).toContain("would fix");
    expect(stdout).toContain("-4 otherwise claude fallback qwne\n");
    expect(stdout).toContain("+4 otherwise claude fallback qwen\n");
  });

  test("mends a library, and what no fix can mend is left and told", async () => {
    const path = file(
      "shared.policy",
      "let short = tokens < 200K\nlet odd = nothing-like-it < 5\n",
    );
    const { code, stdout, stderr } = await signalbox(["check", path, "--fix", ...configuration]);
    expect(code).toBe(1);
    expect(readFileSync(path, "utf8")).toBe(
      "let short = tokens < 200k\nlet odd = nothing-like-it < 5\n",
    );
    expect(stderr).toContain("`nothing-like-it` is not a known fact or let");
    expect(stdout).toMatch(/1 fix, 1 error/);
  });

  test("touches nothing that is no policy", async () => {
    const path = file("left.policy", slips);
    const notes = file("notes.yaml", "a: 'b'\n");
    const { code, stderr } = await signalbox(["check", path, notes, "--fix", ...configuration]);
    expect(code).toBe(2);
    expect(stderr).toContain("notes.yaml is no policy: its name does not end in .policy");
    expect(readFileSync(path, "utf8")).toBe(slips);
  });

  test("touches no file when one of them cannot be read", async () => {
    const path = file("kept.policy", slips);
    const binary = file("binary.policy", "");
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    const { code, stderr } = await signalbox(["check", path, binary, "--fix", ...configuration]);
    expect(code).toBe(2);
    expect(stderr).toContain("it is not UTF-8 text");
    expect(readFileSync(path, "utf8")).toBe(slips);
  });

  test("does not write a file in which there is nothing to fix", async () => {
    const path = file("good.policy", mended);
    const { mtimeNs } = statSync(path, { bigint: true });
    await signalbox(["check", path, "--fix", ...configuration]);
    expect(statSync(path, { bigint: true }).mtimeNs).toBe(mtimeNs);
  });

  test("with --json lists its fixes beside what is left", async () => {
    const path = file("json.policy", slips);
    const { stdout } = await signalbox(["check", path, "--fix", "--json", ...configuration]);
    const { ok, fixed } = JSON.parse(stdout) as { ok: boolean; fixed: object[] };
    expect(ok).toBe(true);
    expect(fixed).toHaveLength(6);
    expect(fixed).toContainEqual(
      expect.objectContaining({ line: 4, column: 27, code: "P0202", title: "replace with `qwen`" }),
    );
  });

  test("--dry-run without it is wrong usage", async () => {
    const { code, stderr } = await signalbox(["check", "policies/tiers.policy", "--dry-run"]);
    expect({ code, lines: stderr.trim().split("\n").length }).toEqual({ code: 2, lines: 1 });
  });
});

describe("check over a folder", () => {
  beforeEach(() => {
    for (const name of ["tree/a.policy", "tree/deep/b.policy", "tree/node_modules/c.policy"]) {
      file(name, mended);
    }
    file("tree/notes.txt", "no policy");
  });

  test("looks at every policy below it, but at nobody else's", () => {
    const below = policyFiles([join(folder, "tree"), join(folder, "tree/a.policy")]);
    expect(below.map((path) => path.slice(folder.length))).toEqual([
      "/tree/a.policy",
      "/tree/deep/b.policy",
    ]);
  });

  test("counts them, and a folder without any is wrong usage", async () => {
    const { stdout } = await signalbox(["check", join(folder, "tree"), ...configuration]);
    expect(stdout).toMatch(/^2 files, 0 errors/m);
    mkdirSync(join(folder, "empty"), { recursive: true });
    const { code } = await signalbox(["check", join(folder, "empty"), ...configuration]);
    expect(code).toBe(2);
  });
});

describe("formats", () => {
  test("SARIF has a rule for each code, a region in UTF-16 columns, and the fix as a replacement", async () => {
    const path = file("wide 100%.policy", 'let 😀 = "😀" if tokns < 5 then gpt else claude');
    const args = ["check", path, "--format", "sarif", ...configuration];
    const { code, stdout } = await signalbox(args);
    expect(code).toBe(1);
    const { version, runs } = JSON.parse(stdout) as SarifLog;
    expect(version).toBe("2.1.0");
    const { tool, columnKind, results } = runs[0];
    expect(columnKind).toBe("utf16CodeUnits");
    const { rules } = tool.driver;
    for (const { ruleId, ruleIndex, locations } of results) {
      expect(rules[ruleIndex]?.id).toBe(ruleId);
      const { region, artifactLocation } = locations[0].physicalLocation;
      expect(region.startLine).toBeGreaterThan(0);
      expect(region.startColumn).toBeGreaterThan(0);
      expect(artifactLocation.uri).toMatch(/^(?:file:\/\/\/|policies\/)[^ ]+$/);
    }
    const misspelt = results.find(({ message }) => message.text.includes("`tokns`"));
    expect(misspelt?.locations[0].physicalLocation.artifactLocation.uri).toMatch(/wide%20100%25/);
    const region = { startLine: 1, startColumn: 18, endLine: 1, endColumn: 23 };
    expect(misspelt?.locations[0].physicalLocation.region).toEqual(region);
    expect(misspelt?.fixes?.[0].artifactChanges[0]?.replacements).toEqual([
      { deletedRegion: region, insertedContent: { text: "tokens" } },
    ]);
    expect(rules.every(({ help }) => help.text !== "" && help.markdown !== "")).toBe(true);
  });

  test("workflow commands name file, line and column, and hold no line break", async () => {
    const path = file("command.policy", "if tokns < 5 then gpt else claude fallback qwne\n");
    const { stdout } = await signalbox(["check", path, "--format", "github", ...configuration]);
    const errors = stdout.split("\n").filter((line) => line.startsWith("::error "));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(
      /file=.*command\.policy,line=1,col=4,endLine=1,endColumn=9,title=P0201/,
    );
    expect(errors[0]).toMatch(/::`tokns` is not a known fact or let; unknown name; did you mean/);
  });

  test("an unknown format is wrong usage", async () => {
    const { code } = await signalbox(["check", "policies/tiers.policy", "--format", "xml"]);
    expect(code).toBe(2);
  });
});

test.each<[Record<string, string>, boolean, boolean]>([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ TERM: "dumb" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, false, false],
  [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
])("with %j on a terminal (%s) colour is %s", (environment, isTTY, colored) => {
  expect(wantsColor({ isTTY }, environment)).toBe(colored);
});

test("colours reach the output when they are forced, and none otherwise", async () => {
  const path = file("colour.policy", "otherwise cluade\n");
  const env = { FORCE_COLOR: "1", NO_COLOR: "" };
  const colored = await signalbox(["check", path, ...configuration], { env });
  expect(colored.stderr).toContain("\u001b[1;31merror[P0202]\u001b[0m");
  const plain = await signalbox(["check", path, ...configuration]);
  expect(plain.stderr).not.toContain("\u001b");
});

test.each([
  ["a\nb\nc", "a\nx\nc", ["-2 b", "+2 x"]],
  ["a\nb", "a\nb", []],
  ["a\nb", "a", ["-2 b"]],
  ["a", "a\nb", ["+2 b"]],
  ["a\nb\nc\nd", "b\nc\nx\nd", ["-1 a", "+3 x"]],
  ["a\r\nb", "a\r\nc", ["-2 b", "+2 c"]],
])("%j and %j differ in %j", (before, after, lines) => {
  expect(patchLines(before, after)).toEqual(lines);
});
