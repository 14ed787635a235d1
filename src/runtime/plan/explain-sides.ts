import type {
  CheckedAlso,
  CheckedGuard,
  CheckedOptions,
} from "../../language/checker/checked-policy.ts";
import { optionTable } from "../../language/checker/option-table.ts";
import type { Verdict } from "../../language/interpreter/interpret.ts";
import { evaluateSeen } from "../../language/interpreter/sight.ts";
import { whyOf } from "../../language/interpreter/trace.ts";
import { type Explained, whyForbidden } from "./explained.ts";
import { ceilingOf, isCostCeiling } from "./guard-keeper.ts";
import { moneyWords } from "./words.ts";

/** What a guard did to a request. */
export interface ExplainedGuard {
  /** The guard as written. */
  readonly guard: string;
  /**
   * `applied`: it kept a target out, set a ceiling or refused the request. `holds`: it applies, and nothing was against it.
   * `does not apply`: its `when` is false, or the request is rejected by a rule. `proved`: it holds for every request.
   */
  readonly result: "applied" | "holds" | "does not apply" | "proved";
  readonly why: string;
  readonly dropped: readonly { readonly target: string; readonly why: string }[];
  /** What came of it: `the request is refused with 403`; null where nothing did. */
  readonly consequence: string | null;
}

/** What an `also` did to the plan. */
export interface ExplainedAlso {
  readonly also: string;
  readonly line: number;
  readonly result: Verdict | "not applied";
  readonly why: string;
  /** Options of it that are in force, by key. */
  readonly adds: Readonly<Record<string, unknown>>;
  /** Options of it that are not, each with the reason. */
  readonly loses: readonly { readonly option: string; readonly why: string }[];
}

/** Each guard of the policy in order. */
export function explainGuards(explained: Explained): readonly ExplainedGuard[] {
  return explained.policy.guards.map((guard) => explainGuard(explained, guard));
}

function explainGuard(explained: Explained, guard: CheckedGuard): ExplainedGuard {
  const { policy, see, plan, notes, proved, inputs } = explained;
  const line = { guard: guard.text, dropped: [], consequence: null };
  if (proved.has(guard.id)) {
    return { ...line, result: "proved", why: "no request can break it" };
  }
  if (plan === null) return { ...line, result: "does not apply", why: "the request is rejected" };
  const why = whyOf(guard.when, policy.operands, see);
  const isInForce = inputs.guards.some(({ id }) => id === guard.id);
  if (!isInForce) return { ...line, result: "does not apply", why };
  const dropped = [...notes.forbidden]
    .filter(([, id]) => id === guard.id)
    .map(([target]) => ({ target, why: whyForbidden(explained, guard, target) }));
  const consequence = consequenceOf(explained, guard);
  const acts = dropped.length > 0 || consequence !== null;
  return { guard: guard.text, result: acts ? "applied" : "holds", why, dropped, consequence };
}

function consequenceOf({ notes, plan }: Explained, guard: CheckedGuard): string | null {
  if (notes.refusing === guard.id) return `the request is refused with ${plan?.refusal?.status}`;
  const kept = [...notes.forbidden].filter(([, id]) => id === guard.id);
  if (kept.length > 0) {
    const empty =
      plan?.steps.flatMap(({ missing }, at) => (missing === "guard" ? [at + 1] : [])) ?? [];
    return empty.length === 0
      ? "the plan does without"
      : `no target is left at step ${empty.join(", ")}`;
  }
  if (guard.kind !== "ensure" || guard.requirement.kind !== "bound") return null;
  if (!isCostCeiling(guard.requirement)) return null;
  const ceiling = ceilingOf(guard.requirement);
  return plan?.costLimit?.most === ceiling
    ? `all attempts together may cost at most ${moneyWords(ceiling)}`
    : null;
}

/** Each `also` of the policy in order. */
export function explainAlsos(explained: Explained): readonly ExplainedAlso[] {
  const { policy, see, plan, branch } = explained;
  const action = policy.branches[branch]?.action;
  const own = action?.kind === "plan" ? action.options : {};
  const before: { readonly id: string; readonly options: CheckedOptions }[] = [
    { id: "the plan", options: own },
  ];
  return policy.alsos.map((also): ExplainedAlso => {
    const { id, line, condition, options } = also;
    if (plan === null) {
      const why = "the request is rejected";
      return { also: id, line, result: "not applied", why, adds: {}, loses: [] };
    }
    const why = whyOf(condition, policy.operands, see);
    if (!isApplied(explained, also)) {
      const result = evaluateSeen(condition, see);
      return { also: id, line, result, why, adds: {}, loses: [] };
    }
    const merged = mergedBy(options, { before, of: plan.options });
    before.push({ id, options });
    return { also: id, line, result: "true", why, ...merged };
  });
}

function isApplied({ inputs }: Explained, { options }: CheckedAlso): boolean {
  return inputs.alsos.includes(options);
}

/** Options that take the smallest of all. */
const ceilings: ReadonlySet<string> = new Set(["maxTokens", "promptTokens", "cost"]);
/** Options that add up. */
const sums: ReadonlySet<string> = new Set(["limits", "budgets", "concurrency", "tags"]);

interface Merging {
  readonly before: readonly { readonly id: string; readonly options: CheckedOptions }[];
  /** The options in force. */
  readonly of: CheckedOptions;
}

function mergedBy(
  options: CheckedOptions,
  { before, of }: Merging,
): Pick<ExplainedAlso, "adds" | "loses"> {
  const adds: Record<string, unknown> = {};
  const loses: { option: string; why: string }[] = [];
  for (const [key, value] of Object.entries(options) as [keyof CheckedOptions, unknown][]) {
    const earlier = before.find((each) => each.options[key] !== undefined);
    if (key === "set") addFields(options.set ?? {}, before, { adds, loses });
    else if (sums.has(key) || earlier === undefined) adds[key] = value;
    else if (ceilings.has(key)) {
      if (value === of[key]) adds[key] = value;
      else loses.push({ option: optionWord(key), why: "a smaller ceiling is set" });
    } else loses.push({ option: optionWord(key), why: `${earlier.id} has its own` });
  }
  return { adds, loses };
}

function addFields(
  fields: NonNullable<CheckedOptions["set"]>,
  before: Merging["before"],
  { adds, loses }: { adds: Record<string, unknown>; loses: { option: string; why: string }[] },
): void {
  const added: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    const earlier = before.find(({ options }) => options.set?.[field] !== undefined);
    if (earlier === undefined) added[field] = value;
    else loses.push({ option: `set ${field}`, why: `${earlier.id} has its own` });
  }
  if (Object.keys(added).length > 0) adds["set"] = added;
}

/** The word of an option by its key among the checked options: `first-token` of `firstTokenMs`. */
export function optionWord(key: string): string {
  return optionTable.find((entry) => entry.key === key)?.word ?? key;
}
