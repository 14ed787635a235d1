import type { Picodollars } from "../../base/money.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Store } from "./sqlite.ts";

/** Tokens of an attempt, as its provider counted them or as they were estimated. */
export interface LedgerUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedReadTokens: number;
  readonly cachedWriteTokens: number;
  readonly reasoningTokens: number;
}

/** One attempt that reached the wire. */
export interface LedgerRow {
  /** When it was sent, in epoch milliseconds. */
  readonly atMs: number;
  readonly request: string;
  /** Counts the request's sends from 0. Clients may name their requests, and two alike: it is no key. */
  readonly attempt: number;
  readonly policy: string;
  readonly rule: string;
  readonly target: string;
  /** The client key's name, never the key; "" where there is none. */
  readonly key: string;
  /** Whether it answered a client, was a line of a batch, the copy of another request, or told what one asks for. */
  readonly lane: "live" | "batch" | "shadow" | "classifier" | "embeddings";
  /**
   * `settled`: it came to its end, and what it used is known. `partial`: it was broken off, and billed for what it had used.
   * `unknown`: it may have been billed, nobody said for what.
   */
  readonly state: "settled" | "partial" | "unknown";
  readonly usage: LedgerUsage | null;
  /** Null where no price is known, which is not the same as free. */
  readonly cost: Picodollars | null;
}

/** What sums are made by, each with the column that tells it. */
const groups = {
  key: "key",
  policy: "policy",
  rule: "policy || '/' || rule",
  target: "target",
  lane: "lane",
  day: "date(day * 86400, 'unixepoch')",
} as const;

export type LedgerGroup = keyof typeof groups;

export const ledgerGroups = Object.keys(groups) as readonly LedgerGroup[];

/** What attempts used and cost together. `unpriced` ones had no known cost, and count for none. */
export interface LedgerSum {
  readonly name: string;
  readonly attempts: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costMicrodollars: number;
  readonly unpriced: number;
}

const dayMs = 86_400_000;
const picodollarsPerMicro = 1_000_000;

/** Rows that are deleted in one go at most. */
const prunedAtOnce = 1_000;

/** What every attempt used and cost: one row each, in the order in which they were written. */
export class Ledger {
  readonly #store: Store;
  readonly #commit: GroupCommit;

  constructor(store: Store, commit: GroupCommit) {
    this.#store = store;
    this.#commit = commit;
  }

  /** Writes a request's rows, all or none; resolves once they are committed, rejects with a StoreError where they cannot be. */
  append(rows: readonly LedgerRow[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    return this.#commit.write(() => {
      const insert = this.#store.statement(
        "INSERT INTO attempts (at, request, attempt, policy, rule, target, key, lane, state, input_tokens, output_tokens, cached_read_tokens, cached_write_tokens, reasoning_tokens, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      );
      for (const { usage, ...row } of rows)
        insert.run(
          ...[Math.round(row.atMs), row.request, row.attempt, row.policy, row.rule],
          ...[row.target, row.key, row.lane, row.state],
          ...[usage?.inputTokens ?? null, usage?.outputTokens ?? null],
          ...[usage?.cachedReadTokens ?? null, usage?.cachedWriteTokens ?? null],
          ...[usage?.reasoningTokens ?? null, row.cost],
        );
      for (const row of rows) this.#addToDay(row);
    });
  }

  #addToDay({ atMs, policy, rule, target, key, lane, usage, cost }: LedgerRow): void {
    const micros = cost === null ? 0 : Math.floor(cost / picodollarsPerMicro);
    this.#store
      .statement(
        "INSERT INTO days VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET attempts = attempts + 1, input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens, microdollars = microdollars + excluded.microdollars, picodollars = picodollars + excluded.picodollars, unpriced = unpriced + excluded.unpriced",
      )
      .run(
        ...[Math.floor(atMs / dayMs), policy, rule, target, key, lane],
        ...[usage?.inputTokens ?? 0, usage?.outputTokens ?? 0],
        ...[micros, (cost ?? 0) - micros * picodollarsPerMicro, cost === null ? 1 : 0],
      );
  }

  /** A request's rows, by attempt. */
  of(request: string): readonly LedgerRow[] {
    return this.#store
      .statement("SELECT * FROM attempts WHERE request = ? ORDER BY attempt")
      .all(request)
      .map(rowOf);
  }

  /** The known costs of attempts sent in a stretch of time, its end outside of it; exact, whatever their number. */
  spent(fromMs: number, untilMs: number): bigint {
    // SQLite refuses sums beyond 63 bits, $9.2 million in picodollars: millionths of a dollar and what is left are added apart.
    const row = this.#store
      .statement(
        "SELECT coalesce(sum(cost / 1000000), 0) AS high, coalesce(sum(cost % 1000000), 0) AS low FROM attempts WHERE at >= ? AND at < ?",
      )
      .get(fromMs, untilMs);
    return BigInt(row?.["high"] as number) * 1_000_000n + BigInt(row?.["low"] as number);
  }

  /**
   * What the attempts of some days (UTC; `until` outside) used and cost, by one of their columns or by day, the dearest first and
   * at most so many. Read from sums kept by day, so that it takes no longer for more requests.
   */
  sums(by: LedgerGroup, fromMs: number, untilMs: number, most: number): readonly LedgerSum[] {
    return this.#store
      .statement(
        `SELECT ${groups[by]} AS name, sum(attempts) AS attempts, sum(input_tokens) AS input, sum(output_tokens) AS output, sum(microdollars) + sum(picodollars) / 1000000 AS cost, sum(unpriced) AS unpriced FROM days WHERE day >= ? AND day < ? GROUP BY name ORDER BY cost DESC, name LIMIT ?`,
      )
      .all(Math.floor(fromMs / dayMs), Math.ceil(untilMs / dayMs), most)
      .map((row) => ({
        name: String(row["name"]),
        attempts: Number(row["attempts"]),
        inputTokens: Number(row["input"]),
        outputTokens: Number(row["output"]),
        costMicrodollars: Number(row["cost"]),
        unpriced: Number(row["unpriced"]),
      }));
  }

  /** Forgets rows of before a moment, the oldest first, a bounded number at once; whether there may be more. */
  prune(beforeMs: number): boolean {
    const { changes } = this.#store
      .statement(
        "DELETE FROM attempts WHERE rowid IN (SELECT rowid FROM attempts WHERE at < ? ORDER BY at LIMIT ?)",
      )
      .run(beforeMs, prunedAtOnce);
    this.#store.statement("DELETE FROM days WHERE day < ?").run(Math.floor(beforeMs / dayMs));
    return Number(changes) === prunedAtOnce;
  }
}

function rowOf(row: Readonly<Record<string, unknown>>): LedgerRow {
  return {
    atMs: Number(row["at"]),
    request: String(row["request"]),
    attempt: Number(row["attempt"]),
    policy: String(row["policy"]),
    rule: String(row["rule"]),
    target: String(row["target"]),
    key: String(row["key"]),
    lane: row["lane"] as LedgerRow["lane"],
    state: row["state"] as LedgerRow["state"],
    usage:
      row["input_tokens"] === null
        ? null
        : {
            inputTokens: Number(row["input_tokens"]),
            outputTokens: Number(row["output_tokens"]),
            cachedReadTokens: Number(row["cached_read_tokens"]),
            cachedWriteTokens: Number(row["cached_write_tokens"]),
            reasoningTokens: Number(row["reasoning_tokens"]),
          },
    cost: row["cost"] === null ? null : Number(row["cost"]),
  };
}
