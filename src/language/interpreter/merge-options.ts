import type { CheckedOptions } from "../checker/checked-policy.ts";

type Draft = { -readonly [Key in keyof CheckedOptions]: CheckedOptions[Key] };

/**
 * A plan's own options with those of the `also`s that apply to it, in source order (LANGUAGE §3): ceilings take the smallest,
 * limits, budgets, concurrency and tags accumulate, `set` is merged field by field, and for the rest the plan's own wins,
 * then the first `also` that has it.
 */
export function mergeOptions(
  own: CheckedOptions,
  alsos: readonly CheckedOptions[],
): CheckedOptions {
  if (alsos.length === 0) return own;
  const all = [own, ...alsos];
  // Spread from the last to the first, so that the first to have an option has the last word.
  const merged: Draft = Object.assign({}, ...all.toReversed());
  for (const ceiling of ["maxTokens", "promptTokens", "cost"] as const) {
    const given = all.flatMap((each) => each[ceiling] ?? []);
    if (given.length > 0) merged[ceiling] = Math.min(...given);
  }
  const limits = all.flatMap((each) => each.limits ?? []);
  if (limits.length > 0) merged.limits = limits;
  const budgets = all.flatMap((each) => each.budgets ?? []);
  if (budgets.length > 0) merged.budgets = budgets;
  const concurrency = all.flatMap((each) => each.concurrency ?? []);
  if (concurrency.length > 0) merged.concurrency = concurrency;
  const tags = all.flatMap((each) => each.tags ?? []);
  if (tags.length > 0) merged.tags = [...new Set(tags)];
  if (all.some(({ set }) => set !== undefined)) {
    merged.set = Object.assign({}, ...all.toReversed().map(({ set }) => set ?? {}));
  }
  return merged;
}

/** Whether a plan with these options has one of them: `no cache` is an option, but no cache. */
export function hasOption(options: CheckedOptions, what: keyof CheckedOptions): boolean {
  return options[what] !== undefined && (what !== "cache" || options.cache?.kind !== "off");
}
