import type { LiveTargets, Measure } from "../catalog/target-fact.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import { createNamedFacts, type FactRecord, type NamedFacts } from "../extract/named-facts.ts";
import type { FactType, FactValue, Operand } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { lookUpTargetFact } from "../facts/target-facts.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { createFrame, type FactFrame, frameState, frameValue } from "../language/program/frame.ts";
import type { ExplainInputs } from "../runtime/plan/explain.ts";
import { createTeller, type Teller } from "./told-facts.ts";
import type { Trial } from "./trial.ts";
import { trialClock } from "./trial-clock.ts";

/** A request as every executor takes it. */
export interface TrialRequest {
  /** The facts that the policy reads, by operand, for the table. */
  readonly frame: FactFrame;
  /** The same for the interpreter, with all else that a plan is made from. */
  readonly inputs: ExplainInputs;
}

/** Reads the requests of trials that share their operands. */
export class RequestReader {
  readonly #configuration: Configuration;
  readonly #operands: readonly Operand[];
  readonly #named: NamedFacts;
  readonly #tell: Teller;
  /** Facts that a request has when nothing is said of them, but for declared defaults. */
  readonly #empty: FactRecord;

  constructor(
    { intents }: Pick<CheckedPolicy, "intents">,
    operands: readonly Operand[],
    configuration: Configuration,
  ) {
    this.#configuration = configuration;
    this.#operands = operands;
    this.#named = createNamedFacts({ operands, intents }, configuration);
    const names = [...new Set([...this.#named.names, "tokens", "max_tokens", "model"])];
    this.#tell = createTeller(names, intents, configuration);
    this.#empty = emptyFacts(names, operands, configuration);
  }

  /** The request of a trial: what it gives, what its prompt or body tells, and the rest as LANGUAGE §3 has it. */
  async read({ name, row, given, body }: Trial): Promise<TrialRequest> {
    const clock = trialClock(given, this.#operands);
    const told = await this.#tell(given, body, clock.atMs);
    const facts: FactRecord = { ...this.#empty, ...clock.facts, ...told, ...given };
    // A time of day alone is a moment only together with the day.
    const record = { ...facts, ...this.#builtInClock(clock.facts) };
    const frame = createFrame(this.#operands.length);
    this.#named.fill(frame, record);
    this.#putEmptyWords(frame, record);
    const said = { ...told, ...given };
    const model = said["model"];
    const requested =
      typeof model === "string" ? requestedTarget(model, this.#configuration) : null;
    const { targets, dispatch } = this.#configuration;
    return {
      frame,
      inputs: {
        targets: requested === null ? targets : new Map([...targets, [requested.name, requested]]),
        defaults: dispatch,
        requested: requested?.name ?? null,
        // Its own for each row, and the same in every run: so splits are stable.
        requestId: `${name}/${row}`,
        seed: 0,
        promptTokens: countOf(said["tokens"]) ?? 0,
        maxTokens: countOf(said["max_tokens"]) ?? null,
        atMs: clock.atMs,
        readOperand: (operand) => frameValue(this.#operands[operand]?.type, frame, operand),
        live: liveTargets(given),
      },
    };
  }

  /** The clock's facts, unless the configuration has put its own in their place. */
  #builtInClock(facts: FactRecord): FactRecord {
    return Object.fromEntries(
      Object.entries(facts).filter(
        ([key]) => (lookUpFact(this.#configuration.facts, key)?.from.length ?? 0) === 0,
      ),
    );
  }

  /** A fact with declared values is empty too when nothing is said of it, although no value is. */
  #putEmptyWords(frame: FactFrame, record: FactRecord): void {
    for (const [index, { shape, type }] of this.#operands.entries()) {
      if (shape.kind !== "fact" || type.kind !== "text") continue;
      if (frame.state[index] !== frameState.unknown || record[shape.name] !== undefined) continue;
      frame.state[index] = frameState.known;
      frame.texts[index] = "";
    }
  }
}

function emptyFacts(
  names: readonly string[],
  operands: readonly Operand[],
  { facts }: Configuration,
): FactRecord {
  const empty: Record<string, FactValue> = {};
  for (const name of names) {
    const fact = lookUpFact(facts, name);
    if (fact === null || fact.default !== undefined) continue;
    const value = emptyValue(name, fact.type);
    if (value !== undefined) empty[name] = value;
  }
  for (const { shape, key } of operands) {
    for (const live of liveFactsOf(shape, key)) empty[live] = live.endsWith(".healthy") ? true : 0;
  }
  return empty;
}

function* liveFactsOf(shape: Operand["shape"], key: string): Generator<string> {
  if (shape.kind === "arithmetic") {
    yield* liveFactsOf(shape.left, "");
    yield* liveFactsOf(shape.right, "");
  } else if (shape.kind === "target" && lookUpTargetFact(shape.fact)?.kind === "live") {
    yield key === "" ? `${shape.target}.${shape.fact}` : key;
  }
}

/** Empty or zero; undefined where the type has no value of that kind. */
function emptyValue(name: string, type: FactType): FactValue | undefined {
  if (type.kind === "boolean") return false;
  if (type.kind !== "text") return 0;
  if (type.values === undefined) return "";
  if (type.values.includes("none")) return "none";
  return name === "endpoint" ? type.values[0] : undefined;
}

function countOf(json: unknown): number | undefined {
  const value = readFactValue({ kind: "whole" }, json);
  return typeof value === "number" ? value : undefined;
}

/** Live facts as given; else every target is healthy and idle. */
function liveTargets(given: FactRecord): LiveTargets {
  return {
    healthy(target) {
      const said = given[`${target}.healthy`];
      return said === undefined || said === true || said === "true";
    },
    measured(target, measure: Measure) {
      const said = given[`${target}.${measure}`];
      if (said === undefined) return 0;
      const type = lookUpTargetFact(measure)?.type;
      const value = type === undefined ? undefined : readFactValue(type, said);
      return typeof value === "number" ? value : undefined;
    },
  };
}
