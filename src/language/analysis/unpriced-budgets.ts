import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { CheckedPolicy, CheckedStep } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";

/** Targets without a known price that a plan with a budget can lead to, each told once, where it stands first. */
export function findUnpricedBudgets(
  { branches, alsos }: Pick<CheckedPolicy, "branches" | "alsos">,
  { targets }: Pick<Vocabulary, "targets">,
): readonly Diagnostic[] {
  const forAll = alsos.some(({ options }) => options.budgets !== undefined);
  const found = new Map<string, CheckedStep>();
  for (const { action } of branches) {
    if (action.kind !== "plan" || !(forAll || action.options.budgets !== undefined)) continue;
    for (const step of action.steps)
      for (const name of targetsOf(step)) {
        const target = targets.get(name);
        const isUnpriced = target?.prices.length === 0 && target.runningCost === undefined;
        if (isUnpriced && !found.has(name)) found.set(name, step);
      }
  }
  return [...found].map(([name, { span }]) =>
    makeDiagnostic(
      "P0434",
      span,
      `what \`${name}\` costs is not known, so a budget counts nothing`,
      {
        label: `\`${name}\` has no price`,
        help: `give it one in signalbox.yaml: \`price: { input: $1/M, output: $2/M }\`; what its provider states itself is counted`,
      },
    ),
  );
}

function targetsOf({ route }: CheckedStep): readonly string[] {
  if (route.kind === "target") return [route.target];
  if (route.kind === "select") return route.from;
  return route.kind === "split" ? route.shares.map(({ target }) => target) : [];
}
