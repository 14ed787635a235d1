import type { FactValue } from "../../facts/fact.ts";
import type { CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import type { Verdict } from "./interpret.ts";
import { type Change, changesOf, movedWith } from "./near-changes.ts";
import {
  canBeTrue,
  evaluateSeen,
  evaluateTest,
  isOpen,
  type See,
  type Sight,
  type Test,
  testsOf,
} from "./sight.ts";

/** One change of one fact that would have led the request elsewhere. */
export interface NearMiss {
  /** The branch that would have been taken, as far as it does not rest on `open`. */
  readonly branch: number;
  readonly operand: number;
  readonly seen: Sight;
  /** The nearest value that does it; null for any text but those that the policy names. */
  readonly needed: FactValue | null;
  /** How far the number would have to move; null for what is no number, or not known. */
  readonly distance: number | null;
  /** The test that would have gone the other way, and whose it is: the other branch's, or that of the branch taken. */
  readonly test: Test;
  readonly of: number;
  /** Operands that were never asked for and would then have been. */
  readonly open: readonly number[];
}

/** So many near misses are told, the nearest first. */
const told = 5;
/** So many of them are changes of one fact: a policy of a thousand teams shall not hide the rest. */
const toldOfOne = 3;
/** So many values of one fact are tried, the nearest first. */
const triedPerOperand = 48;
/** So many tests of one policy are looked at. */
const mostTests = 20_000;

type Explained = Pick<CheckedPolicy, "branches" | "operands">;

/** Changes of one fact that would have given another branch than `decided`, the nearest first; of each fact the nearest to each branch. */
export function nearMisses(policy: Explained, see: See, decided: number): readonly NearMiss[] {
  const search = new Search(policy, see, decided);
  const found = new Map<string, Ranked>();
  for (const miss of search.run()) {
    const key = `${miss.operand} ${miss.branch}`;
    const before = found.get(key);
    if (before === undefined || miss.rank < before.rank) found.set(key, miss);
  }
  const counts = new Map<number, number>();
  return [...found.values()]
    .toSorted((a, b) => a.rank - b.rank || a.branch - b.branch)
    .filter(({ operand }) => {
      const count = (counts.get(operand) ?? 0) + 1;
      counts.set(operand, count);
      return count <= toldOfOne;
    })
    .slice(0, told)
    .map(({ rank: _, ...miss }) => miss);
}

interface Ranked extends NearMiss {
  readonly rank: number;
}

/** The conditions of one decided request, and who reads what. */
class Search {
  readonly #policy: Explained;
  readonly #see: See;
  readonly #decided: number;
  readonly #verdicts: readonly Verdict[];
  /** By operand: the branches that read it, in order. */
  readonly #readers = new Map<number, number[]>();

  constructor(policy: Explained, see: See, decided: number) {
    this.#policy = policy;
    this.#see = see;
    this.#decided = decided;
    this.#verdicts = policy.branches.map(({ condition }) => verdictOf(condition, see));
    let left = mostTests;
    for (const [branch, { condition }] of policy.branches.entries()) {
      for (const test of testsOf(condition)) {
        if (left === 0) return;
        left -= 1;
        const readers = this.#readers.get(test.operand);
        if (readers === undefined) this.#readers.set(test.operand, [branch]);
        else if (readers.at(-1) !== branch) readers.push(branch);
      }
    }
  }

  *run(): Generator<Ranked> {
    for (const operand of this.#readers.keys()) {
      const sight = this.#see(operand);
      const tests = this.#testsThatCount(operand);
      const changes = changesOf(this.#policy.operands, operand, { tests, see: this.#see });
      for (const change of changes.slice(0, triedPerOperand)) {
        const miss = this.#missOf(operand, sight, change);
        if (miss !== null) yield miss;
      }
    }
  }

  /** The tests of an operand in branches that a change of it may lead to, and in the branch taken. */
  #testsThatCount(operand: number): readonly Test[] {
    const readers = this.#readers.get(operand) ?? [];
    const moved = movedWith(this.#policy.operands, operand);
    const see: See = (at) => (moved.has(at) ? { kind: "unasked" } : this.#see(at));
    const mayFall = [...moved].some((each) => this.#readers.get(each)?.includes(this.#decided));
    return readers.flatMap((branch) => {
      const isNext = branch < this.#decided || mayFall;
      const counts = branch === this.#decided || (isNext && this.#mayBeTaken(branch, see));
      if (!counts) return [];
      const condition = this.#policy.branches[branch]?.condition ?? null;
      return testsOf(condition).filter((test) => test.operand === operand);
    });
  }

  #missOf(operand: number, seen: Sight, change: Change): Ranked | null {
    const see: See = (at) => change.sights.get(at) ?? this.#see(at);
    const branch = this.#nextDecided(see, change);
    if (branch === this.#decided) return null;
    const of = Math.min(branch, this.#decided);
    const test = this.#parting(of, see, change);
    if (test === null) return null;
    const condition = this.#policy.branches[branch]?.condition ?? null;
    const isSure = verdictOf(condition, see) === "true";
    const open = isSure ? [] : testsOf(condition).filter((each) => isOpen(each, see(each.operand)));
    const { needed, distance } = change;
    const rank = rankOf(seen, change) + (isSure ? 0 : 0.5);
    const openOperands = [...new Set(open.map((each) => each.operand))];
    return { branch, operand, seen, needed, distance, test, of, open: openOperands, rank };
  }

  /** The first branch that is true under a change, or may be once more is asked. */
  #nextDecided(see: See, { sights }: Change): number {
    const affected = this.#affectedBy([...sights.keys()]);
    for (const branch of affected) {
      if (branch >= this.#decided) break;
      if (this.#mayBeTaken(branch, see)) return branch;
    }
    if (!affected.includes(this.#decided) || this.#mayBeTaken(this.#decided, see)) {
      return this.#decided;
    }
    const isAffected = new Set(affected);
    const { branches } = this.#policy;
    for (let branch = this.#decided + 1; branch < branches.length; branch += 1) {
      const isTaken = !isAffected.has(branch) && this.#verdicts[branch] === "true";
      if (isTaken || this.#mayBeTaken(branch, see)) return branch;
    }
    return this.#decided;
  }

  #affectedBy(operands: readonly number[]): readonly number[] {
    const [only, ...others] = operands;
    if (only !== undefined && others.length === 0) return this.#readers.get(only) ?? [];
    const all = new Set(operands.flatMap((operand) => this.#readers.get(operand) ?? []));
    return [...all].toSorted((a, b) => a - b);
  }

  #mayBeTaken(branch: number, see: See): boolean {
    const condition = this.#policy.branches[branch]?.condition ?? null;
    return condition === null || canBeTrue(condition, see);
  }

  /** The test of a branch that goes the other way under a change. */
  #parting(branch: number, see: See, { sights }: Change): Test | null {
    const tests = testsOf(this.#policy.branches[branch]?.condition ?? null);
    return (
      tests.find(
        (test) =>
          sights.has(test.operand) &&
          evaluateTest(test, see(test.operand)) !== evaluateTest(test, this.#see(test.operand)),
      ) ?? null
    );
  }
}

function verdictOf(condition: Condition | null, see: See): Verdict {
  return condition === null ? "true" : evaluateSeen(condition, see);
}

/** Numbers by how far they would have to move for their size, then other values, then what was not known. */
function rankOf(seen: Sight, { distance, needed }: Change): number {
  if (seen.kind === "unknown") return 3;
  if (distance === null || typeof needed !== "number") return 2;
  const size = Math.max(Math.abs(needed), distance, 1e-9);
  return distance / size;
}
