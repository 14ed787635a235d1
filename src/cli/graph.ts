import { type Command, Option } from "commander";
import { lower } from "../language/graph/lower.ts";
import { drawPolicy } from "../language/service/draw-policy.ts";
import { toSvg } from "../language/service/draw-svg.ts";
import { toDot, toMermaid } from "../language/service/draw-text.ts";
import type { Drawing } from "../language/service/drawing.ts";
import { openPolicy } from "./open-policy.ts";

const formats: Readonly<Record<string, (drawing: Drawing) => string>> = {
  mermaid: toMermaid,
  dot: toDot,
  svg: toSvg,
  json: (drawing) => `${JSON.stringify(drawing, null, 2)}\n`,
};

interface GraphOptions {
  readonly config?: string;
  readonly format: string;
}

/** `graph FILE`: the decision graph that executes, as text or a picture. */
export function addGraph(program: Command): void {
  program
    .command("graph")
    .description("draw the decision graph of a policy")
    .argument("<file>", "a policy file")
    .option("--config <file>", "the configuration")
    .addOption(
      new Option("--format <format>", "of the picture")
        .choices(Object.keys(formats))
        .default("mermaid"),
    )
    .action((file: string, options: GraphOptions) => {
      const { policy } = openPolicy(file, options.config);
      process.stdout.write(formats[options.format]?.(drawPolicy(policy, lower(policy))) ?? "");
    });
}
