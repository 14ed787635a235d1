import type { Command } from "commander";
import { type Gateway, startGateway } from "../gateway/start.ts";
import { exitCode, printError, printJson, printLine, UsageError } from "./output.ts";
import { configurationEnvironment, findConfiguration } from "./workspace.ts";

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

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError(`--port takes 0 to 65535, not ${text}`);
  return port;
}
