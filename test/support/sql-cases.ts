import type { FactType, FactValue } from "../../src/facts/fact.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import type { Vocabulary } from "../../src/language/checker/vocabulary.ts";
import { interpret } from "../../src/language/interpreter/interpret.ts";
import {
  compileToSql,
  type SqlOptions,
  type SqlQuery,
} from "../../src/language/sql/compile-to-sql.ts";
import type { DialectName } from "../../src/language/sql/dialect.ts";
import { vocabulary } from "./checking.ts";
import { cellOf, ids, type TableColumn } from "./log-table.ts";
import type { Facts } from "./random-policy.ts";

/** A query that must be sayable. */
export function queryOf(
  policy: CheckedPolicy,
  dialect: DialectName,
  { words = vocabulary, ...changes }: Partial<SqlOptions> & { readonly words?: Vocabulary } = {},
): SqlQuery {
  const compiled = compileToSql(policy, words, {
    dialect,
    table: ["requests"],
    columns: new Map(),
    proved: new Set(),
    ...changes,
  });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join("; "));
  return compiled.query;
}

/** A policy's facts of some requests as a log, each operand a column of its own. */
export function logOf(
  { operands }: Pick<CheckedPolicy, "operands">,
  requests: readonly Facts[],
): readonly TableColumn[] {
  const columns = operands.flatMap(({ key, type, shape }, operand) =>
    shape.kind === "fact"
      ? [
          {
            name: key,
            kind: type.kind,
            cells: requests.map((facts) => cellOf(type, facts[operand])),
          },
        ]
      : [],
  );
  return [ids(requests.length), ...columns];
}

/** What a log can hold of a value: a text beyond the declared values is none of the fact's. */
export function asLogged(type: FactType, value: FactValue | undefined): FactValue | undefined {
  const isForeign = type.kind === "text" && type.values?.includes(String(value)) === false;
  return isForeign ? undefined : value;
}

/** The number of the branch that the interpreter takes, from 1; null for none. */
export function branchOf(policy: CheckedPolicy, facts: Facts): number | null {
  const branch = interpret(policy, (operand) => facts[operand]);
  return branch < 0 ? null : branch + 1;
}
