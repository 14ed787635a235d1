import type { CheckedStep, Route, Strategy } from "../../language/checker/checked-policy.ts";
import { operandWords, valueWords } from "../../language/interpreter/sight.ts";
import { whyOfTarget } from "../../language/interpreter/trace-target.ts";
import { type Explained, sightOf, whyForbidden } from "./explained.ts";
import type { StepNotes } from "./plan-notes.ts";
import type { LeftOut } from "./plan-witness.ts";
import { moneyWords, routeWords, shareWords } from "./words.ts";

/** One target that a step could have led to. */
export interface ExplainedCandidate {
  readonly target: string;
  /** `passed over`: it would have done, another was better, drawn, or holds the share. `refused`: it must or can not. */
  readonly result: "chosen" | "passed over" | "refused";
  readonly why: string;
}

/** How a step of a plan came to its target. */
export interface ExplainedStep {
  /** Counted from 1. */
  readonly step: number;
  /** The route as a policy could write it. */
  readonly route: string;
  readonly target: string | null;
  /** In words, why there is no target; null where there is one. */
  readonly missing: string | null;
  readonly candidates: readonly ExplainedCandidate[];
}

/** How each step came to its target, with why every other candidate did not. */
export function explainSteps(explained: Explained): readonly ExplainedStep[] {
  const { policy, branch, plan } = explained;
  const action = policy.branches[branch]?.action;
  if (plan === null || action?.kind !== "plan") return [];
  return action.steps.map((step, index) => {
    const made = plan.steps[index];
    const target = made?.target ?? null;
    return {
      step: index + 1,
      route: routeWords(step.route, policy.operands),
      target,
      missing: made === undefined || made.missing === null ? null : missingWords[made.missing],
      candidates: new StepExplainer(explained, index, target).candidates(step),
    };
  });
}

const missingWords = {
  requested: "the client named no target that is known here",
  candidate: "no candidate is left",
  guard: "guards forbid what there was",
} as const;

const leftOutWords: Readonly<Record<Exclude<LeftOut, "where" | "guard">, string>> = {
  tried: "an earlier step tries it",
  unhealthy: "it is not healthy",
  absent: "there is no such target",
};

/** Words for one step's candidates. */
class StepExplainer {
  readonly #explained: Explained;
  readonly #notes: StepNotes;
  readonly #chosen: string | null;

  constructor(explained: Explained, index: number, chosen: string | null) {
    this.#explained = explained;
    this.#notes = explained.notes.at(index);
    this.#chosen = chosen;
  }

  candidates({ route }: CheckedStep): readonly ExplainedCandidate[] {
    switch (route.kind) {
      case "target":
        return [this.#named(route.target, "the policy names it")];
      case "requested": {
        const { requested } = this.#explained.inputs;
        return requested === null ? [] : [this.#named(requested, "the client named it")];
      }
      case "split":
        return this.#shares(route);
      case "select":
        return route.from.map((target) => this.#candidate(target, route));
    }
  }

  #named(target: string, why: string): ExplainedCandidate {
    if (target === this.#chosen) return { target, result: "chosen", why };
    return this.#forbidden(target);
  }

  #forbidden(target: string): ExplainedCandidate {
    const { notes, inputs } = this.#explained;
    const id = notes.forbidden.get(target);
    const guard = inputs.guards.find((each) => each.id === id);
    if (guard === undefined) return { target, result: "refused", why: leftOutWords.absent };
    const why = `guard \`${guard.text}\`: ${whyForbidden(this.#explained, guard, target)}`;
    return { target, result: "refused", why };
  }

  #shares(route: Extract<Route, { readonly kind: "split" }>): readonly ExplainedCandidate[] {
    const { policy, see } = this.#explained;
    const operand = route.by === null ? undefined : policy.operands[route.by];
    const sight = route.by === null ? null : see(route.by);
    const key =
      operand === undefined || sight?.kind !== "known"
        ? "this request's id"
        : `${operand.key} ${operandWords(operand, sight)}`;
    const forbidden = route.shares.find(({ target }) => {
      return this.#chosen === null && this.#explained.notes.forbidden.has(target);
    });
    return route.shares.map(({ target, parts }) => {
      if (target === this.#chosen) {
        return { target, result: "chosen", why: `${key} falls into its ${shareWords(parts)}` };
      }
      if (target === forbidden?.target) return this.#forbidden(target);
      return {
        target,
        result: "passed over",
        why: `${key} falls outside its ${shareWords(parts)}`,
      };
    });
  }

  #candidate(
    target: string,
    route: Extract<Route, { readonly kind: "select" }>,
  ): ExplainedCandidate {
    const left = this.#notes.leftOut.get(target);
    if (left === "guard") return this.#forbidden(target);
    if (left === "where") return { target, result: "refused", why: this.#whyNot(target, route) };
    if (left !== undefined) return { target, result: "refused", why: leftOutWords[left] };
    const result = target === this.#chosen ? "chosen" : "passed over";
    return { target, result, why: this.#whyChosen(target, route.by) };
  }

  #whyChosen(target: string, by: Strategy): string {
    const { stayed } = this.#notes;
    if (stayed === target) return "sticky: the last request of the same key was answered there";
    if (stayed !== null) return `sticky: the plan stays with ${stayed}`;
    return by === "any" ? this.#drawWords(target) : this.#weightWords(target, by);
  }

  #whyNot(name: string, { where }: Extract<Route, { readonly kind: "select" }>): string {
    const target = this.#explained.inputs.targets.get(name);
    if (target === undefined || where === null) return leftOutWords.absent;
    return whyOfTarget(where, sightOf(this.#explained, target));
  }

  /** What a candidate weighs, and against what. */
  #weightWords(target: string, by: Exclude<Strategy, "any">): string {
    const { weights } = this.#notes;
    const own = weights.get(target);
    const words = ownWords(by, own);
    if (weights.size === 1) return `${words}; the only candidate`;
    if (target === this.#chosen) {
      const isTied = [...weights].some(([name, weight]) => name !== target && weight === own);
      return isTied ? `${words}; first in the list of those alike` : `${words}; the ${by}`;
    }
    const least = this.#chosen === null ? undefined : weights.get(this.#chosen);
    if (least === own) return `${words}; as ${this.#chosen}, which stands earlier`;
    return `${words}, against ${ownWords(by, least)} of ${this.#chosen}`;
  }

  #drawWords(target: string): string {
    const { drawn } = this.#notes;
    if (drawn === null) return "the only candidate";
    const { live } = this.#explained.inputs;
    const loads = drawn.map((name) => live.measured(name, "queue"));
    if (!drawn.includes(target)) return "not among the two drawn from the seed";
    const [own, other] = target === drawn[0] ? loads : loads.toReversed();
    if (own === undefined || other === undefined) {
      return target === this.#chosen
        ? "drawn first from the seed; what is in flight is not known"
        : "drawn second from the seed; what is in flight is not known";
    }
    const against = `${own} in flight, against ${other} of the other drawn`;
    return own === other ? `${against}; the first drawn stays` : against;
  }
}

function ownWords(by: Exclude<Strategy, "any">, weight: number | undefined): string {
  if (weight === undefined) return unknownWords[by];
  switch (by) {
    case "cheapest":
      return moneyWords(weight);
    case "fastest":
      return `${valueWords({ kind: "duration" }, Math.round(weight))} to the first token`;
    case "least-busy":
      return `${valueWords({ kind: "decimal" }, weight)} in flight`;
    case "best":
      return `quality ${valueWords({ kind: "decimal" }, -weight)}`;
  }
}

const unknownWords: Readonly<Record<Exclude<Strategy, "any">, string>> = {
  cheapest: "its price, or a bound on its output, is not known",
  fastest: "its time to the first token is not known",
  "least-busy": "what is in flight there is not known",
  best: "its quality is not known",
};
