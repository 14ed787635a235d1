import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { reasonOf } from "../files/read-files.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { modelsText } from "../simulator/models/models-file.ts";
import { printModels } from "../simulator/models/print-models.ts";
import { fittedModels } from "./fitted-models.ts";
import { logArgument } from "./log-files.ts";
import { addLogOptions } from "./open-log.ts";
import { inOrderOfTime } from "./order-files.ts";
import { exitCode, printLine, UsageError } from "./output.ts";
import { replaceFile } from "./replace-file.ts";
import { openWorkspace } from "./workspace.ts";

interface ProvidersOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly format?: LogFormat;
  readonly map?: string;
  readonly config?: string;
  readonly json?: boolean;
}

const describeHelp = `
The file holds, for each target that the log names, how long it takes to answer, what fails there and how often, and
when it was down: plain JSON, to look at and to change. The references are operations/SIMULATE.md and, for logs, LOGS.md.`;

/** `calibrate providers LOG [-o FILE]`: models of the targets of a log, for replays in the simulator. */
export function addCalibrateProviders(calibrate: Command): void {
  const command = calibrate
    .command("providers")
    .description(
      "learn from a log how each target behaves, for replays: its speed, failures and outages",
    )
    .argument("<log...>", logArgument)
    .option("-o, --output <file>", "where the models are written; - for stdout", "providers.json")
    .option("--force", "replace a file that is there already");
  // The options of `calibrate` are not for it.
  addLogOptions(command.configureHelp({ showGlobalOptions: false }))
    .option("--config <file>", "the configuration")
    .option("--json", "print the models as one JSON document")
    .addHelpText("after", describeHelp)
    .action((log: readonly string[], _: unknown, self: Command) => {
      refuseOthersOptions(calibrate, self);
      // Options that `calibrate` has too are taken by it, wherever they stand.
      return run(log, self.optsWithGlobals());
    });
}

/** Options of `calibrate` itself: here they would do nothing. */
function refuseOthersOptions(calibrate: Command, self: Command): void {
  const own = new Set(self.options.map(({ long }) => long));
  for (const option of calibrate.options) {
    if (own.has(option.long) || calibrate.getOptionValueSource(option.attributeName()) !== "cli")
      continue;
    throw new UsageError(`${option.long} is for \`calibrate LOG\`, not for its \`providers\``);
  }
}

async function run(paths: readonly string[], options: ProvidersOptions): Promise<void> {
  const { output } = options;
  const toStdout = output === "-";
  const isThere = !toStdout && existsSync(output);
  if (isThere && options.force !== true) {
    throw new UsageError(`${output} is there already: --force replaces it, -o names another file`);
  }
  const { configuration, note } = openWorkspace(
    options.config,
    paths[0] === "-" ? undefined : paths[0],
  );
  const ordered = await inOrderOfTime(paths, options, configuration);
  const models = await fittedModels(ordered, options, configuration);
  if (models.targets.size === 0) {
    throw new UsageError(`${paths.join(" ")} names no target that was asked: nothing was written`);
  }
  const text = modelsText(models);
  if (!toStdout) write(output, text, isThere);
  if (toStdout || options.json === true) process.stdout.write(text);
  else {
    printLine(printModels(models));
    if (note !== null) printLine(`\n${note}`);
    printLine(`\n${isThere ? "replaced" : "wrote"} ${output}`);
  }
  process.exitCode = exitCode.fine;
}

function write(path: string, text: string, isThere: boolean): void {
  if (isThere) {
    replaceFile(path, text);
    return;
  }
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (cause) {
    throw new UsageError(`cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
}
