import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import { walk } from "../language/program/walk.ts";
import { type Figure, figureOf } from "./figure.ts";
import { checkBenchPolicy, keyedFrames, keyedPolicyText } from "./keyed-policy.ts";

const ruleCounts = [10, 100, 1_000, 10_000] as const;
const requestCount = 4_096;
const roundsPerRun = 64;
const runs = 15;
const slices = 10;
const decisionsPerSlice = 100_000;

interface Subject {
  readonly ruleCount: number;
  readonly program: Program;
  readonly frames: readonly FactFrame[];
  readonly nanoseconds: number[];
}

/** Decisions by the table with the facts given, for policies of 10 to 10,000 keyed rules, and the heap they take. */
export async function decisionBench(): Promise<Figure[]> {
  const subjects = ruleCounts.map(subjectOf);
  for (const subject of subjects) decide(subject, roundsPerRun);
  for (let run = 0; run < runs; run += 1) {
    for (const subject of subjects) subject.nanoseconds.push(timeDecisions(subject));
  }
  const smallest = subjects[0];
  const figures = subjects.map((subject) =>
    figureOf({
      name: nameOf(subject),
      unit: "ns",
      values: subject.nanoseconds,
      ...(smallest === undefined || subject === smallest
        ? {}
        : {
            ratioTo: nameOf(smallest),
            ratios: subject.nanoseconds.map(
              (value, run) => value / (smallest.nanoseconds[run] ?? 0),
            ),
          }),
    }),
  );
  return [...figures, ...subjects.map(heapFigure)];
}

function nameOf({ ruleCount }: Subject): string {
  return `decision by the table, ${ruleCount.toLocaleString("en")} keyed rules`;
}

function subjectOf(ruleCount: number): Subject {
  const policy = checkBenchPolicy(keyedPolicyText(ruleCount));
  return {
    ruleCount,
    program: compile(policy, lower(policy)),
    frames: keyedFrames(policy, ruleCount, requestCount),
    nanoseconds: [],
  };
}

/** Decides every request so many times; the sum of branches keeps the work from being optimised away. */
function decide({ program, frames }: Subject, rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const frame of frames) sum += walk(program, frame, program.root);
  }
  return sum;
}

function timeDecisions(subject: Subject): number {
  const start = performance.now();
  decide(subject, roundsPerRun);
  return ((performance.now() - start) * 1e6) / (roundsPerRun * requestCount);
}

function heapFigure(subject: Subject): Figure {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const rounds = Math.ceil(decisionsPerSlice / requestCount);
  const values = Array.from({ length: slices }, () => {
    // A slice that allocated 16 bytes a decision would still fit between two collections.
    collect();
    // A collection may drop machine code; the walk is warmed up again before it is measured.
    decide(subject, rounds);
    const before = process.memoryUsage().heapUsed;
    decide(subject, rounds);
    return (process.memoryUsage().heapUsed - before) / (rounds * requestCount);
  });
  return figureOf({ name: `heap per ${nameOf(subject)}`, unit: "bytes", values });
}
