import type { Configuration } from "../configuration/configuration.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { decideRequest } from "./decide-request.ts";
import { differenceWords } from "./difference-words.ts";
import { DifferenceFinder } from "./find-difference.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import type { MutationKind } from "./mutate-condition.ts";
import type { RequestFacts } from "./random-requests.ts";
import { failureOf, type ReadTrial } from "./run-trials.ts";
import { placeOf, type Sources } from "./words.ts";

/** A change that no test notices, with a request that tells it. */
export interface Survivor {
  readonly kind: MutationKind;
  readonly what: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Facts as `explain --request` takes them: a test with these would notice. */
  readonly request: RequestFacts;
  /** Where the facts alone do not tell: the id of the request, from which its share is drawn. */
  readonly requestId?: string;
  /** What the policy decides for it, and what the mutant would. */
  readonly original: string;
  readonly mutant: string;
}

/** What became of the mutants of a policy. */
export interface MutationReport {
  /** Mutants that were tried. */
  readonly tried: number;
  /** Mutants that there are beyond those. */
  readonly left: number;
  /** Noticed by a test, or refused because a request has no outcome. */
  readonly killed: number;
  /** Decide every request as the policy does, as far as could be found; they count for nothing. */
  readonly equivalent: number;
  readonly survivors: readonly Survivor[];
}

/** More are thinned out evenly: a policy of a hundred rules has some thousand. */
const mostMutants = 4_000;

/** The share of mutants that are noticed, in percent, rounded down to a tenth; 100 where there is none. */
export function scoreOf({
  tried,
  killed,
  equivalent,
}: Pick<MutationReport, "tried" | "killed" | "equivalent">): number {
  const counted = tried - equivalent;
  return counted === 0 ? 100 : Math.floor((killed / counted) * 1_000) / 10;
}

/** What mutants are told with, and how many are tried at most. */
export interface MutationSetting {
  readonly configuration: Configuration;
  readonly sources: Sources;
  readonly most?: number;
}

/** Tries every mutant of a policy against trials that all pass. */
export function mutate(
  trials: readonly ReadTrial[],
  policy: CheckedPolicy,
  { configuration, sources, most = mostMutants }: MutationSetting,
): MutationReport {
  const all = [...mutantsOf(policy, sources)];
  const chosen = thinnedOut(all, most);
  let finder: DifferenceFinder | null = null;
  let killed = 0;
  let equivalent = 0;
  const survivors: Survivor[] = [];
  for (const mutant of chosen) {
    if (isNoticed(mutant, trials)) {
      killed += 1;
      continue;
    }
    finder ??= new DifferenceFinder(policy, configuration);
    const found = finder.find(mutant);
    if (found.kind === "none") equivalent += 1;
    // What leaves a request without an outcome does not even compile.
    else if (found.telling.mutant.branch < 0) killed += 1;
    else {
      const { request, requestId, original, mutant: changed } = found.telling;
      const { kind, what, span } = mutant;
      survivors.push({
        ...{ kind, what, file: span.file, ...placeOf(span, sources), request },
        ...(requestId === undefined ? {} : { requestId }),
        ...differenceWords(original, changed),
      });
    }
  }
  return { tried: chosen.length, left: all.length - chosen.length, killed, equivalent, survivors };
}

function thinnedOut(all: readonly Mutant[], most: number): readonly Mutant[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)]).filter(
    (mutant) => mutant !== undefined,
  );
}

function isNoticed({ policy }: Mutant, trials: readonly ReadTrial[]): boolean {
  return trials.some(({ trial, request }) => {
    const decided = decideRequest(policy, request.inputs);
    return decided.branch < 0 || failureOf(trial, decided, request) !== null;
  });
}
