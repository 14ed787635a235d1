import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Every source file of ours but the measurements, with its text. */
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.startsWith("bench/"))
  .map((name) => [name, readFileSync(join(root, "src", name), "utf8")] as const);

test.each<[string, RegExp]>([
  ["makes code from text", /(?<!\.)\beval\(|\bnew Function\b|\bFunction\(|from "node:vm"/],
  ["reads HTTP leniently", /insecureHTTPParser/],
  ["leaves a certificate unverified", /rejectUnauthorized: false|checkServerIdentity/],
  ["starts a program", /from "node:child_process"/],
  ["reads a proxy from the environment", /EnvHttpProxyAgent|HTTPS?_PROXY/i],
  ["follows redirects", /interceptors\.redirect|maxRedirections/],
])("no source %s", (_name, pattern) => {
  const found = sources.filter(([, text]) => pattern.test(text)).map(([name]) => name);
  expect(found).toEqual([]);
});

test("patterns of policies are never the runtime's own", () => {
  const made = sources.filter(([, text]) => /new RegExp\(/.test(text)).map(([name]) => name);
  expect(made.toSorted()).toMatchInlineSnapshot(`
    [
      "language/syntax/language-habits.ts",
      "language/syntax/slip-quotes.ts",
      "meaning/shipped-clues.ts",
      "runtime/bridge/language-model.ts",
    ]
  `);
});

test("the gateway's code runs where making code from text is forbidden and __proto__ is gone", async () => {
  const flags = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];
  const given = [
    "explain",
    "policies/hybrid.policy",
    "--request",
    '{"tokens":120,"intent":"classify"}',
  ];
  const { stdout } = await run(
    process.execPath,
    [...flags, "src/cli/main.ts", ...given, "--json"],
    { cwd: root },
  );
  expect(JSON.parse(stdout)).toMatchObject({ decision: { kind: "plan" } });
});
