import { Command, CommanderError } from "commander";
import { toJson } from "../diagnostics/to-json.ts";
import { addBench } from "./bench.ts";
import { addCalibrate } from "./calibrate.ts";
import { addCheck } from "./check.ts";
import { addCompile } from "./compile.ts";
import { addDiff } from "./diff.ts";
import { addDoctor } from "./doctor.ts";
import { addExplain } from "./explain.ts";
import { addFmt } from "./fmt.ts";
import { addGraph } from "./graph.ts";
import { addInit } from "./init.ts";
import { addKey } from "./key.ts";
import { addLsp } from "./lsp.ts";
import { exitCode, FindingsError, printError, printJson, UsageError } from "./output.ts";
import { packageVersion } from "./package-version.ts";
import { addServe } from "./serve.ts";
import { addSimulate } from "./simulate.ts";
import { addTest } from "./test.ts";
import { addTrain } from "./train.ts";
import { renderAll } from "./workspace.ts";

function createProgram(): Command {
  const program = new Command("signalbox")
    .description("Routes LLM traffic by policy.")
    .version(packageVersion())
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(signalbox --help shows the commands)");
  for (const add of [
    addServe,
    addCheck,
    addFmt,
    addTest,
    addExplain,
    addSimulate,
    addDiff,
    addGraph,
    addTrain,
    addCalibrate,
    addCompile,
    addInit,
    addKey,
    addDoctor,
    addLsp,
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
  const program = createProgram();
  let wantsJson = false;
  program.hook("preAction", (_, command) => {
    wantsJson = command.optsWithGlobals()["json"] === true;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCode.fine : exitCode.usage;
    } else if (error instanceof UsageError) {
      printError(error.message);
      process.exitCode = exitCode.usage;
    } else if (error instanceof FindingsError) {
      if (wantsJson) printJson(findingsJson(error));
      else printFindings(error);
      process.exitCode = exitCode.findings;
    } else {
      throw error;
    }
  }
}

function printFindings({ diagnostics, sources, note }: FindingsError): void {
  printError(renderAll(diagnostics, sources, process.stderr));
  if (note !== null) printError(`\n${note}`);
}

/** What `--json` prints where findings keep a command from its own document. */
function findingsJson({ diagnostics, sources }: FindingsError): object {
  return { ok: false, diagnostics: diagnostics.map((each) => toJson(each, sources)) };
}

await main();
