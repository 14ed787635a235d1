import { type Command, Option } from "commander";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { FactTable } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { isProved, judgePolicy } from "../language/service/review-source.ts";
import { compileToSql, type SqlQuery } from "../language/sql/compile-to-sql.ts";
import { type DialectName, dialectNames } from "../language/sql/dialect.ts";
import { nameFault, sameNames } from "../language/sql/name-fault.ts";
import { type OpenPolicy, openPolicy } from "./open-policy.ts";
import { exitCode, FindingsError, printError, printJson, UsageError } from "./output.ts";
import { readSource } from "./workspace.ts";

interface CompileOptions {
  readonly target: "sql";
  readonly dialect: DialectName;
  readonly table: string;
  readonly map?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
}

/** `compile POLICY --target sql`: the stateless decision as a query that an engine of one's own runs over logged facts. */
export function addCompile(program: Command): void {
  program
    .command("compile")
    .description("write a policy's decision as a query, for logs too large for one machine")
    .argument("<file>", "a policy file")
    .addOption(new Option("--target <target>", "what to write").choices(["sql"]).default("sql"))
    .addOption(
      new Option("--dialect <dialect>", "of the engine").choices(dialectNames).default("duckdb"),
    )
    .option(
      "--table <name>",
      "of the log, a column for each fact: requests, lake.requests, '\"log.parquet\"'",
      "requests",
    )
    .option(
      "--map <columns...>",
      "facts whose columns bear other names, and the row's id: id=request_id,tokens=prompt_tokens,…",
    )
    .option("--config <file>", "the configuration")
    .option("--json", "print one JSON document: the query, its columns, branches and notes")
    .action((file: string, options: CompileOptions) => run(file, options));
}

function run(file: string, options: CompileOptions): void {
  const opened = openPolicy(file, options.config);
  const { policy, configuration } = opened;
  const { guards, diagnostics } = judgePolicy(policy, configuration);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new FindingsError(errors, sourcesOf(policy));
  const compiled = compileToSql(policy, configuration, {
    dialect: options.dialect,
    table: tableOf(options),
    columns: readColumns(options.map ?? [], opened),
    proved: new Set(guards.filter(isProved).map(({ guard }) => guard.id)),
  });
  if (!compiled.ok) throw new FindingsError(compiled.diagnostics, sourcesOf(policy));
  const { query } = compiled;
  checkNames(query, options);
  if (options.json === true) {
    const { name, hash } = policy;
    printJson({ policy: name, hash, dialect: options.dialect, ...query });
  } else {
    // What a query leaves out must not be missed by who only pipes it on.
    for (const note of query.notes) printError(note);
    process.stdout.write(query.sql);
  }
  process.exitCode = exitCode.fine;
}

/** The texts that findings are shown with. */
function sourcesOf({ files }: CheckedPolicy): ReadonlyMap<string, string> {
  return new Map(files.map((file) => [file, readSource(file).text]));
}

/** `lake.requests` in its parts; a part in double quotes may hold dots. */
function tableOf({ table, dialect }: CompileOptions): readonly string[] {
  const parts = [...table.matchAll(/(?:^|\.)(?:"((?:[^"]|"")*)"|([^".]+))(?=\.|$)/g)];
  if (parts.map(([whole]) => whole).join("") !== table || parts.length === 0) {
    throw new UsageError(`--table: \`${table}\` is no name of a table`);
  }
  return parts.map(([, quoted, plain]) => {
    const name = quoted?.replaceAll('""', '"') ?? plain ?? "";
    const fault = nameFault(name, dialect);
    if (fault !== null) throw new UsageError(`--table: \`${name}\` is no name: ${fault}`);
    return name;
  });
}

/** The columns that `--map` names, by fact, by an operand's own text, or by `id`. */
function readColumns(
  maps: readonly string[],
  { policy, configuration }: OpenPolicy,
): ReadonlyMap<string, string> {
  const keys = new Set(policy.operands.map(({ key }) => key));
  const columns = new Map<string, string>();
  for (const map of maps) {
    // A test of a text may hold commas and equals signs: such a one stands alone.
    const last = map.lastIndexOf("=");
    const alone = last > 0 && keys.has(map.slice(0, last).trim());
    for (const part of alone ? [map] : map.split(",")) {
      const at = alone ? last : part.indexOf("=");
      const [name, column] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
      if (at <= 0 || name === "" || column === "") {
        throw new UsageError(`--map: \`${part}\` is not of the form fact=column`);
      }
      const fact = keys.has(name) ? name : knownName(name, configuration.facts);
      if (columns.has(fact)) throw new UsageError(`--map: \`${fact}\` is mapped twice`);
      columns.set(fact, column);
    }
  }
  return columns;
}

function knownName(name: string, facts: FactTable): string {
  if (name === "id") return name;
  const fact = lookUpFact(facts, name);
  if (fact !== null) return fact.name;
  const meant = didYouMean(name, ["id", ...facts.keys()]);
  const hint = meant === null ? "" : `; did you mean \`${meant}\`?`;
  throw new UsageError(`--map: \`${name}\` is neither a fact nor \`id\`${hint}`);
}

function checkNames({ columns }: SqlQuery, { dialect }: CompileOptions): void {
  for (const { fact, column } of columns) {
    const fault = nameFault(column, dialect);
    if (fault !== null) {
      throw new UsageError(
        `the column \`${column}\` of \`${fact}\` has no name that a query can say: ${fault}; name another with --map`,
      );
    }
  }
  const same = sameNames(
    columns.map(({ column }) => column),
    dialect,
  );
  if (same !== null) {
    throw new UsageError(
      `\`${same[0]}\` and \`${same[1]}\` are one column to ${dialect}, which does not tell cases apart: name another with --map`,
    );
  }
}
