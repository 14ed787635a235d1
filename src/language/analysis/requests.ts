import type { FactType, FactValue, Operand, OperandShape } from "../../facts/fact.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import { lookUpTargetFact } from "../../facts/target-facts.ts";
import { showFactValue } from "../../facts/value.ts";
import { localReader } from "../../facts/zone-clock.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { solveClock, usualMoment } from "./clock.ts";
import { type Domain, hasKnown, isEmpty, meet, pick } from "./domain.ts";
import { domainOf, isBuiltIn, isSettled, leafDomain } from "./operand-domains.ts";
import { evaluateSum, leafKey, leavesOf, solveSums } from "./sums.ts";

/** The states that each operand tested has to be in, by operand. */
export type Constraints = ReadonlyMap<number, Domain>;

/** One request: its facts as `--request` takes them, and what every operand of the policy is told from them. */
export interface Request {
  readonly facts: Readonly<Record<string, FactValue | null>>;
  readonly values: readonly (FactValue | undefined)[];
  /** Names of the facts that matter, which stand first in `facts`. */
  readonly decisive: readonly string[];
}

interface Variable {
  readonly key: string;
  readonly type: FactType;
  readonly domain: Domain;
  /** True for what the configuration settles: it need not be said. */
  readonly settled: boolean;
}

/** A text fact counts as unknown with its tests; what the text is stays open, so its tests are independent of each other. */
interface TextTest {
  readonly operand: number;
  readonly fact: string;
}

/**
 * The requests that a policy can meet: facts that vary on their own, and how its operands hang together with them. Finds a
 * request whose operands are as demanded.
 */
export class Requests {
  /** By operand: the states it can have at all. */
  readonly domains: readonly Domain[];
  readonly #operands: readonly Operand[];
  readonly #variables = new Map<string, Variable>();
  readonly #textTests: readonly TextTest[];
  /** By operand: the key of the variable it is; null for what is derived. */
  readonly #keys: readonly (string | null)[];
  readonly #isClock: readonly boolean[];
  readonly #readsTime: boolean;
  readonly #linked: readonly boolean[];

  constructor(operands: readonly Operand[], vocabulary: Vocabulary) {
    this.#operands = operands;
    this.domains = operands.map((operand) => domainOf(operand, vocabulary));
    this.#isClock = operands.map(({ shape }) => isClock(shape, vocabulary));
    this.#readsTime = this.#isClock.includes(true);
    this.#keys = operands.map(({ shape, key }, index) => {
      if (shape.kind === "arithmetic" || shape.kind === "constant") return null;
      if (this.#isClock[index] === true) return null;
      return shape.kind === "fact" ? shape.name : key;
    });
    this.#textTests = operands.flatMap(({ shape }, operand) =>
      shape.kind === "text-test" ? [{ operand, fact: shape.fact }] : [],
    );
    const summed = new Set(
      operands.flatMap(({ shape }) => (shape.kind === "arithmetic" ? leavesOf(shape) : [])),
    );
    const tested = new Set(this.#textTests.map(({ fact }) => fact));
    this.#linked = operands.map(({ shape }, index) => {
      const key = this.#keys[index] ?? "";
      return (
        shape.kind === "arithmetic" ||
        shape.kind === "text-test" ||
        summed.has(key) ||
        tested.has(key)
      );
    });
    this.#collectVariables(vocabulary);
  }

  #collectVariables(vocabulary: Vocabulary): void {
    for (const [index, { shape, type }] of this.#operands.entries()) {
      const key = this.#keys[index];
      if (key === null || key === undefined) continue;
      const domain = this.domains[index] as Domain;
      this.#variables.set(key, { key, type, domain, settled: isSettled(shape) });
    }
    for (const { shape } of this.#operands) {
      if (shape.kind !== "arithmetic") continue;
      for (const leaf of leafShapes(shape)) {
        const key = leafKey(leaf);
        if (this.#variables.has(key)) continue;
        const type = leafType(leaf, vocabulary);
        const domain = leafDomain(leaf, vocabulary);
        this.#variables.set(key, { key, type, domain, settled: isSettled(leaf) });
      }
    }
  }

  /** Looks for a request that meets every constraint. "infeasible" is proven, "gave-up" proves nothing. */
  find(constraints: Constraints): Request | "infeasible" | "gave-up" {
    const domains = this.#variableDomains(constraints);
    if (domains === null) return "infeasible";
    const sums = solveSums(this.#sumDemands(constraints), domains);
    if (sums === "infeasible") return sums;
    const moment = this.#momentFor(constraints);
    if (moment === "infeasible" || moment === "gave-up") return moment;
    if (sums === "gave-up") return sums;
    return this.#requestOf(constraints, { domains, sums, moment });
  }

  /** Whether the constraints contradict each other, as far as a quick look tells; false proves nothing. */
  contradict(constraints: Constraints): boolean {
    const domains = this.#variableDomains(constraints);
    if (domains === null) return true;
    const demands = this.#sumDemands(constraints);
    return demands.length > 0 && solveSums(demands, domains) === "infeasible";
  }

  /** Whether an operand's state says something of another's, beyond what its own domain does. */
  isLinked(operand: number): boolean {
    return this.#linked[operand] === true;
  }

  /** As `isLinked`, and true for whatever the clock tells. */
  isTied(operand: number): boolean {
    return this.#linked[operand] === true || this.#isClock[operand] === true;
  }

  /** What each fact may still be; null where two constraints exclude each other. */
  #variableDomains(constraints: Constraints): Map<string, Domain> | null {
    const domains = new Map<string, Domain>();
    for (const { key, domain } of this.#variables.values()) domains.set(key, domain);
    for (const [operand, constraint] of constraints) {
      const key = this.#keys[operand];
      if (key === null || key === undefined) continue;
      const met = meet(domains.get(key) ?? constraint, constraint);
      if (isEmpty(met)) return null;
      domains.set(key, met);
    }
    return this.#agreeOnTexts(domains) ? domains : null;
  }

  /** A text that is unknown has only unknown tests, and a known one has none. */
  #agreeOnTexts(domains: Map<string, Domain>): boolean {
    const byFact = Map.groupBy(this.#textTests, ({ fact }) => fact);
    for (const [fact, tests] of byFact) {
      const keys = [fact, ...tests.map(({ operand }) => this.#keys[operand] ?? "")];
      const all = keys.flatMap((key) => domains.get(key) ?? []);
      const mayBeKnown = all.every(hasKnown);
      if (!mayBeKnown && !all.every(({ unknown }) => unknown)) return false;
      for (const key of keys) {
        const domain = domains.get(key);
        if (domain === undefined) continue;
        domains.set(
          key,
          mayBeKnown && !all.every(({ unknown }) => unknown) ? knownOf(domain) : domain,
        );
        if (!mayBeKnown) domains.set(key, unknownOf(domain));
      }
    }
    return true;
  }

  #sumDemands(constraints: Constraints) {
    return [...constraints].flatMap(([operand, domain]) => {
      const shape = this.#operands[operand]?.shape;
      return shape?.kind === "arithmetic" ? [{ shape, domain }] : [];
    });
  }

  #momentFor(constraints: Constraints): number | "infeasible" | "gave-up" {
    const demand = { time: null, date: null, weekday: null } as Record<string, Domain | null>;
    const local: { fact: "time" | "weekday" | "date"; zone: string; domain: Domain }[] = [];
    let asked = false;
    for (const [operand, domain] of constraints) {
      const shape = this.#operands[operand]?.shape;
      if (this.#isClock[operand] !== true || shape === undefined) continue;
      asked = true;
      if (shape.kind === "local") local.push({ fact: shape.fact, zone: shape.zone, domain });
      else if (shape.kind === "fact") demand[shape.name] = domain;
    }
    if (!asked) return usualMoment;
    const { time = null, date = null, weekday = null } = demand;
    return solveClock({ time, date, weekday, local });
  }

  #requestOf(
    constraints: Constraints,
    {
      domains,
      sums,
      moment,
    }: {
      readonly domains: ReadonlyMap<string, Domain>;
      readonly sums: ReadonlyMap<string, number | undefined>;
      readonly moment: number;
    },
  ): Request {
    const chosen = new Map<string, FactValue | undefined>();
    const decisive = this.#decisiveKeys(constraints);
    for (const { key, type, domain } of this.#variables.values()) {
      if (sums.has(key)) chosen.set(key, sums.get(key));
      else if (decisive.has(key)) chosen.set(key, pick(domains.get(key) ?? domain, type));
      else chosen.set(key, usualValue(domains.get(key) ?? domain, type));
    }
    const values = this.#operands.map((_, operand) => this.#valueOf(operand, chosen, moment));
    const names = [...decisive, ...this.#variables.keys(), ...(this.#readsTime ? ["time"] : [])];
    const facts: Record<string, FactValue | null> = {};
    for (const name of new Set(names)) {
      if (name === "time" && this.#readsTime) facts[name] = new Date(moment).toISOString();
      else this.#addFact(facts, name, { value: chosen.get(name), isDecisive: decisive.has(name) });
    }
    return { facts, values, decisive: [...decisive].filter((name) => Object.hasOwn(facts, name)) };
  }

  /** A fact that may be unknown, and does not matter, is left out. */
  #addFact(
    facts: Record<string, FactValue | null>,
    name: string,
    { value, isDecisive }: { readonly value: FactValue | undefined; readonly isDecisive: boolean },
  ): void {
    const variable = this.#variables.get(name);
    if (variable === undefined || variable.settled) return;
    if (value !== undefined) facts[name] = toJson(variable.type, value);
    // A prompt in the record would tell what is merely left out.
    else if (isDecisive || this.#variables.has("prompt")) facts[name] = null;
  }

  /** The facts behind the operands tested, in the order of the tests. */
  #decisiveKeys(constraints: Constraints): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const operand of constraints.keys()) {
      const shape = this.#operands[operand]?.shape;
      if (shape?.kind === "arithmetic") for (const key of leavesOf(shape)) keys.add(key);
      else keys.add(this.#isClock[operand] === true ? "time" : (this.#keys[operand] ?? ""));
    }
    keys.delete("");
    return keys;
  }

  #valueOf(
    operand: number,
    chosen: ReadonlyMap<string, FactValue | undefined>,
    moment: number,
  ): FactValue | undefined {
    const shape = this.#operands[operand]?.shape;
    if (shape === undefined) return undefined;
    if (this.#isClock[operand] === true) return clockValue(shape, moment);
    if (shape.kind === "constant") return shape.value;
    if (shape.kind !== "arithmetic") return chosen.get(this.#keys[operand] ?? "");
    return evaluateSum(shape, (key) => {
      const value = chosen.get(key);
      return typeof value === "number" ? value : undefined;
    });
  }
}

function knownOf(domain: Domain): Domain {
  return { ...domain, unknown: false };
}

function unknownOf(domain: Domain): Domain {
  return domain.kind === "number"
    ? { ...domain, ranges: [] }
    : { ...domain, texts: new Set(), listed: true };
}

function isClock(shape: OperandShape, vocabulary: Vocabulary): boolean {
  if (shape.kind === "local") return true;
  if (shape.kind !== "fact" || !isBuiltIn(shape.name, vocabulary)) return false;
  return shape.name === "time" || shape.name === "date" || shape.name === "weekday";
}

function clockValue(shape: OperandShape, moment: number): FactValue | undefined {
  if (shape.kind === "local") return localReader(shape.fact, shape.zone)(moment);
  if (shape.kind !== "fact" || shape.name === "time") return moment;
  return localReader(shape.name === "date" ? "date" : "weekday", "UTC")(moment);
}

function leafShapes(shape: OperandShape): readonly OperandShape[] {
  if (shape.kind === "arithmetic") return [...leafShapes(shape.left), ...leafShapes(shape.right)];
  return shape.kind === "constant" ? [] : [shape];
}

function leafType(shape: OperandShape, { facts }: Vocabulary): FactType {
  const type =
    shape.kind === "target"
      ? lookUpTargetFact(shape.fact)?.type
      : lookUpFact(facts, leafKey(shape))?.type;
  return type ?? { kind: "decimal" };
}

/** What a fact has that does not matter: unknown where it may be, else as little as possible. */
function usualValue(domain: Domain, type: FactType): FactValue | undefined {
  if (domain.unknown) return undefined;
  if (domain.kind === "text") return pick(domain, type);
  const zero = domain.ranges.some(({ from, to }) => from <= 0 && to > 0);
  if (!zero) return pick(domain, type);
  return type.kind === "boolean" ? false : 0;
}

/** A value as `--request` reads it: amounts and dates as text, so that a person can read them too. */
function toJson(type: FactType, value: FactValue): FactValue {
  switch (type.kind) {
    case "money":
    case "price":
    case "date":
      return showFactValue(type, value);
    case "duration":
      return typeof value === "number" && Number.isSafeInteger(value)
        ? showFactValue(type, value)
        : value;
    default:
      return value;
  }
}
