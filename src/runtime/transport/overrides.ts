import type { Plan } from "../plan/plan.ts";
import type { Overrides } from "../providers/adapter.ts";

/** What a plan changes in a body on its way to a provider. */
export function overridesOf({ maxTokens, set, options }: Plan): Overrides {
  return {
    ...(maxTokens === null ? {} : { maxTokens }),
    ...(set === null ? {} : { set }),
    ...(options.dropUnsupported === true ? { dropUnsupported: true } : {}),
    ...(options.tier === undefined ? {} : { tier: options.tier }),
  };
}
