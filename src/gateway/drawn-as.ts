import type { PlanAction } from "../runtime/plan/route-needs.ts";

/** Made once for each action, which stays the same object. */
const made = new WeakMap<PlanAction, Map<string, PlanAction>>();

/**
 * An action of one policy as another one of that name would draw its lots: what a share of a split falls to rests on the policy's
 * name, so that two policies draw independently. The same object where it draws none.
 */
export function drawnAs(action: PlanAction, policy: string, name: string): PlanAction {
  if (!action.steps.some(({ route }) => route.kind === "split")) return action;
  const known = made.get(action) ?? new Map<string, PlanAction>();
  made.set(action, known);
  let drawn = known.get(name);
  if (drawn === undefined) {
    const steps = action.steps.map((step) => {
      const { route } = step;
      if (route.kind !== "split" || !route.salt.startsWith(`${policy}/`)) return step;
      return { ...step, route: { ...route, salt: `${name}${route.salt.slice(policy.length)}` } };
    });
    drawn = { ...action, steps };
    known.set(name, drawn);
  }
  return drawn;
}
