import { execFile } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { diffLines } from "../../src/cli/line-diff.ts";
import { type Ran, signalbox } from "../support/command.ts";

const untidy = "if tokens<200 and intent=classify then a else b # why\n";
const tidy = "if tokens < 200 and intent is classify then a else b # why\n";
const broken = "if tokens < then a\n";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-fmt-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const contentOf = (path: string): string => readFileSync(path, "utf8");

/** Runs the command with a text on stdin. */
function withInput(args: readonly string[], input: string | Buffer): Promise<Ran> {
  const bin = fileURLToPath(new URL("../../bin/signalbox.mjs", import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [bin, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

describe("fmt", () => {
  test("writes what changes in its place, and leaves the rest alone", async () => {
    const [first, second] = [file("a.policy", untidy), file("b.policy", tidy)];
    const before = statSync(second).mtimeMs;
    const { code, stdout, stderr } = await signalbox(["fmt", first, second]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`formatted ${first}\n2 files, 1 formatted\n`);
    expect(contentOf(first)).toBe(tidy);
    expect(statSync(second).mtimeMs).toBe(before);
    expect(readdirSync(folder).toSorted()).toEqual(["a.policy", "b.policy"]);
  });

  test("keeps a file's mode, and a link a link", async () => {
    const path = file("real.policy", untidy);
    chmodSync(path, 0o666);
    const link = join(folder, "link.policy");
    symlinkSync(path, link);
    expect((await signalbox(["fmt", link])).code).toBe(0);
    expect(contentOf(path)).toBe(tidy);
    expect(statSync(path).mode & 0o777).toBe(0o666);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  test("takes a folder as all policies below it, but for hidden ones and packages, and no file twice", async () => {
    const formatted = [file("a.policy", untidy), file("deep/er/b.policy", untidy)];
    const others = ["node_modules/c.policy", ".hidden/d.policy", "deep/notes.txt"];
    for (const name of others) file(name, untidy);
    const { code, stdout } = await signalbox(["fmt", folder, join(folder, "a.policy")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/2 files, 2 formatted\n$/);
    for (const path of formatted) expect(contentOf(path)).toBe(tidy);
    for (const name of others) expect(contentOf(join(folder, name))).toBe(untidy);
  });

  test("--check changes nothing, lists what would change with the lines, and exits 1", async () => {
    const [first, second] = [file("a.policy", `# kept\n${untidy}`), file("b.policy", tidy)];
    const { code, stdout } = await signalbox(["fmt", "--check", first, second]);
    expect(code).toBe(1);
    expect(stdout).toBe(`${first}\n  line 2:\n  - ${untidy}  + ${tidy}2 files, 1 to format\n`);
    expect(contentOf(first)).toBe(`# kept\n${untidy}`);
    expect((await signalbox(["fmt", "--check", second])).code).toBe(0);
  });

  test("--check shows the first lines of a long difference, and says what cannot be seen", async () => {
    const long = file("a.policy", untidy.repeat(300));
    const { stdout } = await signalbox(["fmt", "--check", long]);
    expect(stdout.split("\n").length).toBeLessThan(30);
    expect(stdout).toContain("  …\n");
    const ends = file("b.policy", `\ufeff${tidy}`);
    expect((await signalbox(["fmt", "--check", ends])).stdout).toContain("a byte order mark\n");
    const mixed = file("c.policy", "let a = b\r\nlet c = d\nlet e = f\n");
    expect((await signalbox(["fmt", "--check", mixed])).stdout).toContain("only line ends");
  });

  test("--check prints no control characters that a file holds", async () => {
    const { stdout } = await signalbox([
      "fmt",
      "--check",
      file("a.policy", "let  a = b # \u001b[2J"),
    ]);
    expect(stdout).not.toContain("\u001b");
  });

  test("--stdout prints the formatted policies and nothing else", async () => {
    const path = file("a.policy", untidy);
    expect(await signalbox(["fmt", "--stdout", path])).toEqual({
      code: 0,
      stdout: tidy,
      stderr: "",
    });
    expect(contentOf(path)).toBe(untidy);
  });

  test("a file with syntax errors is left alone and told of, the others are done, and the exit code is 1", async () => {
    const [bad, good] = [file("a.policy", broken), file("b.policy", untidy)];
    const { code, stdout, stderr } = await signalbox(["fmt", bad, good]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error\[P01\d\d\][\s\S]*a\.policy:1:/);
    expect(stdout).toBe(`formatted ${good}\n2 files, 1 formatted, 1 with syntax errors\n`);
    expect(contentOf(bad)).toBe(broken);
    expect(contentOf(good)).toBe(tidy);
  });

  test("- reads stdin and writes stdout", async () => {
    expect(await withInput(["fmt", "-"], untidy)).toEqual({ code: 0, stdout: tidy, stderr: "" });
    expect((await withInput(["fmt", "-", "--check"], tidy)).code).toBe(0);
    const checked = await withInput(["fmt", "-", "--check"], untidy);
    expect(checked).toMatchObject({ code: 1, stderr: "" });
    expect(checked.stdout).toMatch(/^<stdin>\n/);
    const failed = await withInput(["fmt", "-"], broken);
    expect({ ...failed, stderr: "" }).toEqual({ code: 1, stdout: "", stderr: "" });
    expect(failed.stderr).toContain("<stdin>:1:");
  });

  test.each<[string, (path: string) => readonly string[], RegExp]>([
    ["no file", () => [], /missing required argument/],
    ["a file that is not there", (path) => [path, join(path, "..", "none.policy")], /no such file/],
    [
      "a folder without policies",
      (path) => [path, join(path, "..", "empty")],
      /no \.policy file below/,
    ],
    ["stdin and a file", (path) => ["-", path], /stands alone/],
    ["--check with --stdout", (path) => ["--check", "--stdout", path], /cannot be used with/],
  ])("%s is wrong usage: exit code 2, and nothing is written", async (_, args, message) => {
    const path = file("a.policy", untidy);
    mkdirSync(join(folder, "empty"));
    const { code, stdout, stderr } = await signalbox(["fmt", ...args(path)]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(contentOf(path)).toBe(untidy);
  });

  test("bytes that are no text, and more of them than a policy may have, are refused", async () => {
    const notText = await withInput(["fmt", "-"], Buffer.from([0xff, 0xfe, 0x00]));
    expect(notText).toMatchObject({ code: 2, stdout: "" });
    expect(notText.stderr).toContain("it is not UTF-8 text");
    const long = await withInput(["fmt", "-"], Buffer.alloc(9_000_000, "#"));
    expect(long).toMatchObject({ code: 2, stdout: "" });
    expect(long.stderr).toContain("more than a policy may");
  });

  test("finds nothing to do in policies/, nor in what `init` writes", async () => {
    expect((await signalbox(["init", join(folder, "new")])).code).toBe(0);
    const { code, stdout } = await signalbox(["fmt", "--check", "policies", join(folder, "new")]);
    expect({ code, stdout }).toMatchObject({ code: 0 });
  });
});

describe("the lines that differ", () => {
  test.each([
    ["nothing", "a b c", "a b c", []],
    ["a line changed", "a b c", "a x c", [{ line: 2, removed: ["b"], added: ["x"] }]],
    ["a line more", "a b", "a x b", [{ line: 2, removed: [], added: ["x"] }]],
    ["a line less", "a b c", "a c", [{ line: 2, removed: ["b"], added: [] }]],
    ["the end", "a", "a b", [{ line: 2, removed: [], added: ["b"] }]],
    ["a line before an empty one", "a  b", "x  b", [{ line: 1, removed: ["a"], added: ["x"] }]],
    ["everything", "a b", "c d", [{ line: 1, removed: ["a", "b"], added: ["c", "d"] }]],
  ])("%s", (_, before, after, changes) => {
    expect(diffLines(before.split(" "), after.split(" "), 10)).toEqual(changes);
  });
});
