import { readFileSync } from "node:fs";
import { readConfiguration } from "../../src/configuration/read.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import { lower } from "../../src/language/graph/lower.ts";
import { compile } from "../../src/language/program/compile.ts";
import type { Program } from "../../src/language/program/program.ts";
import { checkSource } from "../../src/language/service/check-source.ts";
import type { Report } from "../../src/simulator/report.ts";
import { simulate } from "../../src/simulator/simulate.ts";

const text = readFileSync("policies/signalbox.yaml", "utf8");
const read = readConfiguration(
  { file: "policies/signalbox.yaml", text },
  { variable: () => undefined, file: () => undefined },
).configuration;
if (read === null) throw new Error("the example configuration has an error");
/** The example configuration, which the tests' policies route to. */
export const configuration = read;
export const nowMs = Date.parse("2026-11-23T12:00:00Z");

/** The policy of a text that must be sound. */
export function policyOf(source: string): CheckedPolicy {
  const { policy, diagnostics } = checkSource(
    { file: "test.policy", text: source },
    configuration,
    () => null,
  );
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  return policy;
}

export function programOf(source: string): Program {
  const policy = policyOf(source);
  return compile(policy, lower(policy));
}

export interface RunOptions {
  readonly against?: string;
  readonly seed?: number;
  readonly chunk?: number;
}

/** Simulates a log of these JSON lines. */
export async function run(
  lines: readonly unknown[],
  policy: string,
  options: RunOptions = {},
): Promise<Report> {
  const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const size = options.chunk ?? bytes.length + 1;
  const log = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const b = options.against === undefined ? {} : { b: programOf(options.against) };
  return simulate({
    log,
    programs: { a: programOf(policy), ...b },
    configuration,
    nowMs,
    seed: options.seed ?? 1,
  });
}

/** A decision record with these facts. */
export const recordOf = (facts: object, more: object = {}): object => ({
  v: 1,
  time: "2026-11-23T10:00:00.000Z",
  id: "r",
  facts,
  ...more,
});

/** What one attempt that answered adds to a record. */
export const used = (target: string, input: number, output: number, cachedRead = 0): object => ({
  attempts: [
    {
      target,
      step: 0,
      outcome: "ok",
      firstTokenMs: 200,
      usage: { input, output, cachedRead, cachedWrite: 0, reasoning: 0, estimated: false },
    },
  ],
  durationMs: 1000,
});
