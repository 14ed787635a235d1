import { levels } from "../../src/simulator/models/quantiles.ts";
import type { FailureModel, TargetModel } from "../../src/simulator/models/target-model.ts";
import { changePrices } from "../../src/simulator/replay/change-prices.ts";
import { readScenario, type WrittenScenario } from "../../src/simulator/replay/read-scenario.ts";
import type { ReplayReport } from "../../src/simulator/replay/replay-report.ts";
import { asItWas, type Scenario } from "../../src/simulator/replay/scenario.ts";
import type { ReplayOptions } from "../../src/simulator/replay-options.ts";
import type { Report } from "../../src/simulator/report.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { configuration, nowMs, programOf } from "./simulation.ts";

/** When the logs of tests begin. */
export const startMs = Date.parse("2026-11-23T09:00:00.000Z");

export interface Behaviour {
  readonly firstTokenMs: number;
  /** Standard deviation of the logarithm of that time. */
  readonly spread?: number;
  readonly tokensPerSecond?: number;
  readonly failures?: readonly Pick<FailureModel, "cause" | "share">[];
}

/** A target that behaves so; a failure shows after 50 ms. */
export function behaving({
  firstTokenMs,
  spread = 0,
  tokensPerSecond = 100,
  failures = [],
}: Behaviour): TargetModel {
  const alike = (value: number) => levels.map(() => value);
  // A logistic distribution in place of a normal one, whose quantiles have a plain form.
  const ratios = levels.map((level) => {
    const share = Math.min(Math.max(level, 0.0025), 0.9975);
    return (share / (1 - share)) ** (spread * 0.5513);
  });
  return {
    ...{ attempts: 100, answers: 100, usual: null, silent: 0, breaks: [], capacity: null },
    ...{ throttle: null, together: 0 },
    firstToken: { baseMs: firstTokenMs, perTokenMs: 0, ratios },
    rest: { baseMs: 0, perTokenMs: 1_000 / tokensPerSecond, ratios: alike(1) },
    failures: failures.map((failure) => ({
      ...{ status: null, retryAfterMs: null, afterMs: alike(50) },
      ...failure,
    })),
  };
}

/** Answers that take half a second to begin and a tenth for ten tokens. */
export const steady: TargetModel = behaving({ firstTokenMs: 500 });

export interface Replaying extends Partial<Omit<ReplayOptions, "scenario">> {
  readonly whatIf?: WrittenScenario;
  readonly against?: string;
  readonly seed?: number;
  /** Whether the log is there to be read once, like stdin. */
  readonly flows?: boolean;
}

export type ReplayedReport = Report & { readonly replay: ReplayReport };

/** Replays a log of these JSON lines. */
export async function replayed(
  lines: readonly unknown[],
  policy: string,
  { whatIf, against, seed = 1, flows = false, ...options }: Replaying = {},
): Promise<ReplayedReport> {
  const scenario = whatIf === undefined ? asItWas : scenarioOf(whatIf);
  const b = against === undefined ? {} : { b: programOf(against) };
  const log = [Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))];
  const report = await simulate({
    log: flows ? log.values() : log,
    programs: { a: programOf(policy), ...b },
    configuration: changePrices(configuration, scenario.prices),
    ...{ nowMs, seed },
    replay: {
      ...{ scenario, modelOf: () => steady, playsLog: true, speed: 1, perSecond: null },
      ...options,
    },
  });
  if (report.replay === undefined) throw new Error("it was not replayed");
  return { ...report, replay: report.replay };
}

export function scenarioOf(written: WrittenScenario): Scenario {
  const read = readScenario("test", written);
  if (!read.ok) throw new Error(read.message);
  return read.scenario;
}

/** What a record tells besides its facts. */
export interface Told extends Readonly<Record<string, unknown>> {
  readonly target?: string;
  readonly tokens?: number;
  readonly output?: number;
}

/** A decision record of a request that came so long after the start and was answered at once. */
export function arrived(afterMs: number, facts: object = {}, more: Told = {}): object {
  const { target = "claude", tokens = 100, output = 50, ...rest } = more;
  const usage = {
    ...{ input: tokens, output, cachedRead: 0, cachedWrite: 0, reasoning: 0, estimated: false },
  };
  const attempt = { target, step: 0, outcome: "ok", startMs: 0, firstTokenMs: 200, endMs: 1_000 };
  return {
    v: 1,
    time: new Date(startMs + afterMs).toISOString(),
    id: `r${afterMs}`,
    facts: { tokens, ...facts },
    attempts: [{ ...attempt, usage }],
    stream: true,
    outcome: "ok",
    status: 200,
    durationMs: 1_000,
    ...rest,
  };
}

/** So many requests, one each so many milliseconds. */
export function traffic(
  count: number,
  everyMs: number,
  of: (index: number) => object = (index) => arrived(index * everyMs),
): readonly object[] {
  return Array.from({ length: count }, (_, index) => of(index));
}
