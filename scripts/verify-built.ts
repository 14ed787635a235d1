import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Runs the built command on `policies/`, from a folder that is not the checkout. */
const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist/src/cli/main.js");
const elsewhere = mkdtempSync(join(tmpdir(), "signalbox-built-"));
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [main, ...args], { cwd: elsewhere, encoding: "utf8" });

try {
  const policies = globSync(join(root, "policies/*.policy"));
  const checked = JSON.parse(run("check", ...policies, "--json")) as { ok: boolean };
  if (!checked.ok) throw new Error("the built command finds errors in policies/");
  const log = join(root, "policies/traffic.sample.jsonl");
  const report = JSON.parse(
    run("simulate", log, "--policy", join(root, "policies/hybrid.policy"), "--json"),
  ) as { requests: number; skipped: number };
  if (report.requests === 0 || report.skipped > 0)
    throw new Error("the built command cannot read the sample log");
  run("init", "fresh");
  run("check", "fresh/default.policy");
  process.stdout.write(
    `built command: ${policies.length} policies checked, ${report.requests} requests replayed\n`,
  );
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}
