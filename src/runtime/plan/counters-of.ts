import type { CheckedOptions } from "../../language/checker/checked-policy.ts";
import type { Program } from "../../language/program/program.ts";

/** Every option of a policy that counts requests, wherever it stands, once. */
export function countersOf(
  program: Program,
): Required<Pick<CheckedOptions, "limits" | "budgets" | "concurrency">> {
  const all = program.alsos.map(({ options }) => options);
  for (let index = 0; index < program.branchCount; index += 1) {
    const { action } = program.branch(index);
    if (action.kind === "plan") all.push(action.options);
  }
  return {
    limits: once(all.flatMap(({ limits }) => limits ?? [])),
    budgets: once(all.flatMap(({ budgets }) => budgets ?? [])),
    concurrency: once(all.flatMap(({ concurrency }) => concurrency ?? [])),
  };
}

function once<T extends { readonly id: string }>(options: readonly T[]): readonly T[] {
  return [...new Map(options.map((option) => [option.id, option])).values()];
}
