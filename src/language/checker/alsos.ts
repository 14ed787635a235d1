import { lineCounter } from "../../diagnostics/position.ts";
import type { Ast } from "../syntax/ast.ts";
import { bindCondition } from "./bind-condition.ts";
import type { CheckedAlso, Condition } from "./checked-policy.ts";
import { readCondition } from "./conditions.ts";
import type { Context } from "./context.ts";
import type { Operands } from "./operands.ts";
import { readOptions } from "./options.ts";
import type { TypedCondition } from "./typed.ts";

/** Reads the `also` statements of a router's own file, in source order. */
export function readAlsos(
  ast: Ast,
  policyName: string,
  context: Context,
  operands: Operands,
): readonly CheckedAlso[] {
  const bound = new Map<TypedCondition, Condition>();
  const alsos: CheckedAlso[] = [];
  const lineOf = lineCounter(ast.text);
  let ordinal = 0;
  for (const statement of ast.statements) {
    if (statement.kind !== "also") continue;
    ordinal += 1;
    const id = `also-${ordinal}`;
    const typed = readCondition(context, statement.condition, "rule");
    const place = `${policyName}/${id}`;
    const options = readOptions(
      { context, operands, place, isCarriedOut: true },
      statement.options,
    );
    if (typed === null) continue;
    const condition = bindCondition(typed, operands, bound);
    const line = lineOf(statement.span.start);
    alsos.push({ id, condition, options, line, span: statement.span });
  }
  return alsos;
}
