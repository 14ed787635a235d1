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
    why: "`shadow`: what is sent beside a request is not",
    is: ({ shadow }) => shadow !== undefined,
  },
];

/** What of a replay's requests could not be played as it was. */
export interface Untold {
  readonly requests: number;
  /** Came to the replay after later ones. */
  readonly late: number;
  /** The same, of lines of the batch lane. */
  readonly lateLines: number;
  /** Wanted a kept answer while nothing tells what they ask. */
  readonly unkeyed: number;
  /** Wanted an answer to a like prompt while the log does not tell theirs. */
  readonly promptless: number;
  /** The same while the log holds no answer to them. */
  readonly wordless: number;
  /** The target that would place prompts by meaning; null where no policy asks for one, or the package's own table does. */
  readonly embeddings: string | null;
  /** Targets whose batches are taken to take a time that nobody told. */
  readonly assumed: readonly string[];
  /** Attempts by target whose times nothing measured tells. */
  readonly guessed: ReadonlyMap<string, number>;
  /** Waited as lines of clients' batches do, while their records do not tell whether they were that. */
  readonly doubtful: number;
}

/** More late ones than this share are no accident: the log is not in order. */
export const mostLate = 0.05;

/** What a log whose requests are not in order comes to, in words; null for one that is. */
export function orderNote({ requests, late }: Pick<Untold, "requests" | "late">): string | null {
  if (late <= requests * mostLate) return null;
  return `the log's order: ${late} of ${requests} requests stand behind later ones, so that they come at one moment with those, and no time, queue or limit here is to be trusted. Sort the log by time, oldest first`;
}

/** Targets that are named before the rest are counted. */
const mostNamed = 5;

function guessNote(guessed: Untold["guessed"]): string {
  const targets = [...guessed].toSorted(([one, n], [other, m]) => m - n || (one < other ? -1 : 1));
  const named = targets.slice(0, mostNamed).map(([target, attempts], index) => {
    return `${target} (${attempts}${index === 0 ? " attempts" : ""})`;
  });
  const rest = targets.length - named.length;
  const all = rest === 0 ? named.join(", ") : `${named.join(", ")} and ${rest} more targets`;
  return `measured times at ${all}: nothing tells them, so that answers there take as long as \`speed\` of the configuration says, else as is usual for targets of their sort; a log with times, or --models, would tell`;
}

function untoldOf(untold: Untold): readonly string[] {
  const { unkeyed, promptless, wordless, embeddings, ...rest } = untold;
  const { assumed, guessed, doubtful, lateLines, ...order } = rest;
  const note = orderNote(order);
  const lines = note === null ? [] : [note];
  if (guessed.size > 0) lines.push(guessNote(guessed));
  if (lateLines > 0)
    lines.push(
      `the batch lane: ${lateLines} of ${order.requests} requests stand in the log where they ended, hours after they came, and come in only then here, since it is not there to be read twice, or they are too many to be held; in a log sorted by time they come in their place`,
    );
  if (doubtful > 0)
    lines.push(
      `the batch lane: of ${doubtful} of ${order.requests} requests that waited the record is from before it told whether their policy let them (\`deferred\`) or their client made a batch of them; they are taken for the latter, and wait here under any policy`,
    );
  if (unkeyed > 0)
    lines.push(
      `\`cache\`: of ${unkeyed} of ${order.requests} requests no \`cacheKey\` tells what they ask, so that no kept answer is found for them`,
    );
  if (promptless > 0)
    lines.push(
      `\`cache semantic\`: ${promptless} of ${order.requests} requests bear no prompt, so that like ones are found only where the record tells of one`,
    );
  if (wordless > 0)
    lines.push(
      `\`cache semantic\`: of ${wordless} of ${order.requests} requests the log holds no answer, so that it is taken to say what others like it say`,
    );
  if (embeddings !== null)
    lines.push(
      `\`cache.embeddings\`: prompts are placed by the package's own table, not by \`${embeddings}\``,
    );
  if (assumed.length > 0)
    lines.push(
      `the batch lane: how long a provider's batch takes is a guess at ${assumed.join(", ")}, an hour, since the log tells of none there; \`batchMs\` in the file of --models sets it`,
    );
  return lines;
}

/** What of a policy, and of a log under it, is not played, in words. */
export function notPlayedOf(program: Program, untold: Untold): readonly string[] {
  const options = optionsOf(program);
  const ofPolicy = unplayed.filter(({ is }) => options.some(is)).map(({ why }) => why);
  return [...untoldOf(untold), ...ofPolicy];
}

/** Whether a policy takes answers to like prompts. */
export function seeksMeaning(program: Program): boolean {
  return optionsOf(program).some(({ cache }) => cache?.kind === "semantic");
}

function optionsOf(program: Program): readonly CheckedOptions[] {
  const options = program.alsos.map((also) => also.options);
  for (let index = 0; index < program.branchCount; index += 1) {
    const { action } = program.branch(index);
    if (action.kind === "plan") options.push(action.options);
  }
  return options;
}
