import { execFileSync, spawn } from "node:child_process";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Runs the built command on `policies/`, from a folder that is not the checkout. */
const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist/src/cli/main.js");
const elsewhere = mkdtempSync(join(tmpdir(), "signalbox-built-"));
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [main, ...args], { cwd: elsewhere, encoding: "utf8" });

/** A request of a language client; `exit`, which has no answer, without an id. */
function lspMessage(method: string, id: number): string {
  const params =
    method === "initialize" ? { processId: null, rootUri: null, capabilities: {} } : undefined;
  const message = { jsonrpc: "2.0", ...(method === "exit" ? {} : { id }), method, params };
  const body = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

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
  const server = spawn(process.execPath, [main, "lsp"], { cwd: elsewhere });
  for (const [id, method] of ["initialize", "shutdown", "exit"].entries()) {
    server.stdin.write(lspMessage(method, id));
  }
  const greeting = await text(server.stdout);
  if (!greeting.includes('"hoverProvider":true'))
    throw new Error("the built language server does not answer");
  process.stdout.write(
    `built command: ${policies.length} policies checked, ${report.requests} requests replayed\n`,
  );
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}
