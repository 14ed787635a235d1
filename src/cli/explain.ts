import type { Command } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import {
  type DecisionSnapshot,
  type Explainable,
  type Explained,
  explainSnapshot,
} from "../explain/explain-snapshot.ts";
import type { ReadRecord } from "../explain/snapshot-of-record.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import { createNamedFacts } from "../extract/named-facts.ts";
import { programOf } from "../gateway/reload/check-bundle.ts";
import { judgePolicy } from "../language/service/review-source.ts";
import { classifierNote } from "./classifier-note.ts";
import { doubtfulFacts } from "./doubtful-facts.ts";
import { findRecord } from "./find-record.ts";
import { readGivenFacts } from "./given-facts.ts";
import { openPolicy } from "./open-policy.ts";
import { printError, printJson, UsageError } from "./output.ts";
import { printExplanation } from "./print-explanation.ts";
import { snapshotOfBody } from "./snapshot-of-body.ts";
import { snapshotOfFacts } from "./snapshot-of-facts.ts";

interface ExplainOptions {
  readonly config?: string;
  readonly request?: string;
  readonly body?: string;
  readonly record?: string;
  readonly id?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/** `explain FILE`: why one request is decided as it is, each rule's verdict, and what it would have taken to go elsewhere. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .description("why a request is decided as it is")
    .argument("<file>", "a policy file")
    .option(
      "--request <json>",
      'facts by name, e.g. \'{"tokens":120,"intent":"classify"}\', or @file',
    )
    .option("--body <file>", "a chat request body to take the facts from; --request overrides them")
    .option("--record <log>", "a line of a decision log, or the log itself with --id")
    .option("--id <request>", "the request of the log, as its x-request-id names it")
    .option("--seed <seed>", "what random choices are drawn from; 0 when left out")
    .option("--config <file>", "the configuration")
    .option("--json", "print one JSON document")
    .action((file: string, options: ExplainOptions) => run(file, options));
}

async function run(file: string, options: ExplainOptions): Promise<void> {
  refuseMixtures(options);
  const { configuration, policy } = openPolicy(file, options.config);
  const explainable = {
    policy,
    program: programOf(policy, judgePolicy(policy, configuration).guards),
  };
  await loadDerivations(policy.operands);
  if (options.record === undefined) {
    const snapshot = await snapshotOf(explainable, configuration, options);
    const explained = explainSnapshot(explainable, configuration, snapshot);
    const isOpen = snapshot.facts["intent"] === null && snapshot.told?.includes("intent") !== true;
    const note = isOpen ? classifierNote(configuration) : null;
    if (note !== null) printError(note);
    print(explained, options);
    return;
  }
  const record = await findRecord(options.record, options.id);
  const explained = explainSnapshot(explainable, configuration, record.snapshot);
  for (const doubt of doubtsAbout(record, explained, file)) printError(`warning: ${doubt}`);
  print(explained, options);
}

/** A record tells everything by itself. */
function refuseMixtures({ record, id, request, body, seed }: ExplainOptions): void {
  if (record === undefined) {
    if (id !== undefined) throw new UsageError("--id names a request of the log of --record");
    return;
  }
  if (request !== undefined || body !== undefined || seed !== undefined) {
    throw new UsageError(
      "--record tells the facts and the seed: leave --request, --body and --seed",
    );
  }
}

async function snapshotOf(
  explainable: Explainable,
  configuration: Configuration,
  { request, body, seed = "0" }: ExplainOptions,
): Promise<DecisionSnapshot> {
  const given = request === undefined ? {} : readGivenFacts("--request", request);
  const read = createNamedFacts(explainable.policy, configuration).names;
  const known = { facts: configuration.facts, read, intents: explainable.policy.intents };
  for (const doubt of doubtfulFacts(given, known)) printError(`--request: ${doubt}`);
  if (body === undefined) return snapshotOfFacts(given, seed);
  return await snapshotOfBody(explainable, configuration, { path: body, given, seed });
}

/** Where a record and what is explained part. */
function doubtsAbout(
  record: ReadRecord,
  { explanation, lacking }: Explained,
  file: string,
): readonly string[] {
  const { policy, decision } = explanation;
  const doubts: string[] = [];
  if (lacking.length > 0) {
    doubts.push(`the record does not hold ${lacking.join(", ")}: that counts as unknown`);
  }
  if (record.policy !== policy.name || record.hash !== policy.hash) {
    const now = `${policy.name}@${policy.hash}`;
    doubts.push(
      `the request was decided by ${record.policy}@${record.hash}, and ${file} is ${now}: what follows is how it would be decided now`,
    );
    return doubts;
  }
  const targets = [...new Set(record.plan.filter((target) => target !== null))];
  const isSame = decision.rule?.id === record.rule && isRefusedOr(targets, explanation);
  if (!isSame) {
    const was = `${record.rule}${targets.length === 0 ? "" : ` to ${targets.join(", ")}`}`;
    doubts.push(
      `the record says ${was}: the configuration has changed since, or it holds too little`,
    );
  }
  return doubts;
}

function isRefusedOr(targets: readonly string[], { decision }: Explained["explanation"]): boolean {
  return decision.kind === "reject" || targets.join("\n") === decision.targets.join("\n");
}

function print({ explanation }: Explained, { json }: ExplainOptions): void {
  if (json === true) printJson(explanation);
  else printExplanation(explanation);
}
