import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { CheckedGuard, CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { stepWords } from "../service/plan-words.ts";
import { type ActionWords, actionWords } from "./action-words.ts";
import { type Cases, type OutcomeSetting, outcomesOf } from "./branch-outcomes.ts";
import { clickhouse } from "./clickhouse.ts";
import { conditionSql } from "./condition-sql.ts";
import type { Dialect, DialectName } from "./dialect.ts";
import { duckdb } from "./duckdb.ts";
import { Aliases, type LogColumn, LogColumns } from "./log-columns.ts";
import { isNotFalse, isTrue, settled } from "./logic.ts";
import { OperandSql, Unsayable } from "./operand-sql.ts";
import { queryText } from "./query-text.ts";
import { spark } from "./spark.ts";
import { targetConditionSql } from "./target-condition-sql.ts";

export interface SqlOptions {
  readonly dialect: DialectName;
  /** The table of the log, by the parts of its name. */
  readonly table: readonly string[];
  /** The columns of facts, or of operands by their own text, and of `id`, whose columns do not bear their names. */
  readonly columns: ReadonlyMap<string, string>;
  /** Guards that hold for every request, by their ids: they add nothing. */
  readonly proved: ReadonlySet<string>;
}

/** A policy's stateless decision as one query. */
export interface SqlQuery {
  readonly sql: string;
  /** What the query reads of the log, the row's id first. */
  readonly columns: readonly LogColumn[];
  /** In the order of the numbers that the column `branch` holds, from 1. */
  readonly branches: readonly ({ readonly rule: string } & ActionWords)[];
  readonly alsos: readonly { readonly id: string; readonly adds: string }[];
  readonly guards: readonly { readonly id: string; readonly text: string }[];
  /** What a query cannot tell of a row, in words. */
  readonly notes: readonly string[];
}

export type CompiledSql =
  | { readonly ok: true; readonly query: SqlQuery }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const dialects: Readonly<Record<DialectName, Dialect>> = { duckdb, clickhouse, spark };

/** Every part of a query that is worked out from conditions. */
export interface QueryParts {
  readonly conditions: readonly (string | null)[];
  readonly alsos: readonly { readonly id: string; readonly alias: string; readonly sql: string }[];
  readonly guards: readonly { readonly id: string; readonly alias: string; readonly sql: string }[];
  readonly outcomes: readonly Cases[];
}

/** Writes the query, or says which clauses no query of the dialect can say. */
export function compileToSql(
  policy: CheckedPolicy,
  vocabulary: Vocabulary,
  options: SqlOptions,
): CompiledSql {
  // What is asked for twice is worked out once; how often that is, a first writing tells.
  const draft = new QueryWriter(policy, vocabulary, options, new Map());
  draft.write();
  if (draft.diagnostics.length > 0) return { ok: false, diagnostics: draft.diagnostics };
  const writer = new QueryWriter(policy, vocabulary, options, draft.operands.asked);
  const parts = writer.write();
  const branches = policy.branches.map(({ rule, action }) => ({
    rule: policy.rules[rule]?.id ?? "",
    ...actionWords(action, policy.operands),
  }));
  const { columns, operands, dialect } = writer;
  const id = { fact: "id", column: columns.columnOf("id"), holds: "what names the row" };
  const query: Omit<SqlQuery, "sql"> = {
    columns: [id, ...columns.all],
    branches,
    alsos: policy.alsos.map((also) => ({
      id: also.id,
      adds: actionWords({ kind: "plan", steps: [], ...also }, policy.operands).plan,
    })),
    guards: writer.guards.map(({ id: guard, text }) => ({ id: guard, text })),
    notes: [...notesOf(policy, parts.outcomes), ...columns.zones.map(zoneNote)],
  };
  const sql = queryText({ policy, dialect, table: options.table, columns, operands, parts, query });
  return { ok: true, query: { sql, ...query } };
}

class QueryWriter {
  readonly dialect: Dialect;
  readonly columns: LogColumns;
  readonly operands: OperandSql;
  readonly guards: readonly CheckedGuard[];
  readonly diagnostics: Diagnostic[] = [];
  readonly #policy: CheckedPolicy;
  readonly #vocabulary: Vocabulary;
  readonly #aliases: Aliases;

  constructor(
    policy: CheckedPolicy,
    vocabulary: Vocabulary,
    { dialect, columns, proved }: SqlOptions,
    uses: ReadonlyMap<number, number>,
  ) {
    this.#policy = policy;
    this.#vocabulary = vocabulary;
    this.dialect = dialects[dialect];
    this.guards = policy.guards.filter(({ id }) => !proved.has(id));
    this.#aliases = new Aliases(this.dialect);
    this.columns = new LogColumns(this.dialect, columns, this.#aliases);
    this.operands = new OperandSql({
      operands: policy.operands,
      vocabulary,
      dialect: this.dialect,
      columns: this.columns,
      aliases: this.#aliases,
      uses,
    });
  }

  write(): QueryParts {
    const conditions = this.#policy.branches.map(({ condition, span }) =>
      condition === null ? null : this.#condition(condition, span),
    );
    const alsos = this.#policy.alsos.map(({ id, condition, span }) => {
      const sql = isTrue(this.#condition(condition, span));
      return { id, alias: this.#aliases.make(id), sql };
    });
    const guards = this.guards.map(({ id, when, span }) => {
      const sql = when === null ? settled.true : isNotFalse(this.#condition(when, span));
      return { id, alias: this.#aliases.make(id), sql };
    });
    const setting = this.#setting(alsos, guards);
    const outcomes = this.#policy.branches.map(({ action }) => outcomesOf(action, setting));
    return { conditions, alsos, guards, outcomes };
  }

  #setting(alsos: QueryParts["alsos"], guards: QueryParts["guards"]): OutcomeSetting {
    return {
      alsos: this.#policy.alsos.map((also, index) => ({
        also,
        applies: alsos[index]?.alias ?? settled.false,
      })),
      guards: this.guards.map((guard, index) => ({
        guard,
        holds: guards[index]?.alias ?? settled.true,
      })),
      promptTokens: () => this.operands.promptTokens(),
      number: (value) => this.dialect.number(value),
      offends: (guard, target) => this.#offends(guard, target),
      routeWords: (step) => stepWords({ ...step, on: [] }, this.#policy.operands),
    };
  }

  #offends(guard: CheckedGuard & { readonly kind: "never" }, name: string): string | null {
    const target = this.#vocabulary.targets.get(name);
    if (target === undefined) return settled.false;
    const { alsos, branches } = this.#policy;
    const hasCeiling =
      alsos.some(({ options }) => options.maxTokens !== undefined) ||
      branches.some(
        ({ action }) => action.kind === "plan" && action.options.maxTokens !== undefined,
      );
    const sql = this.#sayable(guard.span, () =>
      targetConditionSql(guard.target, {
        target,
        vocabulary: this.#vocabulary,
        dialect: this.dialect,
        read: (operand) => this.operands.read(operand),
        hasCeiling,
      }),
    );
    return sql === null ? null : isNotFalse(sql);
  }

  #condition(condition: Condition, span: Span): string {
    const read = (operand: number): string => this.operands.read(operand);
    return (
      this.#sayable(span, () => conditionSql(condition, read, this.dialect), condition) ??
      settled.unknown
    );
  }

  /** Notes what no query can say, at the test that asks for it. */
  #sayable<Result>(
    span: Span,
    write: () => Result,
    condition: Condition | null = null,
  ): Result | null {
    try {
      return write();
    } catch (error) {
      if (!(error instanceof Unsayable)) throw error;
      const { key } = error.operand;
      const place = condition === null ? null : this.#placeOf(condition, error.operand.key);
      const isTold = this.diagnostics.some(({ message }) => message.includes(`\`${key}\``));
      if (isTold) return null;
      const message = `\`${key}\` cannot be asked in a query for ${this.dialect.name}: ${error.message}`;
      this.diagnostics.push(
        makeDiagnostic("P0601", place ?? span, message, {
          label: "an engine would answer otherwise than Signalbox does",
          help: `if the log has a column with its answer, name that: --map '${key}=COLUMN'`,
        }),
      );
      return null;
    }
  }

  #placeOf(condition: Condition, key: string): Span | null {
    switch (condition.kind) {
      case "constant":
        return null;
      case "not":
        return this.#placeOf(condition.of, key);
      case "and":
      case "or":
        return (
          condition.of.map((part) => this.#placeOf(part, key)).find((span) => span !== null) ?? null
        );
      default:
        return this.#policy.operands[condition.operand]?.key === key ? condition.span : null;
    }
  }
}

/** Governments change their clocks: an engine with an older table of zones answers otherwise. */
function zoneNote(zone: string): string {
  return `clocks of ${zone} are the engine's own: its table of time zones must be as new as Signalbox's`;
}

/** What the outcomes leave open, and what is counted over requests and so left out. */
function notesOf(policy: CheckedPolicy, outcomes: readonly Cases[]): readonly string[] {
  const notes = new Set<string>();
  for (const [index, cases] of outcomes.entries()) {
    const rule = policy.rules[policy.branches[index]?.rule ?? 0]?.id ?? "";
    for (const { outcome } of cases) {
      if (outcome.target === null && outcome.status === null) {
        notes.add(`${rule}: no target is told where it rests on \`${outcome.reason}\``);
      }
    }
  }
  const options = [
    ...policy.branches.flatMap(({ action }) => (action.kind === "plan" ? [action.options] : [])),
    ...policy.alsos.map((also) => also.options),
  ];
  for (const { limits = [], budgets = [], concurrency = [], cache, sticky } of options) {
    for (const { id } of [...limits, ...budgets, ...concurrency]) {
      notes.add(`${id} is not counted: a query sees one row at a time`);
    }
    if (cache !== undefined && cache.kind !== "off") notes.add("no answer is taken from a cache");
    if (sticky !== undefined) notes.add("nothing stays with a target that it had before");
  }
  return [...notes];
}
