import type { Core, Trouble } from "./core.ts";
import type { LoadProblem } from "./reload/load.ts";

/** Keeps the present troubles with the time they began, and logs those that are new. */
export function tellTroubles(core: Core, problems: readonly LoadProblem[]): void {
  // A reading cut short by the stop is no news.
  if (core.stopping) return;
  const now = core.clock.now();
  const known = core.troubles;
  const troubles: Trouble[] = [];
  for (const problem of problems) {
    if (problem.severity !== "error") continue;
    const before = known.find(
      ({ policy, text }) => policy === problem.policy && text === problem.text,
    );
    troubles.push(before ?? { ...problem, sinceEpochMs: now });
    if (before === undefined)
      core.logger.error({ policy: problem.policy, diagnostics: problem.text }, problem.summary);
  }
  core.troubles = troubles;
}
