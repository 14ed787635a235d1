import { expect, test } from "vitest";
import { dispatch } from "../../../src/runtime/dispatch/dispatch.ts";
import { openGate } from "../../../src/runtime/dispatch/gate.ts";
import type { DispatchResult } from "../../../src/runtime/dispatch/machine-types.ts";
import type { Attempt, AttemptReports, Job, World } from "../../../src/runtime/dispatch/world.ts";
import { planOver } from "../../support/plans.ts";

interface Stage {
  readonly log: string[];
  readonly results: DispatchResult[];
  readonly bugs: unknown[];
  readonly reports: AttemptReports[];
  readonly run: (streamed: boolean) => ReturnType<typeof dispatch>;
}

/** A World that writes down what it is asked for; `onStart` may report before the attempt exists. */
function stage(
  targets: readonly string[],
  onStart: (target: string, attempt: number, reports: AttemptReports) => void,
): Stage {
  const log: string[] = [];
  const results: DispatchResult[] = [];
  const reports: AttemptReports[] = [];
  const bugs: unknown[] = [];
  const world: World<Job> = {
    gate: openGate,
    now: () => 0,
    random: () => 0,
    bug: (error) => bugs.push(error),
    createAlarm: () => ({ set: () => log.push("set"), clear: () => log.push("clear") }),
    start({ target, attempt }, told): Attempt {
      log.push(`start ${target}`);
      reports.push(told);
      onStart(target, attempt, told);
      return {
        lastByteAtMs: () => 0,
        usage: () => null,
        commit: () => {
          log.push(`commit ${target}`);
          if (target === "faulty") throw new Error("a bug");
        },
        close: (failure) => log.push(`close ${target} ${failure?.cause ?? "whole"}`),
        abort: () => log.push(`abort ${target}`),
      };
    },
  };
  const run = (streamed: boolean) =>
    dispatch(
      {
        plan: planOver(targets),
        streamed,
        finished: (result) => {
          log.push(`finished ${result.outcome}`);
          results.push(result);
          if (targets.includes("last straw")) throw new Error("a bug");
        },
      },
      world,
    );
  return { log, results, bugs, reports, run };
}

const broken = { cause: "network", retrySame: false, message: "" } as const;

test("an attempt that fails while it is started gives way to the next, which gets the commit", () => {
  const { log, reports, run } = stage(["a", "b"], (target, attempt, told) => {
    if (target === "a") told.failed(attempt, broken, null);
  });
  run(false);
  reports[1]!.completed(1, null);
  expect(log).toEqual(["start a", "set", "start b", "commit b", "clear", "finished ok"]);
});

test("an answer that is there at once is committed and closed before the dispatch returns", () => {
  const { log, run } = stage(["a"], (_, attempt, told) => {
    told.firstToken(attempt);
    told.completed(attempt, null);
  });
  run(true);
  expect(log).toEqual(["start a", "set", "commit a", "clear", "close a whole", "finished ok"]);
});

test("a stream that fails after its commit is closed with the failure", () => {
  const { log, reports, run } = stage(["a", "b"], () => undefined);
  run(true);
  reports[0]!.firstToken(0);
  reports[0]!.failed(0, broken, null);
  expect(log.slice(2)).toEqual(["commit a", "clear", "close a network", "finished failed"]);
});

test("a client that leaves has its attempt stopped and is sent nothing more", () => {
  const { log, reports, run } = stage(["a"], () => undefined);
  const running = run(true);
  reports[0]!.firstToken(0);
  running.clientGone();
  running.clientGone();
  reports[0]!.failed(0, broken, null);
  expect(log.slice(2)).toEqual(["commit a", "abort a", "clear", "finished client-gone"]);
});

test("a fault while an answer is handed over still ends the request once, with nothing running", () => {
  const { log, results, bugs, reports, run } = stage(["a", "faulty"], () => undefined);
  const running = run(true);
  reports[0]!.failed(0, broken, null);
  reports[1]!.firstToken(1);
  reports[1]!.completed(1, null);
  running.clientGone();
  expect(bugs).toEqual([new Error("a bug")]);
  expect(log.slice(3)).toEqual(["commit faulty", "clear", "abort faulty", "finished failed"]);
  expect(results).toMatchObject([
    { committed: false, failure: { code: "internal_error" }, attempts: [{ target: "a" }] },
  ]);
});

test("a fault of the job's own at the end is told, and not answered with another end", () => {
  const { log, bugs, reports, run } = stage(["last straw"], () => undefined);
  run(false);
  reports[0]!.completed(0, null);
  expect(bugs).toHaveLength(1);
  expect(log.filter((line) => line.startsWith("finished"))).toEqual(["finished ok"]);
});
