import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { BugError } from "../base/assert.ts";
import { addBench } from "./bench.ts";
import { addCheck } from "./check.ts";
import { addExplain } from "./explain.ts";
import { addGraph } from "./graph.ts";
import { addInit } from "./init.ts";
import { exitCode, FindingsError, printError, UsageError } from "./output.ts";
import { addServe } from "./serve.ts";
import { addSimulate } from "./simulate.ts";
import { addTest } from "./test.ts";
import { renderAll } from "./workspace.ts";

function version(): string {
  for (const place of ["../../package.json", "../../../package.json"]) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Sources stand two folders below the package, the build three.
    }
  }
  throw new BugError("package.json is not where the package keeps it");
}

function createProgram(): Command {
  const program = new Command("signalbox")
    .description("Routes LLM traffic by policy.")
    .version(version())
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(signalbox --help shows the commands)");
  for (const add of [
    addServe,
    addCheck,
    addTest,
    addExplain,
    addSimulate,
    addGraph,
    addInit,
    addBench,
  ]) {
    add(program);
  }
  return program;
}

/** Runs one command; every way to fail ends in one clear message and an exit code of the contract. */
async function main(): Promise<void> {
  // A reader that has seen enough (`| head`) is no error of ours.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
  try {
    await createProgram().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCode.fine : exitCode.usage;
    } else if (error instanceof UsageError) {
      printError(error.message);
      process.exitCode = exitCode.usage;
    } else if (error instanceof FindingsError) {
      printError(renderAll(error.diagnostics, error.sources, process.stderr));
      process.exitCode = exitCode.findings;
    } else {
      throw error;
    }
  }
}

await main();
