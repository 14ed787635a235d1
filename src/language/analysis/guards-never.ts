import type { Target } from "../../catalog/target.ts";
import type { CheckedAlso, CheckedGuard, Condition } from "../checker/checked-policy.ts";
import { findInShare } from "./guards-share.ts";
import type { Judgement } from "./guards-verdict.ts";
import { type Finding, factWords, refused, ruleWords, settle } from "./guards-words.ts";
import type { Demand } from "./questions.ts";
import { type PlanAction, type Reach, reachOf } from "./reach.ts";
import { ceilingsOf } from "./reach-choices.ts";
import { holds } from "./reach-questions.ts";
import type { PlanSetting } from "./reach-setting.ts";
import {
  all,
  openReasons,
  type Residual,
  residualOf,
  whenNotFalse,
  whenTrue,
} from "./reach-verdict.ts";

type Never = Extract<CheckedGuard, { readonly kind: "never" }>;

/** What a `never` is judged by. */
export interface NeverSetting extends PlanSetting {
  /** The target that prompts of semantic caches are sent to, to be placed; null where none are sent. */
  readonly embeddings: Target | null;
}

/** Judges a `never`: over every target that every plan can reach, for every request for which `when` is not false. */
export function judgeNever(guard: Never, setting: NeverSetting): Judgement {
  const where = guard.when === null ? "plan" : "request for which it may have to hold";
  return settle(findingsOf(guard, setting), `no ${where} can reach a target that satisfies it`);
}

function* findingsOf(guard: Never, setting: NeverSetting): Generator<Finding> {
  const judge = new NeverJudge(guard, setting);
  for (const [branch, { action }] of setting.policy.branches.entries()) {
    if (action.kind !== "plan") continue;
    for (const reach of reachOf(action, setting.policy.alsos)) {
      const finding = judge.judge(reach, branch, action);
      if (finding !== null) yield finding;
    }
    const finding = judge.judgePrompt(branch, action);
    if (finding !== null) yield finding;
  }
}

class NeverJudge {
  readonly #guard: Never;
  readonly #setting: NeverSetting;
  readonly #residuals = new Map<string, Residual>();

  constructor(guard: Never, setting: NeverSetting) {
    this.#guard = guard;
    this.#setting = setting;
  }

  judge(reach: Reach, branch: number, action: PlanAction): Finding | null {
    const demands = this.#demandsOf(reach);
    switch (reach.kind) {
      case "requested":
        return this.#judgeRequested(branch, demands);
      case "select":
        return this.#judgeSelect(reach, { branch, action, demands });
      default:
        return this.#judgeNamed(reach, { branch, action, demands });
    }
  }

  /** Whether the prompt may have to be kept from the target that places it: a run does so, and looks for equal requests alone. */
  judgePrompt(branch: number, action: PlanAction): Finding | null {
    const { policy, questions, embeddings } = this.#setting;
    if (embeddings === null || !mayHaveSemanticCache(action, policy.alsos)) return null;
    const breaks = whenNotFalse(this.#residualOf(embeddings, action), "possible");
    const found = questions.ask(branch, [...this.#ownDemands(), holds(breaks)]);
    if (found.kind === "none") return null;
    if (found.kind === "undecided") return found;
    const why = `\`${embeddings.name}\`, which places prompts for ${ruleWords(policy, branch)}, may satisfy it, and is then not asked`;
    return { kind: "enforced", why };
  }

  #ownDemands(): readonly Demand[] {
    const { when } = this.#guard;
    return when === null ? [] : [{ condition: when, is: "not-false" }];
  }

  /** A shadow of an `also` is there where the `also` applies and no earlier one brings a shadow. */
  #demandsOf(reach: Reach): readonly Demand[] {
    const own = this.#ownDemands();
    if (reach.kind !== "shadow" || reach.also === null) return own;
    const { alsos } = this.#setting.policy;
    const earlier = alsos.slice(0, reach.also).filter(({ options }) => options.shadow);
    const applies = alsos[reach.also]?.condition;
    return [
      ...own,
      ...earlier.map(({ condition }): Demand => ({ condition, is: "not-true" })),
      ...(applies === undefined ? [] : [holds(applies)]),
    ];
  }

  #judgeRequested(branch: number, demands: readonly Demand[]): Finding | null {
    const found = this.#setting.questions.ask(branch, demands);
    if (found.kind === "none") return null;
    if (found.kind === "undecided") return found;
    const why = `the client names the target in ${ruleWords(this.#setting.policy, branch)}`;
    return { kind: "enforced", why };
  }

  #judgeNamed(
    reach: Exclude<Reach, { readonly kind: "requested" | "select" }>,
    { branch, action, demands }: Place,
  ): Finding | null {
    const { policy, questions, targets } = this.#setting;
    const target = targets.get(reach.target);
    if (target === undefined) return null;
    const residual = this.#residualOf(target, action);
    const breaks = [...demands, holds(whenNotFalse(residual, "certain"))];
    const found =
      reach.kind === "fixed"
        ? questions.ask(branch, breaks)
        : findInShare(
            { branch, demands: breaks, share: reach.share, target: reach.target },
            policy.operands,
            questions,
          );
    if (found.kind === "found") {
      const why = `${ruleWords(policy, branch)} can reach \`${target.name}\``;
      return refused(why, found.witness, action, {
        span: reach.span,
        text: culpritText(reach, target, factWords(this.#guard.target, target)),
        target: target.name,
      });
    }
    if (found.kind === "undecided") return found;
    const reasons = openReasons(residual);
    if (reasons.length === 0) return null;
    const may = questions.ask(branch, [...demands, holds(whenNotFalse(residual, "possible"))]);
    if (may.kind === "none") return null;
    if (may.kind === "undecided") return may;
    return { kind: "enforced", why: `whether \`${target.name}\` satisfies it: ${reasons[0]}` };
  }

  #judgeSelect(
    { from, where, span }: Extract<Reach, { readonly kind: "select" }>,
    { branch, action, demands }: Place,
  ): Finding | null {
    const { policy, questions, targets } = this.#setting;
    const candidates = from.flatMap((name) => {
      const target = targets.get(name);
      if (target === undefined) return [];
      const passes =
        where === null
          ? always
          : whenTrue(residualOf(where, this.#candidate(target, action)), "possible");
      return isNever(passes)
        ? []
        : [{ target, passes, residual: this.#residualOf(target, action) }];
    });
    const breaking: string[] = [];
    for (const { target, passes, residual } of candidates) {
      const may = all("and", [passes, whenNotFalse(residual, "possible")]);
      const found = questions.ask(branch, [...demands, holds(may)]);
      if (found.kind === "undecided") return found;
      if (found.kind === "found") breaking.push(target.name);
    }
    if (breaking.length === 0) return null;
    const everyOne = candidates.map(({ residual }) => whenNotFalse(residual, "certain"));
    const found =
      breaking.length < candidates.length
        ? ({ kind: "none" } as const)
        : questions.ask(branch, [...demands, holds(all("and", everyOne))]);
    if (found.kind === "found") {
      const why = `every candidate of a selection in ${ruleWords(policy, branch)} satisfies it`;
      const text = `no candidate is left here: ${listed(breaking)}`;
      const culprit = { span, text, target: breaking[0] ?? null };
      return refused(why, found.witness, action, culprit);
    }
    const why = `the selection in ${ruleWords(policy, branch)} may hold ${listed(breaking)}, which a run leaves out`;
    return { kind: "enforced", why };
  }

  #candidate(target: Target, action: PlanAction): Parameters<typeof residualOf>[1] {
    const { policy } = this.#setting;
    const { span } = this.#guard;
    return { target, operands: policy.operands, ceilings: ceilingsOf(action, policy), span };
  }

  #residualOf(target: Target, action: PlanAction): Residual {
    const candidate = this.#candidate(target, action);
    const key = `${target.name} ${candidate.ceilings.join(" ")}`;
    const known = this.#residuals.get(key);
    const residual = known ?? residualOf(this.#guard.target, candidate);
    if (known === undefined) this.#residuals.set(key, residual);
    return residual;
  }
}

function mayHaveSemanticCache({ options }: PlanAction, alsos: readonly CheckedAlso[]): boolean {
  const said =
    options.cache === undefined ? alsos.map((also) => also.options.cache) : [options.cache];
  return said.some((cache) => cache?.kind === "semantic");
}

interface Place {
  readonly branch: number;
  readonly action: PlanAction;
  readonly demands: readonly Demand[];
}

const always: Condition = { kind: "constant", value: true };

function isNever(condition: Condition): boolean {
  return condition.kind === "constant" && !condition.value;
}

function culpritText(reach: Reach, { name }: Target, facts: string): string {
  const how = reach.kind === "shadow" ? "gets a copy of requests" : "is reached";
  return facts === "" ? `\`${name}\` ${how} here` : `\`${name}\` ${how} here: ${facts}`;
}

const mostListed = 4;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostListed).map((name) => `\`${name}\``);
  return `${shown.join(", ")}${names.length > mostListed ? ", …" : ""}`;
}
