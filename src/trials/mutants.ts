import type { Span } from "../diagnostics/diagnostic.ts";
import type { Branch, CheckedPolicy, Condition } from "../language/checker/checked-policy.ts";
import { conditionWords } from "../language/service/condition-words.ts";
import { actionChanges } from "./mutate-action.ts";
import { changesOf, type MutationKind } from "./mutate-condition.ts";
import { type Sources, wordsAt } from "./words.ts";

/** Where a mutant can decide otherwise: what a request has to meet for it. */
export type Difference =
  /** A condition asked by these branches, or beside the rules, reads otherwise. */
  | {
      readonly kind: "condition";
      readonly places: readonly ConditionPlace[];
    }
  /** Requests that this branch decides get another plan. */
  | { readonly kind: "action"; readonly branch: number }
  /** Requests that these branches decide go on to later ones. */
  | { readonly kind: "dropped"; readonly branches: readonly number[] }
  /** Requests of the first branches for which the second ones hold too. */
  | {
      readonly kind: "order";
      readonly first: readonly number[];
      readonly second: readonly number[];
    };

export interface ConditionPlace {
  /** Index of the branch; null beside the rules. */
  readonly branch: number | null;
  /** What counts: true for rules and alsos, not false for guards. */
  readonly counts: "true" | "not-false";
  /** Where the whole `also` or guard is dropped, nothing counts afterwards. */
  readonly before: Condition;
  readonly after: Condition;
}

/** A policy with one small change. */
export interface Mutant {
  readonly kind: MutationKind;
  /** The change in words. */
  readonly what: string;
  readonly span: Span;
  readonly policy: CheckedPolicy;
  readonly difference: Difference;
}

/** Every mutant of a policy, in the order of kinds and places. */
export function* mutantsOf(policy: CheckedPolicy, sources: Sources): Generator<Mutant> {
  yield* conditionMutants(policy, sources);
  yield* actionMutants(policy);
  yield* droppedMutants(policy);
  yield* orderMutants(policy);
  yield* sideMutants(policy, sources);
}

/** Conditions of a policy, each once: those of a `let` are shared, and change everywhere at once. */
function* conditionMutants(policy: CheckedPolicy, sources: Sources): Generator<Mutant> {
  const { operands } = policy;
  const roots = new Set<Condition>();
  for (const { condition } of [...policy.branches, ...policy.alsos]) {
    if (condition !== null) roots.add(condition);
  }
  for (const { when } of policy.guards) if (when !== null) roots.add(when);
  const seen = new Set<Condition>();
  for (const root of roots) {
    for (const node of nodesOf(root)) {
      if (seen.has(node) || node.kind === "constant") continue;
      seen.add(node);
      const negated: Condition = { kind: "not", of: node, span: node.span };
      const changes = [...changesOf(node, operands)];
      if (node === root && isNegatedAnew(node)) changes.push({ kind: "negation", to: negated });
      for (const { kind, to } of changes) {
        const what = `\`${wordsAt(node.span, sources)}\` becomes \`${conditionWords(to, operands)}\``;
        yield { kind, what, span: node.span, ...replaced(policy, node, to) };
      }
    }
  }
}

/** Whether a condition's negation is none of the changes of its own. */
function isNegatedAnew(node: Condition): boolean {
  if (node.kind === "compare") return node.op !== "=" && node.op !== "!=";
  return node.kind === "and" || node.kind === "or" || node.kind === "in";
}

function* nodesOf(condition: Condition): Generator<Condition> {
  yield condition;
  if (condition.kind === "not") yield* nodesOf(condition.of);
  else if (condition.kind === "and" || condition.kind === "or") {
    for (const part of condition.of) yield* nodesOf(part);
  }
}

/** The policy with one node of its conditions replaced wherever it is used. */
function replaced(
  policy: CheckedPolicy,
  from: Condition,
  to: Condition,
): Pick<Mutant, "policy" | "difference"> {
  const places: ConditionPlace[] = [];
  const swap = <C extends Condition | null>(
    condition: C,
    branch: number | null,
    counts: ConditionPlace["counts"],
  ): C => {
    if (condition === null) return condition;
    const after = withReplaced(condition, from, to);
    if (after !== condition) places.push({ branch, counts, before: condition, after });
    return after as C;
  };
  const branches = policy.branches.map((branch, index) => ({
    ...branch,
    condition: swap(branch.condition, index, "true"),
  }));
  const alsos = policy.alsos.map((also) => ({
    ...also,
    condition: swap(also.condition, null, "true"),
  }));
  const guards = policy.guards.map((guard) => ({
    ...guard,
    when: swap(guard.when, null, "not-false"),
  }));
  return {
    policy: { ...policy, branches, alsos, guards },
    difference: { kind: "condition", places },
  };
}

function withReplaced(condition: Condition, from: Condition, to: Condition): Condition {
  if (condition === from) return to;
  if (condition.kind === "not") {
    const of = withReplaced(condition.of, from, to);
    return of === condition.of ? condition : { ...condition, of };
  }
  if (condition.kind !== "and" && condition.kind !== "or") return condition;
  const of = condition.of.map((part) => withReplaced(part, from, to));
  return of.every((part, at) => part === condition.of[at]) ? condition : { ...condition, of };
}

function* actionMutants(policy: CheckedPolicy): Generator<Mutant> {
  for (const [index, branch] of policy.branches.entries()) {
    for (const { kind, what, span, to } of actionChanges(branch.action, policy.targets)) {
      const branches = policy.branches.with(index, { ...branch, action: to });
      const difference: Difference = { kind: "action", branch: index };
      yield { kind, what, span, policy: { ...policy, branches }, difference };
    }
  }
}

/** Rules, and arms of rules with several. The last word of a file stays: without it requests have no outcome. */
function* droppedMutants(policy: CheckedPolicy): Generator<Mutant> {
  const { branches, rules } = policy;
  const drop = (dropped: readonly number[]): Pick<Mutant, "policy" | "difference"> => ({
    policy: { ...policy, branches: branches.filter((_, index) => !dropped.includes(index)) },
    difference: { kind: "dropped", branches: dropped },
  });
  for (const [rule, { id, span }] of rules.entries()) {
    const own = armsOf(branches, rule);
    if (!hasLastWord(branches, own)) {
      yield { kind: "rule", what: `the rule \`${id}\` is dropped`, span, ...drop(own) };
    }
    if (own.length < 2) continue;
    for (const arm of own) {
      if (hasLastWord(branches, [arm])) continue;
      const what = `arm ${own.indexOf(arm) + 1} of the rule \`${id}\` is dropped`;
      yield { kind: "rule", what, span: branches[arm]?.span ?? span, ...drop([arm]) };
    }
  }
}

function armsOf(branches: readonly Branch[], rule: number): readonly number[] {
  return branches.flatMap((branch, index) => (branch.rule === rule ? [index] : []));
}

/** Whether one of the arms, or nothing behind it, decides whatever comes. */
function hasLastWord(branches: readonly Branch[], arms: readonly number[]): boolean {
  return arms.some((arm) => branches[arm]?.condition === null || arm === branches.length - 1);
}

/** Neighbouring rules that change places. */
function* orderMutants(policy: CheckedPolicy): Generator<Mutant> {
  const { branches, rules } = policy;
  for (let rule = 0; rule + 1 < rules.length; rule += 1) {
    const [first, second] = [armsOf(branches, rule), armsOf(branches, rule + 1)];
    if (hasLastWord(branches, first) || hasLastWord(branches, second)) continue;
    const order = [...first, ...second];
    const swapped = branches.map((branch, index) => {
      const at = order.indexOf(index);
      return at < 0 ? branch : (branches[[...second, ...first][at] ?? index] ?? branch);
    });
    const [one, other] = [rules[rule], rules[rule + 1]];
    if (one === undefined || other === undefined) continue;
    yield {
      kind: "order",
      what: `the rules \`${one.id}\` and \`${other.id}\` change places`,
      span: other.span,
      policy: { ...policy, branches: swapped },
      difference: { kind: "order", first, second },
    };
  }
}

/** Alsos and guards that are not there. */
function* sideMutants(policy: CheckedPolicy, sources: Sources): Generator<Mutant> {
  for (const { id, condition, span } of policy.alsos) {
    const alsos = policy.alsos.filter((each) => each.id !== id);
    const after: Condition = { kind: "constant", value: false };
    const place = { branch: null, counts: "true", before: condition, after } as const;
    yield {
      kind: "also",
      what: `\`${wordsAt(span, sources)}\` is dropped`,
      span,
      policy: { ...policy, alsos },
      difference: { kind: "condition", places: [place] },
    };
  }
  for (const { id, text, when, span } of policy.guards) {
    const guards = policy.guards.filter((each) => each.id !== id);
    const before: Condition = when ?? { kind: "constant", value: true };
    const after: Condition = { kind: "constant", value: false };
    const place = { branch: null, counts: "not-false", before, after } as const;
    yield {
      kind: "guard",
      what: `\`${text}\` is dropped`,
      span,
      policy: { ...policy, guards },
      difference: { kind: "condition", places: [place] },
    };
  }
}
