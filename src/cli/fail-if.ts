import type { Configuration } from "../configuration/configuration.ts";
import { type FailIf, figureLines, parseFailIf } from "../simulator/fail-if.ts";
import { needsAgainst, needsReplay } from "../simulator/gate-figures.ts";
import { UsageError } from "./output.ts";
import { asksReplay, type WhatIfOptions } from "./what-if.ts";

export const failIfHelp =
  "exit with 1 where this holds, such as `cost.delta > 5%`; may be given several times";

export const figuresHelp = `
Figures for --fail-if, compared by > >= < <= == != with a value in %, $, ms, s or m, or a plain
number. With --against they are of that policy, and differences are what it has more than --policy:
${figureLines().join("\n")}
`;

/** Collects an option that may be given several times. */
export const several = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

interface FailIfOptions extends WhatIfOptions {
  readonly failIf?: readonly string[];
  readonly against?: string;
}

/** The conditions of the options. Throws a UsageError for one that is not understood, or that these options never tell. */
export function conditionsOf(
  options: FailIfOptions,
  { targets }: Pick<Configuration, "targets">,
): readonly FailIf[] {
  return (options.failIf ?? []).map((text) => {
    const parsed = parseFailIf(text, targets.keys());
    if (!parsed.ok) throw new UsageError(`--fail-if ${parsed.message}`);
    const { name, figure } = parsed.condition;
    const lacks = (why: string) => new UsageError(`--fail-if \`${name}\`: ${why}`);
    if (figure.needs.includes("replay") && !asksReplay(options)) throw lacks(needsReplay);
    if (figure.needs.includes("against") && options.against === undefined)
      throw lacks(needsAgainst);
    return parsed.condition;
  });
}
