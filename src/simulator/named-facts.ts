import type { Configuration } from "../configuration/configuration.ts";
import { createNamedFacts, type FactRecord, type NamedFacts } from "../extract/named-facts.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import type { Fact, FactValue } from "../facts/fact.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import { exactTokensOf } from "./counted-texts.ts";
import type { FactReader } from "./fact-reader.ts";
import type { LoggedRequest } from "./logged-request.ts";
import type { MissingFacts } from "./missing.ts";

const nothing: FactRecord = {};

/** Lets others go on while a long text is counted. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads facts that a log gives by name, each when it is asked for: decision records and CSV. */
export class NamedFactReader implements FactReader {
  readonly #named: NamedFacts;
  readonly #missing: MissingFacts;

  constructor(
    policy: Pick<CheckedPolicy, "operands" | "intents">,
    configuration: Configuration,
    missing: MissingFacts,
  ) {
    this.#named = createNamedFacts(policy, configuration, {
      defaults: false,
      lacks: (name) => missing.add(name),
    });
    this.#missing = missing;
  }

  begin(_request: LoggedRequest, frame: FactFrame): void {
    frame.state.fill(frameState.unasked);
  }

  read(operand: number, request: LoggedRequest, frame: FactFrame): void | Promise<void> {
    const { facts } = request;
    if (frame.state[operand] === frameState.bounded) {
      const counted = exactTokensOf(request, pause);
      if (counted !== null) return this.#readCounted(operand, { facts, frame }, counted);
      // Bounds that were recorded, between which the policy cuts, lack the fact as well.
      for (const part of this.#named.partsOf(operand)) this.#missing.add(part);
      frame.state[operand] = frameState.unknown;
    } else this.#named.read(operand, frame, facts ?? nothing);
  }

  #readCounted(
    operand: number,
    { facts, frame }: { readonly facts: LoggedRequest["facts"]; readonly frame: FactFrame },
    tokens: number | Promise<number>,
  ): void | Promise<void> {
    if (typeof tokens === "number") return this.#named.read(operand, frame, { ...facts, tokens });
    return tokens.then((all) => this.#named.read(operand, frame, { ...facts, tokens: all }));
  }

  named({ facts }: LoggedRequest, name: "model" | "max_tokens"): unknown {
    const value = facts?.[name];
    if (value === undefined) this.#missing.add(name);
    return name === "max_tokens" ? readFactValue({ kind: "whole" }, value) : value;
  }

  subject({ facts }: LoggedRequest, { name, type }: Fact): FactValue | undefined {
    return readFactValue(type, facts?.[name]);
  }

  promptTokens({ facts }: LoggedRequest): number {
    const value = facts?.["tokens"];
    if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
    // Of recorded bounds the lower one, which is the tighter.
    const low = Array.isArray(value) ? (value as unknown[])[0] : value;
    return Number(readFactValue({ kind: "whole" }, low) ?? 0);
  }

  /** What was given by name and is a fact's value; a prompt stays in its log. */
  facts({ facts }: LoggedRequest): FactSnapshot {
    return plainFacts(facts ?? nothing);
  }
}

/** Facts beside each other that can be shown: no text of a prompt, and nothing that is no fact's value. */
export function plainFacts({ prompt: _, system: __, ...facts }: FactRecord): FactSnapshot {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => isPlain(value)),
  ) as FactSnapshot;
}

/** A value as JSON has it, or bounds on one. Anything may stand in a log, however deep. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return (
    Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === "number")
  );
}
