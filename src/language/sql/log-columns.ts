import type { FactType } from "../../facts/fact.ts";
import type { Dialect } from "./dialect.ts";

/** A column of the log that a query reads, and what it must hold. */
export interface LogColumn {
  /** The fact, or the operand by its own text. */
  readonly fact: string;
  readonly column: string;
  readonly holds: string;
}

interface Read extends LogColumn {
  readonly alias: string;
  readonly sql: string;
}

const holdings: Readonly<Record<FactType["kind"], string>> = {
  whole: "whole number",
  decimal: "number",
  money: "dollars: a number, or a text like $0.02",
  price: "picodollars per token",
  duration: "milliseconds",
  time: "timestamp",
  date: "date",
  boolean: "boolean",
  text: "text",
};

/** The columns of a log that a query reads, each once, under a name of its own that holds no surprises. */
export class LogColumns {
  readonly #dialect: Dialect;
  readonly #map: ReadonlyMap<string, string>;
  readonly #reads = new Map<string, Read>();
  readonly #aliases: Aliases;
  readonly #zones = new Set<string>();

  /** `map` tells the columns of facts whose columns do not bear their names. */
  constructor(dialect: Dialect, map: ReadonlyMap<string, string>, aliases: Aliases) {
    this.#dialect = dialect;
    this.#map = map;
    this.#aliases = aliases;
  }

  /** In the order they were asked for, a column that is read in two ways once. */
  get all(): readonly LogColumn[] {
    const seen = new Map<string, LogColumn>();
    for (const { fact, column, holds } of this.#reads.values()) {
      if (!seen.has(fact)) seen.set(fact, { fact, column, holds });
    }
    return [...seen.values()];
  }

  /** What to select from the log: `expression AS alias`. */
  get selected(): readonly string[] {
    return [...this.#reads.values()].map(({ sql, alias }) => `${sql} AS ${alias}`);
  }

  /** Zones whose clocks are read, UTC apart. */
  get zones(): readonly string[] {
    return [...this.#zones];
  }

  isMapped(fact: string): boolean {
    return this.#map.has(fact);
  }

  columnOf(fact: string): string {
    return this.#map.get(fact) ?? fact;
  }

  /** The name under which a fact's column is read. */
  read(fact: string, type: FactType): string {
    const values = type.kind === "text" ? (type.values ?? []) : [];
    const key = JSON.stringify([fact, type.kind, values]);
    const known = this.#reads.get(key);
    if (known !== undefined) return known.alias;
    const column = this.columnOf(fact);
    const place = `logged.${this.#dialect.identifier(column)}`;
    const alias = this.#aliases.make(fact);
    const sql = this.#valueOf(place, type, values);
    this.#reads.set(key, { fact, column, holds: holdings[type.kind], alias, sql });
    return alias;
  }

  /** What a wall clock of a zone shows at the row's time: milliseconds since 1970-01-01 00:00 by that clock. */
  clock(zone: string): string {
    const key = JSON.stringify(["time", "clock", zone]);
    const known = this.#reads.get(key);
    if (known !== undefined) return known.alias;
    const column = this.columnOf("time");
    const place = `logged.${this.#dialect.identifier(column)}`;
    const time: FactType = { kind: "time" };
    const sql =
      zone === "UTC" ? this.#dialect.read(place, time) : this.#dialect.wallClock(place, zone);
    if (zone !== "UTC") this.#zones.add(zone);
    const alias = this.#aliases.make(`clock ${zone}`);
    this.#reads.set(key, { fact: "time", column, holds: holdings.time, alias, sql });
    return alias;
  }

  /** A text beyond the declared values is no value of the fact. */
  #valueOf(place: string, type: FactType, values: readonly string[]): string {
    const value = this.#dialect.read(place, type);
    if (values.length === 0) return value;
    const list = values.map((each) => this.#dialect.text(each)).join(", ");
    return `CASE WHEN ${value} IN (${list}) THEN ${value} END`;
  }
}

/** Makes names for what a query works out: short, of plain letters, no two alike whatever case is worth. */
export class Aliases {
  readonly #dialect: Dialect;
  readonly #taken = new Set(["id", "branch", "outcome"]);

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  make(from: string): string {
    const plain = from.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
    const base = plain.replaceAll(/^_+|_+$/g, "").slice(0, 40) || "value";
    let name = base;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${base}_${count}`;
    this.#taken.add(name);
    return this.#dialect.identifier(name);
  }
}
