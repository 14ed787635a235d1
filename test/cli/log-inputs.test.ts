import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, expect, test } from "vitest";
import { findLog } from "../../src/cli/log-files.ts";
import type { Description } from "../../src/simulator/description.ts";
import { signalbox } from "../support/command.ts";
import { logSamples } from "../support/log-samples.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-logs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const record = (tokens: number): string =>
  `${JSON.stringify({ v: 1, time: "2026-11-23T10:00:00.000Z", id: `r${tokens}`, facts: { tokens, intent: "classify" } })}\n`;

const files: Readonly<Record<string, string | Buffer>> = {
  "day/a.jsonl": record(1),
  "day/b.jsonl.gz": gzipSync(`${record(2)}{oops\n`),
  "day/deep/c.jsonl.zst": zstdCompressSync(record(3)),
  "day/d.csv": "tokens,intent\n900,chat\n",
  "day/e.parquet": Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: "tokens", data: [5n, 6n], type: "INT64" },
        { name: "intent", data: ["classify", "chat"], type: "STRING" },
      ],
    }),
  ),
  "day/notes.md": "no log",
  "day/.hidden.jsonl": record(9),
  "cut.jsonl.gz": gzipSync(record(7).repeat(500)).subarray(0, -12),
  "none/readme.md": "no log",
  "litellm.jsonl": logSamples.find(({ format }) => format === "litellm")?.text ?? "",
};
for (const [name, content] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}
const at = (name: string): string => join(folder, name);

const policy = ["--policy", "policies/hybrid.policy"];

test("a folder stands for the logs beneath it, plain, packed, as tables and as Parquet, each line with its file", async () => {
  const { code, stdout } = await signalbox(["simulate", at("day"), ...policy, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    requests: 6,
    skipped: 1,
    skippedLines: [
      { line: 2, file: at("day/b.jsonl.gz"), reason: expect.stringContaining("not JSON") },
    ],
  });
  const text = await signalbox(["simulate", at("day"), ...policy]);
  expect(text.stderr).toContain(`${at("day/b.jsonl.gz")}:2: skipped: not JSON`);
});

test("what is no regular file only flows: it is there to be read once", () => {
  const opens = findLog(["/dev/null", at("day/a.jsonl"), "-"]).files.map(({ open }) => open);
  expect(opens).toEqual([null, expect.any(Function), null]);
});

test("files and globs add up in the order in which they are named", async () => {
  const named = [at("day/a.jsonl"), at("day/*.gz"), at("day/d.csv")];
  const { stdout } = await signalbox(["simulate", ...named, "--describe", "--json"]);
  const { files: read } = JSON.parse(stdout) as Description;
  expect(read.map(({ name, requests }) => [name.slice(folder.length + 1), requests])).toEqual([
    ["day/a.jsonl", 1],
    ["day/b.jsonl.gz", 1],
    ["day/d.csv", 1],
  ]);
});

test("stdin is a log too, packed or not", async () => {
  for (const bytes of [Buffer.from(record(4)), gzipSync(record(4)), zstdCompressSync(record(4))]) {
    const stdout = await new Promise<string>((resolve) => {
      const child = spawn(
        process.execPath,
        ["bin/signalbox.mjs", "simulate", "-", ...policy, "--json"],
        {
          stdio: ["pipe", "pipe", "inherit"],
        },
      );
      let out = "";
      child.stdout.on("data", (piece) => {
        out += String(piece);
      });
      child.on("close", () => resolve(out));
      child.stdin.end(bytes);
    });
    expect(JSON.parse(stdout)).toMatchObject({ requests: 1, skipped: 0, missing: [] });
  }
});

test.each<[string, readonly string[], RegExp]>([
  [
    "an archive that is cut off",
    ["cut.jsonl.gz"],
    /cut\.jsonl\.gz: its gzip is damaged or cut off near byte [\d,]+ of the packed file/,
  ],
  ["a file that is not there", ["nothing.jsonl"], /cannot read .*nothing\.jsonl: no such file/],
  ["a glob that nothing matches", ["day/*.xyz"], /cannot read .*\*\.xyz: no file is named so/],
  ["a folder without a log", ["none"], /none holds no log: none of its files ends in \.jsonl/],
])("%s is wrong usage, told in a line", async (_, names, message) => {
  const { code, stderr } = await signalbox(["simulate", ...names.map(at), ...policy]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("without a policy simulate says what it wants; a log alone can be described", async () => {
  const without = await signalbox(["simulate", at("litellm.jsonl")]);
  expect(without).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--describe looks at the log alone"),
  });
  const { code, stdout } = await signalbox(["simulate", at("litellm.jsonl"), "--describe"]);
  expect(code).toBe(0);
  expect(stdout).toContain("3 requests: litellm (3)");
  expect(stdout).toMatch(/rate_limited 1/);
  const under = await signalbox(["simulate", at("litellm.jsonl"), "--describe", ...policy]);
  expect(under.stdout).toMatch(/intent +1 \(33\.3 %\) +1/);
});

test("calibrate reads the same logs, of other gateways too", async () => {
  const log = at("litellm.jsonl");
  const { code, stderr, stdout } = await signalbox([
    ...["calibrate", log, log, ...policy, "--target-share", "50%", "--json"],
  ]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ requests: 6, fact: "tokens" });
});

test("help names every format and what a map may say", async () => {
  const { stdout } = await signalbox(["simulate", "--help"]);
  for (const { format } of logSamples) expect(stdout).toMatch(new RegExp(`^  ${format} +\\S`, "m"));
  expect(stdout).toContain("cache_hit");
});
