import type { Configuration } from "../configuration/configuration.ts";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import { Describer, neededFacts } from "../simulator/describe.ts";
import type { Description } from "../simulator/description.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { createLogTargets } from "../simulator/log-targets.ts";
import { printDescription } from "../simulator/print-description.ts";
import { readLog } from "../simulator/read-log.ts";
import { simulate } from "../simulator/simulate.ts";
import { columnsOf, withLog } from "./open-log.ts";
import { openPolicy } from "./open-policy.ts";
import { exitCode, printJson, printLine } from "./output.ts";
import { openWorkspace } from "./workspace.ts";

interface DescribeOptions {
  readonly policy?: string;
  readonly config?: string;
  readonly format?: LogFormat;
  readonly map?: string;
  readonly json?: boolean;
}

/** `simulate --describe LOG [--policy A]`: what a log holds, and which facts of the policy it lacks. */
export async function printDescribed(
  paths: readonly string[],
  options: DescribeOptions,
): Promise<void> {
  const described =
    options.policy === undefined
      ? await alone(paths, options)
      : await under(paths, options.policy, options);
  if (options.json === true) printJson(described);
  else printLine(printDescription(described));
  process.exitCode = exitCode.fine;
}

/** Lines after which progress is shown. */
const linesPerProgress = 512;

function readingOf(options: DescribeOptions, configuration: Configuration) {
  return { format: options.format ?? null, map: columnsOf(options.map, configuration) };
}

function alone(paths: readonly string[], options: DescribeOptions): Promise<Description> {
  const { configuration } = openWorkspace(options.config, paths[0] === "-" ? undefined : paths[0]);
  const describer = new Describer(configuration);
  const { facts } = configuration;
  const targetOf = createLogTargets(configuration).served;
  let lines = 0;
  return withLog(paths, async (log, show) => {
    const told = (): void => {
      lines += 1;
      if (lines % linesPerProgress === 0) show(log.bytesRead(), lines);
    };
    await readLog(
      log,
      { ...readingOf(options, configuration), facts, targetOf },
      {
        request(request) {
          told();
          describer.request(request);
        },
        skip(...line) {
          told();
          describer.skip(...line);
        },
      },
    );
    return describer.description(null);
  });
}

/** With a policy the log is replayed as well: only that says which decisions ask for what it lacks. */
function under(
  paths: readonly string[],
  file: string,
  options: DescribeOptions,
): Promise<Description> {
  const { policy, configuration } = openPolicy(file, options.config);
  const facts = neededFacts(policy, configuration);
  const describer = new Describer(configuration, facts);
  return withLog(paths, async (log, onProgress) => {
    const report = await simulate({
      ...{ log, configuration, onProgress, nowMs: Date.now(), onLogged: describer },
      ...readingOf(options, configuration),
      programs: { a: compile(policy, lower(policy)) },
    });
    return describer.description({ facts, report });
  });
}
