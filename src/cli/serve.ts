import type { Command } from "commander";
import { printable } from "../diagnostics/excerpt.ts";
import { type Gateway, startGateway } from "../gateway/start.ts";
import { StartError } from "../gateway/start-error.ts";
import { exitCode, printError, printLine, UsageError } from "./output.ts";
import { readableLog } from "./readable-log.ts";
import { createReplayGate } from "./replay-gate.ts";
import { findConfiguration } from "./workspace.ts";

interface ServeOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly policy?: string;
  readonly standIns?: boolean;
  readonly json?: boolean;
}

/** `serve`: the gateway, until a signal stops it. */
export function addServe(program: Command): void {
  program
    .command("serve")
    .description("run the gateway; policies and signalbox.yaml reload when they change")
    .option(
      "--config <file>",
      "the configuration; else ./signalbox.yaml or policies/signalbox.yaml",
    )
    .option("--policy <path>", "a policy file or folder instead of the configured one")
    .option("--host <host>", "listen here instead of the configured host")
    .option("--port <port>", "listen on this port; 0 picks a free one")
    .option("--stand-ins", "serve targets without a key or an answer by embedded stand-ins")
    .option("--json", "print the first line as JSON")
    .action((options: ServeOptions) => serve(options));
}

async function serve(options: ServeOptions): Promise<void> {
  const port = readPort(options.port);
  const gateway = await start(options, port);
  if (gateway === null) {
    process.exitCode = exitCode.findings;
    return;
  }
  // Before the first line: who has read it may send a signal at once.
  stopOnSignals(gateway);
  for (const { text } of gateway.problems) printError(`${text}\n`);
  if (options.json === true) printLine(JSON.stringify(firstLine(gateway)));
  else await printBanner(gateway);
}

async function start(options: ServeOptions, port: number | undefined): Promise<Gateway | null> {
  try {
    return await startGateway({
      configurationFile: findConfiguration(options.config, options.policy),
      policies: options.policy ?? null,
      standIns: options.standIns === true,
      gates: [createReplayGate()],
      ...(process.stderr.isTTY && options.json !== true
        ? { logTo: readableLog(process.stderr) }
        : {}),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(port === undefined ? {} : { port }),
    });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    if (!error.inFiles) throw new UsageError(error.message, { cause: error });
    printError(error.message);
    return null;
  }
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new UsageError(`--port takes 0 to 65535, not ${text}`);
  }
  return port;
}

function firstLine(gateway: Gateway): object {
  return {
    listening: gateway.url,
    ...(gateway.adminUrl === null ? {} : { admin: gateway.adminUrl }),
    policies: gateway.policies().map(({ name, hash }) => ({ name, hash })),
    targets: gateway.targets(),
  };
}

async function printBanner(gateway: Gateway): Promise<void> {
  const policies = gateway.policies();
  const targets = gateway.targets();
  const standIns = targets.filter(({ state }) => state === "stand-in").map(({ name }) => name);
  const ready = targets
    .filter(({ state }) => state !== "stand-in")
    .map(({ name, state }) => (state === "ready" || state === "up" ? name : `${name} (${state})`));
  printLine(`signalbox listens on ${gateway.url}/v1`);
  if (gateway.adminUrl !== null) printLine(`  operators  ${gateway.adminUrl}`);
  printLine(
    `  policies   ${policies.map(({ name, hash }) => `${name}@${hash?.slice(0, 8) ?? "not served"}`).join(", ")}`,
  );
  if (ready.length > 0) printLine(`  targets    ${ready.join(", ")}`);
  if (standIns.length > 0) {
    printLine(`  stand-ins  ${standIns.join(", ")} (no key, or no answer: their text is made up)`);
  }
  printLine("  Ctrl-C stops it; edit a policy and the next request follows it");
  for (const { kind, url, models } of await gateway.findServers()) {
    if (kind === null) continue;
    const some = models.slice(0, 3).join(", ");
    const word = printable(`${kind} at ${url}${some === "" ? "" : ` (${some})`}`);
    printLine(`  found      ${word}, not configured: \`signalbox doctor\` shows how`);
  }
}

/** A terminal and a parent that hands signals on can both deliver the one Ctrl-C: what comes so soon is no second one. */
const sameSignalMs = 300;

/** The first signal stops gracefully, the second at once; SIGHUP reopens the logs and reads the files anew. */
function stopOnSignals(gateway: Gateway): void {
  let stoppingSinceMs: number | null = null;
  let code: number = exitCode.fine;
  const stop = (): void => {
    if (stoppingSinceMs !== null) {
      if (performance.now() - stoppingSinceMs < sameSignalMs) return;
      code = exitCode.findings;
      void gateway.kill().finally(() => process.exit(code));
      return;
    }
    stoppingSinceMs = performance.now();
    printError("stopping: streams may finish; again to stop at once");
    // What becomes of it `stopped` tells, as where an operator asked for it over HTTP.
    gateway.close().catch(() => {});
  };
  gateway.stopped.then(
    () => process.exit(code),
    (error: unknown) => {
      printError(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exit(exitCode.findings);
    },
  );
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", () => {
    gateway.reopenLogs();
    void gateway.reload();
  });
}
