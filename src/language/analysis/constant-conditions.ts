import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Operand } from "../../facts/fact.ts";
import type { CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import { type Atom, atomsOf, operandsOf } from "../checker/condition-atoms.ts";
import { headOf, isWithin } from "./condition-parts.ts";
import type { Domain } from "./domain.ts";
import { isSettled } from "./operand-domains.ts";
import type { Demand } from "./questions.ts";
import type { PolicySpace } from "./space.ts";
import { boundsInWords, ruleInWords, statesInWords } from "./words.ts";

type Junction = Extract<Condition, { readonly kind: "and" | "or" }>;

/**
 * Conditions, and parts of them, that are always true or always false, or that the parts beside them make so: thresholds that
 * a fact never crosses, what the configuration settles, and what could be left out. `undecided` is told of branches that are
 * too much to go through.
 */
export function findConstantConditions(
  space: PolicySpace,
  undecided: (branch: number) => void,
): readonly Diagnostic[] {
  const finder = new Finder(space);
  for (const [branch, { condition }] of space.policy.branches.entries()) {
    if (condition === null || condition.kind === "constant") continue;
    if (space.isOver || !finder.look(branch, condition)) undecided(branch);
  }
  return finder.diagnostics;
}

type Verdict = "always" | "never" | "sometimes";

class Finder {
  readonly diagnostics: Diagnostic[] = [];
  readonly #space: PolicySpace;
  readonly #policy: CheckedPolicy;
  readonly #atoms = new Map<Atom, Verdict>();
  #branch = 0;
  #isDecided = true;

  constructor(space: PolicySpace) {
    this.#space = space;
    this.#policy = space.policy;
  }

  /** Reports what there is to say of a branch's condition; false when not all of it could be decided. */
  look(branch: number, condition: Condition): boolean {
    this.#branch = branch;
    this.#isDecided = true;
    const told = [...atomsOf(condition)].filter((atom) => this.#tellAtom(atom));
    // A threshold that can never be crossed says it all, and so does a configuration that settles every test.
    const isSaid = told.length > 0 || this.#isSettled(condition);
    if (this.#isImpossible([{ condition, is: "true" }])) {
      if (!isSaid) this.#tellCondition(condition, "P0425", "true");
    } else if (this.#isImpossible([{ condition, is: "not-true" }])) {
      if (!isSaid) this.#tellCondition(condition, "P0426", "false");
    } else {
      this.#visit(condition, true, []);
    }
    return this.#isDecided;
  }

  /** Judges a test by its operand alone; true when that is a finding, of this check or an earlier one. */
  #tellAtom(atom: Atom): boolean {
    const operand = this.#policy.operands[atom.operand] as Operand;
    // The checker has told that such a fact is never unknown.
    if (atom.kind === "is-unknown" && !operand.mayBeUnknown) return true;
    const known = this.#atoms.get(atom);
    const verdict = known ?? this.#judge(atom);
    if (verdict === "sometimes") return false;
    const settled = isSettled(operand.shape);
    if (known === undefined) {
      this.#atoms.set(atom, verdict);
      if (settled) this.#tellSettled(atom, operand, verdict);
      else this.#tellThreshold(atom, operand, verdict);
    }
    return !settled;
  }

  #judge(atom: Atom): Verdict {
    if (this.#isImpossible([{ condition: atom, is: "true" }])) return "never";
    // What may be unknown still tells a known value from one that is not.
    return this.#isImpossible([{ condition: atom, is: "not-true" }]) ? "always" : "sometimes";
  }

  #tellThreshold(atom: Atom, { key, type }: Operand, verdict: Verdict): void {
    const domain = this.#space.domains[atom.operand] as Domain;
    this.diagnostics.push(
      makeDiagnostic("P0428", atom.span, `this is ${verdict} true`, {
        label: `\`${key}\` ${boundsInWords(domain, type)}`,
        help: "compare with a value that it can have",
      }),
    );
  }

  #tellSettled(atom: Atom, { key, type }: Operand, verdict: Verdict): void {
    const states = statesInWords(this.#space.domains[atom.operand] as Domain, type);
    this.diagnostics.push(
      makeDiagnostic("P0429", atom.span, `this is ${verdict} true with this configuration`, {
        label: `\`${key}\` is ${states}`,
      }),
    );
  }

  #tellCondition(condition: Condition, code: "P0425" | "P0426", never: "true" | "false"): void {
    const span = headOf(this.#policy, this.#branch);
    const message =
      code === "P0425" ? "this condition is never true" : "this condition is always true";
    const atoms = [...atomsOf(condition)].length;
    this.diagnostics.push(
      makeDiagnostic(code, span, message, {
        label:
          atoms > 1
            ? `no request makes it ${never === "true" ? "true" : "anything else"}`
            : `never ${never}`,
        help:
          code === "P0425"
            ? "its parts exclude each other; did you mean `or`, or another value?"
            : "write `else` or `otherwise` for what takes every request",
      }),
    );
  }

  /**
   * Looks for parts that change nothing. `wanted` is the verdict of this part for which the branch is taken, `given` what then
   * holds of the parts round it.
   */
  #visit(condition: Condition, wanted: boolean, given: readonly Demand[]): void {
    if (condition.kind === "not") this.#visit(condition.of, !wanted, given);
    else if (condition.kind === "and" || condition.kind === "or") {
      this.#visitParts(condition, wanted, given);
    }
  }

  #visitParts(junction: Junction, wanted: boolean, given: readonly Demand[]): void {
    const isAnd = (junction.kind === "and") === wanted;
    const kept = [...junction.of];
    // From behind, so that of two equal parts the later one is told.
    for (const part of junction.of.toReversed()) {
      const others = kept.filter((other) => other !== part);
      if (others.length === 0 || this.#isTold(part)) continue;
      const context = [...given, ...others.map((other) => demand(other, wanted, isAnd))];
      if (!this.#isImpossible([...context, demand(part, wanted, !isAnd)])) continue;
      // A context that no request meets says nothing of the part.
      if (this.#isImpossible(context)) continue;
      kept.splice(kept.indexOf(part), 1);
      this.#tellPart(part, { junction, isAnd, others, wanted });
    }
    for (const part of kept) {
      const others = kept.filter((other) => other !== part);
      this.#visit(part, wanted, [...given, ...others.map((other) => demand(other, wanted, isAnd))]);
    }
  }

  /** Whether the part is of a kind that was told already, or that the configuration settles. */
  #isTold(part: Condition): boolean {
    if (part.kind === "constant") return true;
    return this.#isSettled(part) || [...atomsOf(part)].some((atom) => this.#tellAtom(atom));
  }

  #isSettled(condition: Condition): boolean {
    return [...operandsOf(condition)].every((operand) =>
      isSettled((this.#policy.operands[operand] as Operand).shape),
    );
  }

  #tellPart(
    part: Condition,
    {
      junction,
      isAnd,
      others,
      wanted,
    }: {
      readonly junction: Junction;
      readonly isAnd: boolean;
      readonly others: readonly Condition[];
      readonly wanted: boolean;
    },
  ): void {
    if (part.kind === "constant") return;
    const cause = others.find((other) =>
      this.#isImpossible([demand(other, wanted, isAnd), demand(part, wanted, !isAnd)]),
    );
    const span = cause === undefined || cause.kind === "constant" ? null : cause.span;
    const { rules, branches } = this.#policy;
    const rule = rules[branches[this.#branch]?.rule ?? 0];
    const isHere = isWithin(part.span, branches[this.#branch]?.span ?? part.span);
    const where = isHere || rule === undefined ? "" : ` in ${ruleInWords(rule)}`;
    this.diagnostics.push(
      makeDiagnostic("P0427", part.span, `this part changes nothing${where}`, {
        label: isAnd
          ? `true wherever the other ${others.length > 1 ? "parts are" : "part is"}`
          : `true only where the other ${others.length > 1 ? "parts are" : "part is"}`,
        ...(span === null
          ? {}
          : { related: [{ span, text: isAnd ? "says more" : "says it already" }] }),
        help: `take it out, or change the \`${junction.kind}\``,
      }),
    );
  }

  /** Whether no request meets the demands, proven. */
  #isImpossible(demands: readonly Demand[]): boolean {
    const excluded = this.#space.excludes(demands);
    if (excluded === null) this.#isDecided = false;
    return excluded === true;
  }
}

/** That a part has the verdict that is wanted of it, or that it has not. */
function demand(condition: Condition, wanted: boolean, holds: boolean): Demand {
  if (wanted) return { condition, is: holds ? "true" : "not-true" };
  return { condition, is: holds ? "false" : "not-false" };
}
