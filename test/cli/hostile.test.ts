import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin/signalbox.mjs", import.meta.url));
const config = fileURLToPath(new URL("../../policies/signalbox.yaml", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "signalbox-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Tells the peak of the child's own memory, in kilobytes, when it ends. */
const telling = `process.on("exit", () => process.stdout.write(\`\\npeak \${process.resourceUsage().maxRSS}\\n\`))`;

interface Checked {
  readonly code: number;
  readonly stderr: string;
  readonly peakMb: number;
}

function check(text: string, name: string): Promise<Checked> {
  const path = join(folder, `${name}.policy`);
  writeFileSync(path, text);
  const preload = `data:text/javascript,${encodeURIComponent(telling)}`;
  const args = ["--import", preload, bin, "check", path, "--config", config];
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, stderr, peakMb: Number(/peak (\d+)/.exec(stdout)?.[1]) / 1024 });
    });
  });
}

const times = (count: number, text: string): string => text.repeat(count);

/** Texts that an attacker or an accident leaves where a policy belongs, and the code that each ends in. */
const hostile: readonly (readonly [name: string, text: string, code: string])[] = [
  ["ten megabytes", times(400_000, "if tokens < 200 then claude\n"), "P0109"],
  ["a million words", times(1_000_000, "a "), "P0109"],
  ["100,000 parentheses", `if ${times(100_000, "(")}stream`, "P0108"],
  ["100,000 brackets", `if team in ${times(100_000, "[")}a`, "P0108"],
  ["100,000 nots", `if ${times(100_000, "not ")}stream`, "P0108"],
  ["a word of a megabyte", `if ${times(1_000_000, "x")} then claude else gpt`, "P0201"],
  ["a number of a megabyte", `if tokens < ${times(1_000_000, "9")} then claude`, "P0307"],
  ["a text of a megabyte without an end", `rule "${times(500_000, "x ")}`, "P0111"],
  ["two million quotes", times(2_000_000, "'"), "P0109"],
  ["two million zero bytes", times(2_000_000, "\0"), "P0101"],
  ["half a million emoji", times(500_000, "😀 "), "P0109"],
  ["words run together without end", `if stream then${times(9_000, "claudefallback")}`, "P0130"],
  ["a file that uses itself", 'use "./itself.policy"', "P0213"],
  ["a pattern that compiles to a million steps", pattern("(a{1000}){1000}"), "P0311"],
  ["a pattern that grows with each level", pattern("((((((a{9}){9}){9}){9}){9}){9}){9}"), "P0311"],
  ["40,000 rules, each with an error", times(20_000, "if tokns < 2 then cluade\n"), "P0129"],
  ["20,000 rules that do not parse", times(20_000, "if a <> 2 then then b ;\n"), "P0129"],
  ["50,000 fallbacks", `otherwise claude${times(50_000, " fallback gpt")}`, "P0316"],
  ["40,000 arms of one rule", times(39_000, "if a then b else "), "P0102"],
  ["25,000 tests of nothing", `otherwise claude\n${tests(25_000)}`, "P0129"],
];

function pattern(text: string): string {
  return `if prompt matches /${text}/ then claude else gpt`;
}

function tests(count: number): string {
  const rows = Array.from({ length: count }, (_, at) => `test "t${at}" given tokns 1 expect gpt`);
  return rows.join("\n");
}

const mostMb = 500;

test.each(hostile)("%s ends in a diagnostic, within 500 MB", async (name, text, code) => {
  const checked = await check(text, name === "a file that uses itself" ? "itself" : "hostile");
  expect(checked.code).toBe(1);
  expect(checked.stderr).toContain(`error[${code}]`);
  // What is told is for people: it does not repeat a megabyte.
  expect(checked.stderr.length).toBeLessThan(200_000);
  expect(checked.peakMb).toBeLessThan(mostMb);
});

test("a device without an end is one clear line", async () => {
  const args = [bin, "check", "/dev/zero", "--config", config];
  const [code, stderr] = await new Promise<[number, string]>((resolve) => {
    execFile(process.execPath, args, (error, _, told) => resolve([Number(error?.code), told]));
  });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "cannot read /dev/zero: it is larger than 64 MB\n",
  });
});
