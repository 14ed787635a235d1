import type { CheckedOptions } from "../../language/checker/checked-policy.ts";
import type { Program } from "../../language/program/program.ts";

/** What of an option a replay cannot know, by the option's key; null where it plays all of it. */
const unplayed: readonly {
  readonly why: string;
  readonly is: (options: CheckedOptions) => boolean;
}[] = [
  {
    why: "`accept`: every answer is taken as accepted, since the log does not hold answers",
    is: ({ accept }) => accept !== undefined,
  },
  {
    why: "`cache semantic`: only prompts that are the very same find a kept answer",
    is: ({ cache }) => cache?.kind === "semantic",
  },
  {
    why: "`shadow`: what is sent beside a request is not",
    is: ({ shadow }) => shadow !== undefined,
  },
];

/** What of a policy is not played, in words. */
export function notPlayedOf(program: Program): readonly string[] {
  const options = program.alsos.map((also) => also.options);
  for (let index = 0; index < program.branchCount; index += 1) {
    const { action } = program.branch(index);
    if (action.kind === "plan") options.push(action.options);
  }
  return unplayed.filter(({ is }) => options.some(is)).map(({ why }) => why);
}
