import type { CheckedPolicy } from "../checker/checked-policy.ts";
import type { Outcome } from "./branch-outcomes.ts";
import type { QueryParts, SqlQuery } from "./compile-to-sql.ts";
import type { Dialect } from "./dialect.ts";
import type { LogColumns } from "./log-columns.ts";
import { settled } from "./logic.ts";
import type { OperandSql } from "./operand-sql.ts";

interface Written {
  readonly policy: CheckedPolicy;
  readonly dialect: Dialect;
  readonly table: readonly string[];
  readonly columns: LogColumns;
  readonly operands: OperandSql;
  readonly parts: QueryParts;
  readonly query: Omit<SqlQuery, "sql">;
}

/** Puts the parts of a query together, each stage a subquery of the next, under a head that says what it reads and tells. */
export function queryText(written: Written): string {
  const { dialect, table, columns, operands, parts } = written;
  const name = dialect.identifier;
  const outcomes = new Outcomes();
  const placeOf = outcomePlaces(parts, outcomes);
  const logged = columns.columnOf("id");
  const stages: Stage[] = [
    {
      name: "signalbox_facts",
      select: [`logged.${name(logged)} AS ${name("id")}`, ...columns.selected],
      from: `${table.map(name).join(".")} AS logged`,
    },
  ];
  const add = (stage: string, select: readonly string[]): void => {
    if (select.length === 0) return;
    stages.push({ name: stage, select: ["*", ...select], from: stages.at(-1)?.name ?? "" });
  };
  add("signalbox_values", operands.derived);
  add("signalbox_branches", [
    `${branchSql(parts.conditions, dialect)} AS ${name("branch")}`,
    ...[...parts.alsos, ...parts.guards].map(({ sql, alias }) => `${sql} AS ${alias}`),
  ]);
  const branch = name("branch");
  add("signalbox_outcomes", [`${outcomeSql(placeOf, branch, dialect)} AS ${name("outcome")}`]);
  const subqueries = stages.map(({ name: stage, select, from }) =>
    [`${stage} AS (`, ...indented(listed("SELECT", select)), `  FROM ${from}`, ")"].join("\n"),
  );
  return [
    ...headOf(written),
    `WITH ${subqueries.join(",\n")}`,
    ...listed("SELECT", resultColumns(written, outcomes)),
    `FROM ${stages.at(-1)?.name ?? ""}`,
    "",
  ].join("\n");
}

interface Stage {
  readonly name: string;
  readonly select: readonly string[];
  readonly from: string;
}

const indented = (lines: readonly string[]): string[] =>
  lines
    .join("\n")
    .split("\n")
    .map((line) => `  ${line}`);

function listed(word: string, items: readonly string[]): string[] {
  return [word, ...indented([items.join(",\n")])];
}

/** The number of the first branch whose condition is true. */
function branchSql(conditions: readonly (string | null)[], dialect: Dialect): string {
  const lines: string[] = [];
  let isClosed = false;
  for (const [index, condition] of conditions.entries()) {
    if (isClosed || condition === settled.false || condition === settled.unknown) continue;
    isClosed = condition === null || condition === settled.true;
    if (!isClosed) lines.push(`  WHEN ${condition} THEN ${index + 1}`);
    else if (lines.length === 0) return String(index + 1);
    else lines.push(`  ELSE ${index + 1}`);
  }
  return lines.length === 0 ? dialect.noNumber : ["CASE", ...lines, "END"].join("\n");
}

/** The outcomes that a query tells, each once, numbered from 1. */
class Outcomes {
  readonly list: Outcome[] = [];
  readonly #places = new Map<string, number>();

  placeOf(outcome: Outcome): number {
    const key = JSON.stringify([outcome.target, outcome.reason, outcome.status]);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.list.push(outcome);
    this.#places.set(key, place);
    return place;
  }
}

type PlacedCases = readonly { readonly when: string; readonly place: number }[];

function outcomePlaces({ outcomes }: QueryParts, all: Outcomes): readonly PlacedCases[] {
  return outcomes.map((cases) =>
    cases.map(({ when, outcome }) => ({ when, place: all.placeOf(outcome) })),
  );
}

/** The number of the outcome: of most branches it is one, of others what stands beside them tells. */
function outcomeSql(places: readonly PlacedCases[], branch: string, dialect: Dialect): string {
  const lastPlaces = places.map((cases) => String(cases.at(-1)?.place ?? 1));
  const plain = dialect.pick(lastPlaces, branch);
  const lines = places.flatMap((cases, index) => {
    if (cases.length < 2) return [];
    const open = cases.slice(0, -1).map(({ when, place }) => `WHEN ${when} THEN ${place}`);
    return [`  WHEN ${index + 1} THEN CASE ${open.join(" ")} ELSE ${lastPlaces[index]} END`];
  });
  return lines.length === 0
    ? plain
    : [`CASE ${branch}`, ...lines, `  ELSE ${plain}`, "END"].join("\n");
}

/** What the query tells of each row. */
function resultColumns({ dialect, parts, query, policy }: Written, { list }: Outcomes): string[] {
  const name = dialect.identifier;
  const [branch, outcome] = [name("branch"), name("outcome")];
  const texts = (values: readonly (string | null)[]): string[] =>
    values.map((value) => (value === null ? dialect.noText : dialect.text(value)));
  const statuses = list.map(({ status }) => (status === null ? dialect.noNumber : String(status)));
  const plans = policy.branches.map(({ action }) =>
    action.kind === "plan" ? settled.true : settled.false,
  );
  const words = (marks: QueryParts["alsos"]): string => {
    if (marks.length === 0) return "''";
    const told = dialect.words(marks.map(({ id, alias }) => ({ when: alias, word: id })));
    return `CASE WHEN ${dialect.pick(plans, branch)} THEN ${told} ELSE '' END`;
  };
  const told: readonly (readonly [string, string])[] = [
    ["id", name("id")],
    ["rule", dialect.pick(texts(query.branches.map(({ rule }) => rule)), branch)],
    ["branch", branch],
    ["target", dialect.pick(texts(list.map(({ target }) => target)), outcome)],
    ["reason", dialect.pick(texts(list.map(({ reason }) => reason)), outcome)],
    ["status", dialect.pick(statuses, outcome)],
    ["plan", dialect.pick(texts(query.branches.map(({ plan }) => plan)), branch)],
    ["also", words(parts.alsos)],
    ["guards", words(parts.guards)],
  ];
  return told.map(([column, sql]) => (sql === name(column) ? sql : `${sql} AS ${name(column)}`));
}

function headOf({ policy, dialect, query }: Written): readonly string[] {
  const { columns, alsos, guards, notes } = query;
  return [
    `The decisions of policy ${policy.name} (${policy.hash}) for ${dialect.name}: a row for each row of the log.`,
    "It reads these columns, in which NULL is unknown:",
    ...columns.map(({ fact, column, holds }) => `  ${column}: ${fact}, ${holds}`),
    ...alsos.map(({ id, adds }) => `${id} adds: ${adds}`),
    ...guards.map(({ id, text }) => `${id}: ${text}`),
    ...notes.map((note) => `Note: ${note}`),
  ].map((text) => `-- ${shown(text)}`);
}

/** A text in a comment: on one line, of visible letters, without what some engine would replace or continue a line by. */
function shown(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("\\", "/")
    .replaceAll("${", "$ {")
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, " ");
}
