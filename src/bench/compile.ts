import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { pack, transferablesOf, unpack } from "../language/program/transfer.ts";
import { type Figure, figureOf } from "./figure.ts";
import { checkBenchPolicy, keyedPolicyText } from "./keyed-policy.ts";

const ruleCount = 1_000;
const warmUps = 5;
const runs = 15;

interface Timed<Result> {
  readonly result: Result;
  readonly ms: number;
}

function time<Result>(work: () => Result): Timed<Result> {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
}

/** From the text of 1,000 rules to a program that runs, warm, in its steps; and what taking it over costs the loop. */
export async function compileBench(): Promise<Figure[]> {
  const text = keyedPolicyText(ruleCount);
  const check = (): CheckedPolicy => checkBenchPolicy(text);
  const build = (policy: CheckedPolicy): Program => compile(policy, lower(policy));
  for (let run = 0; run < warmUps; run += 1) unpack(pack(build(check())));
  const steps = { check: [] as number[], build: [] as number[], pack: [] as number[] };
  const total: number[] = [];
  const swap: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const checked = time(check);
    const built = time(() => build(checked.result));
    const packed = time(() => pack(built.result));
    // Both ends of the transfer count here, though in the gateway one of them is the worker's.
    const swapped = time(() => {
      const transfer = transferablesOf(packed.result);
      return unpack(structuredClone(packed.result, { transfer }));
    });
    steps.check.push(checked.ms);
    steps.build.push(built.ms);
    steps.pack.push(packed.ms);
    total.push(checked.ms + built.ms);
    swap.push(swapped.ms);
  }
  const name = `${ruleCount.toLocaleString("en")} rules`;
  return [
    figureOf({ name: `text to running program, ${name}`, unit: "ms", values: total }),
    figureOf({ name: `of that parsing and checking, ${name}`, unit: "ms", values: steps.check }),
    figureOf({ name: `of that graph and table, ${name}`, unit: "ms", values: steps.build }),
    figureOf({ name: `packing in the worker, ${name}`, unit: "ms", values: steps.pack }),
    figureOf({ name: `transfer and swap, ${name}`, unit: "ms", values: swap }),
  ];
}
