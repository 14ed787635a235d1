import { invariant } from "../../base/assert.ts";
import { noLiveTargets, readTargetFact } from "../../catalog/target-fact.ts";
import type { FactType, FactValue, Operand, OperandShape } from "../../facts/fact.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import { lookUpTargetFact } from "../../facts/target-facts.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import type { Dialect } from "./dialect.ts";
import { containsPattern } from "./letter-cases.ts";
import type { Aliases, LogColumns } from "./log-columns.ts";
import { settled } from "./logic.ts";

const dayMs = "86400000";
const whole: FactType = { kind: "whole" };
const text: FactType = { kind: "text" };

/** A fact of a target that no log is needed for: it stands in the configuration, and rests on neither moment nor prompt. */
export function staticTargetFact(
  { targets }: Vocabulary,
  name: string,
  fact: string,
): { readonly value: FactValue | undefined } | null {
  const target = targets.get(name);
  if (target === undefined || fact.startsWith("price.")) return null;
  if (lookUpTargetFact(fact)?.kind === "live") return null;
  const nowhere = { live: noLiveTargets, atMs: 0, promptTokens: 0 };
  return { value: readTargetFact(target, fact, nowhere) };
}

/** Why an operand cannot be asked in a query. */
export class Unsayable extends Error {
  override readonly name = "Unsayable";
  readonly operand: Operand;

  constructor(operand: Operand, why: string) {
    super(why);
    this.operand = operand;
  }
}

interface Derived {
  readonly operand: number;
  readonly sql: string;
  readonly alias: string;
}

/** Writes operands: columns of the log, and what is worked out from them. */
export class OperandSql {
  readonly #operands: readonly Operand[];
  readonly #vocabulary: Vocabulary;
  readonly #dialect: Dialect;
  readonly #columns: LogColumns;
  readonly #aliases: Aliases;
  /** How often each operand will be asked for; one asked for once is worked out where it is asked. */
  readonly #uses: ReadonlyMap<number, number>;
  readonly #asked = new Map<number, number>();
  readonly #derived = new Map<number, Derived>();

  constructor(parts: {
    readonly operands: readonly Operand[];
    readonly vocabulary: Vocabulary;
    readonly dialect: Dialect;
    readonly columns: LogColumns;
    readonly aliases: Aliases;
    readonly uses: ReadonlyMap<number, number>;
  }) {
    this.#operands = parts.operands;
    this.#vocabulary = parts.vocabulary;
    this.#dialect = parts.dialect;
    this.#columns = parts.columns;
    this.#aliases = parts.aliases;
    this.#uses = parts.uses;
  }

  /** What is worked out once for each row: `expression AS alias`. */
  get derived(): readonly string[] {
    return [...this.#derived.values()].map(({ sql, alias }) => `${sql} AS ${alias}`);
  }

  /** How often each operand was asked for. */
  get asked(): ReadonlyMap<number, number> {
    return this.#asked;
  }

  /** The value of an operand; throws Unsayable where no query can tell it. */
  read(operand: number): string {
    this.#asked.set(operand, (this.#asked.get(operand) ?? 0) + 1);
    const known = this.#derived.get(operand);
    if (known !== undefined) return known.alias;
    const { key, type, shape } = this.#at(operand);
    if (shape.kind === "fact" && !this.#isDay(shape.name)) {
      return this.#columns.read(shape.name, type);
    }
    // As in a decision record, what stands in the log under its own text is what was decided on.
    if (this.#columns.isMapped(key)) return this.#columns.read(key, type);
    const sql = this.#shape(shape, this.#at(operand));
    const isPlain = shape.kind === "target" || shape.kind === "constant";
    const isWrittenOnce = shape.kind === "text-test" || shape.kind === "arithmetic";
    if (isPlain || (isWrittenOnce && (this.#uses.get(operand) ?? 0) < 2)) return sql;
    const alias = this.#aliases.make(key);
    this.#derived.set(operand, { operand, sql, alias });
    return alias;
  }

  #at(operand: number): Operand {
    const found = this.#operands[operand];
    invariant(found !== undefined, `there is no operand ${operand}`);
    return found;
  }

  /** Whether a fact is a day that the time tells, and neither the configuration nor a column of its own. */
  #isDay(name: string): name is "weekday" | "date" {
    if ((name !== "weekday" && name !== "date") || this.#columns.isMapped(name)) return false;
    return (lookUpFact(this.#vocabulary.facts, name)?.from.length ?? 0) === 0;
  }

  #shape(shape: OperandShape, operand: Operand): string {
    switch (shape.kind) {
      case "constant":
        return this.#dialect.number(shape.value);
      case "fact": {
        const fact = lookUpFact(this.#vocabulary.facts, shape.name);
        invariant(fact !== null, `the fact ${shape.name} is known`);
        if (this.#isDay(shape.name)) return this.#local(shape.name, "UTC");
        return this.#columns.read(shape.name, fact.type);
      }
      case "arithmetic":
        return `(${this.#shape(shape.left, operand)} ${shape.op} ${this.#shape(shape.right, operand)})`;
      case "local":
        return this.#local(shape.fact, shape.zone);
      case "target":
        return this.#target(shape, operand);
      case "text-test":
        return this.#textTest(shape, operand);
    }
  }

  #target(
    { target, fact }: Extract<OperandShape, { readonly kind: "target" }>,
    { type }: Operand,
  ): string {
    const known = staticTargetFact(this.#vocabulary, target, fact);
    if (known === null) return this.#columns.read(`${target}.${fact}`, type);
    return constantSql(known.value, this.#dialect);
  }

  #local(fact: "time" | "weekday" | "date", zone: string): string {
    const clock = this.#columns.clock(zone);
    const day = `floor(${clock} / ${dayMs})`;
    if (fact === "time") return `(${clock} - ${day} * ${dayMs})`;
    if (fact === "date") return day;
    // 1970-01-01 was a Thursday; the remainder of a negative day is negative.
    const place = `CAST(((${day} + 3) % 7 + 7) % 7 AS INTEGER)`;
    return `substring('montuewedthufrisatsun', 3 * ${place} + 1, 3)`;
  }

  #textTest(
    { test, fact, pattern }: Extract<OperandShape, { readonly kind: "text-test" }>,
    operand: Operand,
  ): string {
    const value = this.#columns.read(fact, text);
    if (test === "matches") return this.#matches(value, pattern, operand);
    const wanted = containsPattern(pattern);
    if (wanted === null) {
      throw new Unsayable(operand, "which cases a Greek sigma has is told by the letters round it");
    }
    if (wanted.kind === "text") return this.#dialect.holds(value, wanted.value);
    return this.#matches(value, wanted.value, operand);
  }

  #matches(value: string, pattern: string, operand: Operand): string {
    const matched = this.#dialect.matches(value, pattern);
    if (!matched.ok) {
      throw new Unsayable(operand, `${this.#dialect.name} has no equal to ${matched.why}`);
    }
    return matched.sql;
  }

  /** Tokens of the prompt, which a ceiling holds against, whether or not the policy asks for them. */
  promptTokens(): string {
    return this.#columns.read("tokens", whole);
  }
}

/** A value that is settled before the query runs. */
export function constantSql(value: FactValue | undefined, dialect: Dialect): string {
  if (value === undefined || Number.isNaN(value)) return settled.unknown;
  if (typeof value === "boolean") return value ? settled.true : settled.false;
  return typeof value === "number" ? dialect.number(value) : dialect.exact(dialect.text(value));
}
