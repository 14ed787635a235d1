import { type Command, Option } from "commander";
import { didYouMean } from "../diagnostics/suggest.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import { createNamedFacts } from "../extract/named-facts.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { lower } from "../language/graph/lower.ts";
import { toDot } from "../language/service/draw-dot.ts";
import { toMermaid } from "../language/service/draw-mermaid.ts";
import {
  type DrawingPart,
  drawPolicy,
  machineReadable,
  readable,
} from "../language/service/draw-policy.ts";
import { toSvg } from "../language/service/draw-svg.ts";
import type { Drawing } from "../language/service/drawing.ts";
import { toDrawingJson } from "../language/service/drawing-json.ts";
import { doubtfulFacts } from "./doubtful-facts.ts";
import { readGivenFacts } from "./given-facts.ts";
import { type OpenPolicy, openPolicy } from "./open-policy.ts";
import { printError, UsageError } from "./output.ts";
import { settledFacts } from "./settled-facts.ts";

const formats: Readonly<Record<string, (drawing: Drawing) => string>> = {
  mermaid: toMermaid,
  dot: toDot,
  svg: toSvg,
  json: toDrawingJson,
};

interface GraphOptions {
  readonly config?: string;
  readonly format: string;
  readonly rule?: string;
  readonly when?: string;
}

/** `graph FILE`: the decision graph that executes, as text or a picture. */
export function addGraph(program: Command): void {
  program
    .command("graph")
    .description("draw the decision graph of a policy")
    .argument("<file>", "a policy file")
    .addOption(
      new Option("--format <format>", "of the picture")
        .choices(Object.keys(formats))
        .default("mermaid"),
    )
    .option("--when <json>", 'draw what these facts leave, e.g. \'{"tier":"free"}\', or @file')
    .option("--rule <id>", "draw the way to one rule")
    .option("--config <file>", "the configuration")
    .action((file: string, options: GraphOptions) => run(file, options));
}

async function run(file: string, options: GraphOptions): Promise<void> {
  const opened = openPolicy(file, options.config);
  const { policy } = opened;
  if (options.when !== undefined) await loadDerivations(policy.operands);
  const drawing = drawPolicy(policy, lower(policy), {
    ...(options.when === undefined ? {} : { settled: settledBy(options.when, opened) }),
    ...(options.rule === undefined ? {} : { rule: ruleId(policy, options.rule) }),
    limits: options.format === "json" ? machineReadable : readable,
  } satisfies DrawingPart);
  // What a picture leaves out must not be missed by who only looks at the picture's file.
  for (const note of drawing.notes) printError(note);
  process.stdout.write(formats[options.format]?.(drawing) ?? "");
}

function settledBy(
  when: string,
  { policy, configuration }: OpenPolicy,
): NonNullable<DrawingPart["settled"]> {
  const given = readGivenFacts("--when", when);
  const { names } = createNamedFacts(policy, configuration);
  const known = { facts: configuration.facts, read: names, intents: policy.intents };
  for (const doubt of doubtfulFacts(given, known)) {
    printError(`--when: ${doubt}`);
  }
  return settledFacts(policy, configuration, given);
}

/** The id of a rule that is given by its id or its name. */
function ruleId({ rules, name }: CheckedPolicy, asked: string): string {
  const found = rules.find(({ id }) => id === asked) ?? rules.find((rule) => rule.name === asked);
  if (found !== undefined) return found.id;
  const near = didYouMean(
    asked,
    rules.map(({ id }) => id),
  );
  const hint = near === null ? "" : `; did you mean \`${near}\`?`;
  throw new UsageError(`${name} has no rule \`${asked}\`${hint}`);
}
