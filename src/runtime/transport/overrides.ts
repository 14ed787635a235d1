import type { Plan } from "../plan/plan.ts";
import type { Overrides } from "../providers/adapter.ts";

/** What a plan changes in a body on its way to a provider. */
export function overridesOf({ maxTokens, set, options }: Plan): Overrides {
  const overrides: { -readonly [Key in keyof Overrides]: Overrides[Key] } = {};
  if (maxTokens !== null) overrides.maxTokens = maxTokens;
  if (set !== null) overrides.set = set;
  if (options.dropUnsupported === true) overrides.dropUnsupported = true;
  if (options.tier !== undefined) overrides.tier = options.tier;
  return overrides;
}
