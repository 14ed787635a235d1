import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { reasonOf } from "../files/read-files.ts";
import { readMoment } from "../simulator/logged-request.ts";
import {
  bothScenarios,
  type ReadScenario,
  readScenario,
  readScenarioFile,
  type ScenarioWord,
  scenarioForms,
  scenarioWords,
} from "../simulator/replay/read-scenario.ts";
import { asItWas, type Scenario } from "../simulator/replay/scenario.ts";
import { UsageError } from "./output.ts";

/** Options that say how a log is replayed, and what is to be other than it was. */
export interface WhatIfOptions extends Partial<Readonly<Record<ScenarioWord, readonly string[]>>> {
  readonly replay?: boolean;
  readonly scenario?: string;
  readonly speed?: string;
  readonly rate?: string;
  readonly start?: string;
  readonly models?: string;
  readonly modelled?: boolean;
}

const docs: Readonly<Record<ScenarioWord, string>> = {
  outage: "a target or provider that is down",
  throttle: "a target that takes so many requests",
  slow: "a target that takes so many times as long",
  price: "another price",
  capacity: "requests that a target works on at once",
  traffic: "so many requests for one of the log",
  grow: "traffic that grows over the log",
};

/** Adds the options of a replay on a virtual world. Each of them asks for one. */
export function addWhatIf(command: Command): Command {
  const several = (value: string, before: readonly string[] = []): readonly string[] => [
    ...before,
    value,
  ];
  command
    .option(
      "--replay",
      "carry the requests out on a virtual clock: failures, limits, caches, queues, batches; costs by rule, tenant and day",
    )
    .option(
      "--models <file>",
      "how targets behave, from `calibrate providers`; else from the log and the catalog",
    )
    .option("--modelled", "draw every answer from the models, those too that the log tells of")
    .option("--speed <factor>", "let the log's own times pass so many times as fast")
    .option("--rate <number/s>", "requests per second in place of the log's own times")
    .option(
      "--start <moment>",
      "when the log begins; else at its first time, or on 2026-01-05 where it tells none",
    );
  for (const word of scenarioWords)
    command.option(
      `--${word} <${metaOf(word)}>`,
      `what if: ${docs[word]} (${scenarioForms[word]})`,
      several,
    );
  return command.option("--scenario <file>", "these words in a YAML file, for many at once");
}

const metaOf = (word: ScenarioWord): string =>
  word === "traffic" || word === "grow" ? "amount" : "target…";

/** Whether the options ask for a replay. */
export function asksReplay(options: WhatIfOptions): boolean {
  const { replay, scenario, speed, rate, start, models, modelled } = options;
  const named = [scenario, speed, rate, start, models].some((each) => each !== undefined);
  const isAsked = replay === true || modelled === true;
  return isAsked || named || scenarioWords.some((word) => options[word] !== undefined);
}

/** The scenario of a file and of options together. Throws a UsageError for what is not understood. */
export function scenarioOf(options: WhatIfOptions): Scenario {
  const fromFile =
    options.scenario === undefined
      ? asItWas
      : whole(`--scenario ${options.scenario}: `, readScenarioFile(textOf(options.scenario)));
  const written = Object.fromEntries(
    scenarioWords.flatMap((word) => (options[word] === undefined ? [] : [[word, options[word]]])),
  );
  const name = Object.entries(written)
    .map(([word, texts]) => `${word} ${(texts as readonly string[]).join(", ")}`)
    .join("; ");
  if (name === "") return fromFile;
  const own = whole("--", readScenario(name, written));
  return options.scenario === undefined ? own : bothScenarios(fromFile, own);
}

function whole(before: string, read: ReadScenario): Scenario {
  if (read.ok) return read.scenario;
  throw new UsageError(`${before}${read.message}`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** A number above 0 of an option; `*3` is 3. */
export function factorOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const match = /^[*x]?(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text.trim());
  const factor = Number(match?.[1] ?? 0);
  if (factor > 0) return factor;
  throw new UsageError(`${option} \`${text}\` is no number above 0`);
}

/** The moment of `--start` in milliseconds since the epoch, a date for its midnight (UTC); null without it. */
export function startOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const atMs = readMoment(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00Z` : text);
  if (atMs !== null) return atMs;
  throw new UsageError(`--start \`${text}\` is no moment such as 2026-11-27T10:00Z`);
}
