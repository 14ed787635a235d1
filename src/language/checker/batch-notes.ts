import type { Ast, AstAction, AstOption } from "../syntax/ast.ts";
import type { Branch, CheckedStep } from "./checked-policy.ts";
import type { Context } from "./context.ts";
import { lookUpOption } from "./option-table.ts";

/** Warns of a plan that may wait for a batch, and never will: no target that comes first has a batch API behind it. */
export function warnOfIdleBatch(
  context: Context,
  { options }: Pick<Extract<AstAction, { readonly kind: "plan" }>, "options">,
  steps: readonly CheckedStep[],
): void {
  const option = options.find(isBatch);
  if (option !== undefined && !mayWait(context, steps[0])) warn(context, option);
}

/** The same of an `also`, which adds to plans wherever they stand: one that can wait is enough. */
export function warnOfIdleBatches(ast: Ast, branches: readonly Branch[], context: Context): void {
  const plans = branches.flatMap(({ action }) => (action.kind === "plan" ? [action] : []));
  if (plans.length === 0 || plans.some(({ steps }) => mayWait(context, steps[0]))) return;
  for (const statement of ast.statements) {
    if (statement.kind !== "also") continue;
    const option = statement.options.find(isBatch);
    if (option !== undefined) warn(context, option);
  }
}

function isBatch({ name }: AstOption): boolean {
  return lookUpOption(name.text)?.word === "batch";
}

function mayWait({ scope }: Context, first: CheckedStep | undefined): boolean {
  if (first === undefined) return true;
  const { route } = first;
  const hasBatches = (name: string): boolean =>
    scope.vocabulary.targets.get(name)?.hasBatches === true;
  switch (route.kind) {
    case "target":
      return hasBatches(route.target);
    // Whatever the client names.
    case "requested":
      return true;
    case "select":
      return route.from.some(hasBatches);
    case "split":
      return route.shares.some(({ target }) => hasBatches(target));
  }
}

function warn({ report }: Context, { span }: AstOption): void {
  report.add("P0420", span, "no target that comes first here has a provider with a batch API", {
    label: "nothing waits: requests are answered at once",
    help: "put a target of such a provider first, or take the option out",
  });
}
