import { showMoney } from "../../base/money.ts";
import type { CheckedOptions, Condition, Requirement } from "../checker/checked-policy.ts";
import { compareValues } from "../interpreter/interpret.ts";
import type { PlanFinding } from "./guards-ensure.ts";
import { settledBetween, type Variant } from "./guards-variants.ts";
import type { Demand } from "./questions.ts";
import type { PlanAction } from "./reach.ts";
import { passingChoices } from "./reach-choices.ts";
import { holds } from "./reach-questions.ts";
import type { PlanSetting } from "./reach-setting.ts";
import { largestPrompt } from "./reach-tokens.ts";
import type { Witness } from "./space.ts";
import { limitsOf, type PlanLimits } from "./worst-case.ts";
import {
  certainCost,
  dearestPlan,
  type PlanCost,
  type StepChoice,
  withoutPrice,
} from "./worst-case-plan.ts";

type Bound = Extract<Requirement, { readonly kind: "bound" }>;

/** One plan with one set of options. */
interface Chain {
  readonly branch: number;
  readonly choices: readonly StepChoice[];
  readonly options: CheckedOptions;
  readonly limits: PlanLimits;
  readonly demands: readonly Demand[];
}

const nowhere = { file: "", start: 0, end: 0 };

/** Judges `ensure plan.cost …`: what a plan costs depends on the prompt, so a witness is a prompt that is too dear. */
export class CostJudge {
  readonly keys = ["retries", "maxTokens", "promptTokens", "cost"] as const;
  readonly #bound: Bound;
  readonly #setting: PlanSetting;

  constructor(bound: Bound, setting: PlanSetting) {
    this.#bound = bound;
    this.#setting = setting;
  }

  judge(branch: number, action: PlanAction, { options, demands }: Variant): PlanFinding {
    const limits = limitsOf(options, this.#setting.defaults);
    const choices = passingChoices(action, this.#setting);
    const chain = { branch, choices, options, limits, demands };
    const unpriced = withoutPrice(choices);
    if (unpriced !== null && options.cost === undefined) {
      const text = `has no known cost: no price of \`${unpriced.name}\` is listed`;
      return { kind: "broken", text };
    }
    const cap = options.promptTokens ?? null;
    if (this.#holds(chain, cap)) return null;
    const { policy, questions } = this.#setting;
    const region = largestPrompt(policy, questions, branch, demands);
    const largest = cap === null || region === null ? (cap ?? region) : Math.min(cap, region);
    if (largest !== cap && this.#holds(chain, largest)) return null;
    const witness = this.#tooDear(chain, largest);
    if (witness !== null) return witness;
    return { kind: "open", why: openWords(dearestPlan(choices, options, limits, largest)) };
  }

  /** Whether the requirement holds for every prompt up to a bound. */
  #holds({ choices, options, limits }: Chain, largest: number | null): boolean {
    const dearest = dearestPlan(choices, options, limits, largest);
    if (dearest.kind !== "known") return false;
    const { op, value } = this.#bound;
    // A client may ask for no more than a word, so nothing is certain to be spent.
    return settledBetween({ least: 0, most: dearest.value }, op, value) === "true";
  }

  /** A request whose plan costs too much for certain: any, or one whose prompt is large but within the policy's own bound. */
  #tooDear(chain: Chain, largest: number | null): PlanFinding {
    if (this.#bound.op !== "<" && this.#bound.op !== "<=") return null;
    const { policy, questions } = this.#setting;
    const prompt = this.#cheapestTooDear(chain, largest);
    if (prompt === null) return null;
    const operand = policy.operands.findIndex(({ key }) => key === "tokens");
    const ceiling = policy.operands.findIndex(({ key }) => key === "max_tokens");
    const demands: Demand[] = [...chain.demands];
    if (operand >= 0 && prompt > 0) demands.push(holds(atLeast(operand, prompt)));
    if (ceiling >= 0) {
      demands.push(holds({ kind: "is-unknown", operand: ceiling, span: nowhere }));
    }
    const found = questions.ask(chain.branch, demands);
    if (found.kind !== "found") return null;
    const witness = withPrompt(found.witness, prompt);
    const tokens = witness.facts["tokens"];
    const cost = this.#costAt(chain, typeof tokens === "number" ? tokens : 0);
    const gaveCeiling = (witness.facts["max_tokens"] ?? null) !== null;
    if (cost === null || gaveCeiling || this.#allows(cost)) return null;
    return { kind: "broken", text: `can cost ${showMoney(cost)}`, witness };
  }

  /** The smallest prompt that is too dear; null where none is known to be. */
  #cheapestTooDear(chain: Chain, largest: number | null): number | null {
    const tooDear = (prompt: number): boolean => {
      const cost = this.#costAt(chain, prompt);
      return cost !== null && !this.#allows(cost);
    };
    if (tooDear(0)) return 0;
    if (largest === null || !tooDear(largest)) return null;
    let [cheap, dear] = [0, largest];
    while (dear - cheap > 1) {
      const middle = Math.floor((cheap + dear) / 2);
      if (tooDear(middle)) dear = middle;
      else cheap = middle;
    }
    return dear;
  }

  #costAt({ choices, options, limits }: Chain, prompt: number): number | null {
    return certainCost(choices, options, limits, prompt);
  }

  #allows(cost: number): boolean {
    return compareValues(cost, this.#bound.op, this.#bound.value) === "true";
  }
}

function atLeast(operand: number, value: number): Condition {
  return { kind: "compare", operand, op: ">=", value, span: nowhere };
}

/** A witness whose prompt no condition asks about has whatever prompt is wanted. */
function withPrompt(witness: Witness, prompt: number): Witness {
  if (typeof witness.facts["tokens"] === "number") return witness;
  return { ...witness, facts: { ...witness.facts, tokens: prompt } };
}

function openWords(cost: PlanCost): string {
  switch (cost.kind) {
    case "requested":
      return "the client names the target";
    case "no-price":
      return `no price of \`${cost.target}\` is listed`;
    case "unbounded":
      return `nothing bounds the tokens of a request at \`${cost.target}\``;
    case "known":
      return `it can come to ${showMoney(cost.value)}, by the prompt, the hour, how many answers a client asks for and what a run chooses`;
  }
}
