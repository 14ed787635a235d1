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

/** What of a replay's requests could not be played as it was. */
export interface Untold {
  readonly requests: number;
  /** Came to the replay after later ones. */
  readonly late: number;
  /** Wanted a kept answer while nothing tells what they ask. */
  readonly unkeyed: number;
}

/** More late ones than this share are no accident: the log is not in order. */
const mostLate = 0.05;

/** What a log whose requests are not in order comes to, in words; null for one that is. */
export function orderNote({ requests, late }: Pick<Untold, "requests" | "late">): string | null {
  if (late <= requests * mostLate) return null;
  return `the log's order: ${late} of ${requests} requests stand behind later ones, so that they come at one moment with those, and no time, queue or limit here is to be trusted. Sort the log by time, oldest first`;
}

function untoldOf({ unkeyed, ...order }: Untold): readonly string[] {
  const note = orderNote(order);
  const lines = note === null ? [] : [note];
  if (unkeyed > 0)
    lines.push(
      `\`cache\`: ${unkeyed} of ${order.requests} requests bear no \`cacheKey\`, so that no kept answer is found for them`,
    );
  return lines;
}

/** What of a policy, and of a log under it, is not played, in words. */
export function notPlayedOf(program: Program, untold: Untold): readonly string[] {
  const options = program.alsos.map((also) => also.options);
  for (let index = 0; index < program.branchCount; index += 1) {
    const { action } = program.branch(index);
    if (action.kind === "plan") options.push(action.options);
  }
  const ofPolicy = unplayed.filter(({ is }) => options.some(is)).map(({ why }) => why);
  return [...untoldOf(untold), ...ofPolicy];
}
