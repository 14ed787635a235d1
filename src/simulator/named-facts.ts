import type { Configuration } from "../configuration/configuration.ts";
import { createNamedFacts, type NamedFacts } from "../extract/named-facts.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import type { OperandShape } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { readFactValue } from "../facts/value.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import type { FactReader } from "./fact-reader.ts";
import type { LoggedRequest } from "./logged-request.ts";
import type { MissingFacts } from "./missing.ts";

type Facts = Readonly<Record<string, unknown>>;

/** A fact that an operand rests on. */
interface Part {
  /** Its name in a log. */
  readonly name: string;
  /** As it is reported: a day is lacking because the time is. */
  readonly reported: string;
  readonly hasDefault: boolean;
  /** Whether it is told by the text of the prompt. */
  readonly isOfText: boolean;
}

interface OperandParts {
  /** Under which the operand itself may stand in a log. */
  readonly key: string;
  readonly parts: readonly Part[];
  /** Whether a default could stand in for what the log lacks, which here would be a guess. */
  readonly hasDefault: boolean;
}

const clockFacts: ReadonlySet<string> = new Set(["time", "weekday", "date"]);
const nothing: Facts = {};

/** Reads facts that a log gives by name: decision records and CSV. */
export class NamedFactReader implements FactReader {
  readonly #named: NamedFacts;
  readonly #operands: readonly OperandParts[];
  readonly #missing: MissingFacts;

  constructor(program: Program, configuration: Configuration, missing: MissingFacts) {
    this.#named = createNamedFacts(program, configuration);
    this.#operands = program.operands.map(({ key, shape }) => {
      const parts = partsOf(shape, key, configuration);
      return { key, parts, hasDefault: parts.some((part) => part.hasDefault) };
    });
    this.#missing = missing;
  }

  begin({ facts }: LoggedRequest, frame: FactFrame): void {
    const record = facts ?? nothing;
    this.#named.fill(frame, record);
    // What the log lacks is asked for only where the outcome rests on it, and counted then.
    for (let index = 0; index < this.#operands.length; index += 1) {
      const operand = this.#operands[index];
      if (operand === undefined) continue;
      const isOpen = frame.state[index] === frameState.unknown || operand.hasDefault;
      if (isOpen && lacks(operand, record)) frame.state[index] = frameState.unasked;
    }
  }

  read(index: number, { facts }: LoggedRequest, frame: FactFrame): void {
    const operand = this.#operands[index];
    // Bounds that were recorded, between which the policy cuts, lack the fact as well.
    const isBounded = frame.state[index] === frameState.bounded;
    for (const part of operand?.parts ?? []) {
      if (isBounded || isLacking(part, facts ?? nothing)) this.#missing.add(part.reported);
    }
    frame.state[index] = frameState.unknown;
  }

  named({ facts }: LoggedRequest, name: "model" | "max_tokens"): unknown {
    const value = facts?.[name];
    return name === "max_tokens" ? readFactValue({ kind: "whole" }, value) : value;
  }

  promptTokens({ facts }: LoggedRequest): number {
    const value = facts?.["tokens"];
    if (typeof value === "number") return value;
    // Of recorded bounds the lower one, which is the tighter.
    const low = Array.isArray(value) ? (value as unknown[])[0] : value;
    return Number(readFactValue({ kind: "whole" }, low) ?? 0);
  }

  /** What was given by name; a prompt stays in its log. */
  facts({ facts }: LoggedRequest): FactSnapshot {
    const { prompt: _, system: __, ...shown } = (facts ?? nothing) as FactSnapshot;
    return shown;
  }
}

/** Whether the log holds neither the operand itself nor all it could be told from. */
function lacks({ key, parts }: OperandParts, facts: Facts): boolean {
  return facts[key] === undefined && parts.some((part) => isLacking(part, facts));
}

function isLacking({ name, reported, isOfText }: Part, facts: Facts): boolean {
  if (facts[name] !== undefined || facts[reported] !== undefined) return false;
  return !(isOfText && typeof facts["prompt"] === "string");
}

function partsOf(shape: OperandShape, key: string, configuration: Configuration): readonly Part[] {
  switch (shape.kind) {
    case "constant":
      return [];
    case "arithmetic":
      return [shape.left, shape.right].flatMap((each) => partsOf(each, key, configuration));
    case "target":
      return [{ name: key, reported: key, hasDefault: false, isOfText: false }];
    case "local":
      return [partOf("time", configuration)];
    case "text-test":
      return [partOf(shape.fact, configuration)];
    case "fact":
      return [partOf(shape.name, configuration)];
  }
}

function partOf(name: string, { facts }: Configuration): Part {
  const fact = lookUpFact(facts, name);
  return {
    name,
    reported: clockFacts.has(name) ? "time" : name,
    hasDefault: fact?.default !== undefined,
    isOfText: (fact?.costClass ?? 0) >= 2,
  };
}
