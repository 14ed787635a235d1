import type { FactValue } from "../../facts/fact.ts";
import type { Branch, CheckedAlso, CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import type { DecisionGraph } from "../graph/decision-graph.ts";
import { type LoweredRule, lower, lowerTogether } from "../graph/lower.ts";
import { evaluateCondition } from "../interpreter/interpret.ts";
import type { DiffSide, FoundRegion, FoundRegions } from "./diff-region.ts";
import type { Domain } from "./domain.ts";
import { isSame } from "./domain.ts";
import { Executed, withLastResort } from "./executed.ts";
import { type Joint, meaningOf } from "./joint.ts";
import { differenceInWords, type Outcome, outcomeInWords, outcomeOf } from "./outcomes.ts";
import type { Region, State } from "./product.ts";
import { type Demand, endsOf, meets, Questions } from "./questions.ts";
import type { Request } from "./requests.ts";
import { Ways } from "./ways.ts";
import { statesInWords } from "./words.ts";
import type { Work } from "./work.ts";

type Values = readonly (FactValue | undefined)[];
export type Version = "before" | "after";

/** Conditions of `also` that the requests are told apart by; with more of them there are too many combinations. */
const mostAlsos = 6;
const mostTests = 5;
/** For a request of two outcomes. */
const stepsOfPair = 20_000;

/** The requests of two versions, told apart by what each makes of them. */
export class DiffSpace {
  readonly joint: Joint;
  readonly questions: Questions;
  /** As `questions`, with the requests on which nothing differs. */
  readonly #everything: Questions;
  readonly undecided: string[] = [];
  readonly #executed: Readonly<Record<Version, Executed>>;
  /** By number: the actions that the first two diagrams lead to, without `also`. */
  readonly #actions: readonly CheckedPolicy["branches"][number]["action"][];
  /** The conditions behind the further diagrams. */
  readonly #conditions: readonly Condition[];

  constructor(joint: Joint, vocabulary: Vocabulary, work: Work) {
    this.joint = joint;
    const { operands } = joint;
    const numbering = new Numbering();
    const lists = [numbering.rulesOf(joint.before), numbering.rulesOf(joint.after)];
    this.#actions = numbering.actions;
    const sameAlsos = meaningOf(joint.before.alsos) === meaningOf(joint.after.alsos);
    const conditions = conditionsOf([...joint.before.alsos, ...joint.after.alsos]);
    if (conditions.length > mostAlsos) {
      this.undecided.push(
        sameAlsos
          ? "there are too many `also`s to look through"
          : "the `also`s differ, and there are too many to look through",
      );
    }
    this.#conditions = conditions.length > mostAlsos ? [] : conditions;
    const graphs = lowerTogether(operands, [...lists, ...this.#conditions.map(twoWays)]);
    const { order } = graphs[0] as DecisionGraph;
    const diagrams = { operands, order, graphs };
    this.questions = new Questions({ ...diagrams, differing: sameAlsos }, vocabulary, work);
    this.#everything = new Questions(diagrams, vocabulary, work);
    this.#executed = {
      before: executedOf(joint.before),
      after: executedOf(joint.after),
    };
  }

  /** Every two outcomes that differ, with the requests between. */
  regions(): FoundRegions {
    const { requests, work } = this.questions;
    const region = this.questions.region([], work.ask());
    const found = new Map<string, FoundRegion>();
    if (region === null) return this.#withSamples(found);
    const pairs = new Map<string, State[]>();
    for (const end of endsOf(region)) {
      const [before, after] = this.#outcomesAt(region, end);
      if (before.meaning === after.meaning) continue;
      const key = keyOf(before, after);
      pairs.set(key, [...(pairs.get(key) ?? []), end]);
    }
    const ways = new Ways(region, requests);
    let isWhole = true;
    for (const [key, ends] of pairs) {
      const accepts = (request: Request): boolean => this.#keyOf(request.values) === key;
      const request = ways.find(ends, accepts, work.ask(stepsOfPair));
      if (typeof request !== "string") found.set(key, this.#found(request, key, ways.spread(ends)));
      isWhole &&= request !== "gave-up";
    }
    if (!isWhole) return this.#withSamples(found);
    return { regions: [...found.values()], undecided: this.undecided };
  }

  /** What was found, and differences that single requests show, where there are too many cases to go through all. */
  #withSamples(found: Map<string, FoundRegion>): FoundRegions {
    for (const request of this.#samples()) {
      const key = this.#keyOf(request.values);
      if (key === null || found.has(key) || isAlike(key)) continue;
      found.set(key, this.#found(request, key, new Map()));
    }
    const why = "there are too many cases to go through: there may be further differences";
    return { regions: [...found.values()], undecided: [...this.undecided, why] };
  }

  /** Requests on which a rule decides that the other version does not have, as it is. */
  *#samples(): Generator<Request> {
    for (const [own, other] of [
      ["before", "after"],
      ["after", "before"],
    ] as const) {
      const known = new Set(this.joint[other].branches.map(ruleMeaning));
      for (const branch of this.joint[own].branches) {
        const { condition } = branch;
        if (condition !== null && !known.has(ruleMeaning(branch))) {
          yield* this.#deciding(own, condition);
        }
      }
    }
  }

  /** Requests on which a condition is true, against ever more of the rules above that take them. */
  *#deciding(version: Version, condition: Condition): Generator<Request> {
    const demands: Demand[] = [{ condition, is: "true" }];
    const { requests, work } = this.questions;
    const budget = work.ask(stepsOfPair);
    for (;;) {
      const region = this.questions.bareRegion(demands, budget);
      if (region === null) return;
      const accepts = (request: Request): boolean => meets(request, demands);
      const request = new Ways(region, requests).find(endsOf(region), accepts, budget);
      if (typeof request === "string") return;
      yield request;
      const branch = this.branchOf(version, request.values);
      const above = branch === null ? null : this.joint[version].branches[branch]?.condition;
      if (above === null || above === undefined || above === condition) return;
      demands.push({ condition: above, is: "not-true" });
    }
  }

  /** The requests that meet demands and that a version makes a plan for; null when there are too many cases. */
  planned(
    version: Version,
    demands: readonly Demand[],
  ): { readonly ways: Ways; readonly ends: readonly State[] } | null {
    const { requests, work } = this.#everything;
    const region = this.#everything.region(demands, work.ask());
    if (region === null) return null;
    const place = version === "before" ? 0 : 1;
    const ends = endsOf(region).filter(
      (end) => this.#actions[region[end]?.branches[place] ?? 0]?.kind === "plan",
    );
    return { ways: new Ways(region, requests), ends };
  }

  /** The branch of a version by interpreter and table alike; null when they differ. */
  branchOf(version: Version, values: Values): number | null {
    return this.#executed[version].branchOf(values);
  }

  /** What a version makes of a request; null where its executors differ. */
  outcomeOf(version: Version, values: Values): Outcome | null {
    const branch = this.branchOf(version, values);
    if (branch === null) return null;
    const policy = this.joint[version];
    const { action } = withLastResort(policy)[branch] ?? {};
    const read = (operand: number): FactValue | undefined => values[operand];
    const applying = policy.alsos.filter(
      ({ condition }) => evaluateCondition(condition, read) === "true",
    );
    return action === undefined ? null : outcomeOf(action, applying);
  }

  /** One side of a region, as a request shows it. */
  sideOf(version: Version, values: Values): DiffSide {
    const branch = this.branchOf(version, values) ?? -1;
    const { rules, branches } = this.joint[version];
    const outcome = this.outcomeOf(version, values);
    return {
      rule: rules[branches[branch]?.rule ?? -1]?.id ?? null,
      outcome:
        outcome === null || branches[branch] === undefined ? "none" : outcomeInWords(outcome),
    };
  }

  /** What the operands tested on the way to a region can be there, in words. */
  whereInWords(spread: ReadonlyMap<number, Domain>): string {
    const { domains } = this.questions.requests;
    const words = [...spread].flatMap(([operand, states]) => {
      const { key, type } = this.joint.operands[operand] as Joint["operands"][number];
      const every = domains[operand];
      return every === undefined || isSame(states, every)
        ? []
        : [`${key} ${statesInWords(states, type)}`];
    });
    return words.length > mostTests
      ? `${words.slice(0, mostTests).join(", ")}, …`
      : words.join(", ");
  }

  #outcomesAt(region: Region, end: State): readonly [Outcome, Outcome] {
    const [before = 0, after = 0, ...isTrue] = region[end]?.branches ?? [];
    return [this.#outcomeAt("before", before, isTrue), this.#outcomeAt("after", after, isTrue)];
  }

  #outcomeAt(version: Version, action: number, isTrue: readonly number[]): Outcome {
    const applying = this.joint[version].alsos.filter(({ condition }) => {
      const meaning = meaningOf(condition);
      const place = this.#conditions.findIndex((each) => meaningOf(each) === meaning);
      return isTrue[place] === 1;
    });
    return outcomeOf(this.#actions[action] as Outcome["action"], applying);
  }

  #found(request: Request, key: string, spread: ReadonlyMap<number, Domain>): FoundRegion {
    const { values, facts } = request;
    const [before, after] = [this.outcomeOf("before", values), this.outcomeOf("after", values)];
    const how = before === null || after === null ? "" : differenceInWords(before, after);
    const side = this.sideOf("after", values);
    return {
      region: {
        before: this.sideOf("before", values),
        after: how === "" ? side : { ...side, outcome: `${side.outcome} (${how})` },
        where: this.whereInWords(spread),
        witness: facts,
      },
      holds: (each) => this.#keyOf(each) === key,
    };
  }

  #keyOf(values: Values): string | null {
    const [before, after] = [this.outcomeOf("before", values), this.outcomeOf("after", values)];
    return before === null || after === null ? null : keyOf(before, after);
  }
}

function ruleMeaning({ condition, action }: Pick<Branch, "condition" | "action">): string {
  return meaningOf([condition, action]);
}

function keyOf(before: Outcome, after: Outcome): string {
  return JSON.stringify([before.meaning, after.meaning]);
}

function isAlike(key: string): boolean {
  const [before, after] = JSON.parse(key) as [string, string];
  return before === after;
}

/** Gives each action that differs from the others a number. */
class Numbering {
  readonly actions: Outcome["action"][] = [];
  readonly #numbers = new Map<string, number>();

  rulesOf(policy: CheckedPolicy): readonly LoweredRule[] {
    return withLastResort(policy).map(({ condition, action }) => ({
      condition,
      leadsTo: this.#numberOf(action),
    }));
  }

  #numberOf(action: Outcome["action"]): number {
    const meaning = meaningOf(action);
    const known = this.#numbers.get(meaning);
    if (known !== undefined) return known;
    this.#numbers.set(meaning, this.actions.length);
    return this.actions.push(action) - 1;
  }
}

/** A list that leads to 1 where a condition is true, and to 0 elsewhere. */
function twoWays(condition: Condition): readonly LoweredRule[] {
  return [
    { condition, leadsTo: 1 },
    { condition: null, leadsTo: 0 },
  ];
}

/** The conditions of `also`s, each once. */
function conditionsOf(alsos: readonly CheckedAlso[]): readonly Condition[] {
  return [...new Map(alsos.map(({ condition }) => [meaningOf(condition), condition])).values()];
}

function executedOf(policy: CheckedPolicy): Executed {
  const branches = withLastResort(policy);
  return new Executed({ ...policy, branches }, () =>
    lower({ operands: policy.operands, branches }),
  );
}
