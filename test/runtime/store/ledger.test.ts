import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BudgetTake } from "../../../src/runtime/limits/limit-store.ts";
import { GroupCommit } from "../../../src/runtime/store/group-commit.ts";
import type { LedgerGroup, LedgerRow } from "../../../src/runtime/store/ledger.ts";
import {
  type LedgerFile,
  type LedgerFileParts,
  ledgerFileOf,
  ledgerMigrations,
  openLedgerFile,
} from "../../../src/runtime/store/ledger-file.ts";
import { openStore, type Store, StoreError } from "../../../src/runtime/store/sqlite.ts";
import { type Acknowledged, spentFrom } from "../../support/ledger-child.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-ledger-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const atMs = Date.UTC(2026, 10, 27);
const failures: unknown[] = [];
const parts: LedgerFileParts = {
  ...{ later: setImmediate, survives: "process", atMs },
  failed: (error) => void failures.push(error),
};
const row = (request: string, changed: Partial<LedgerRow> = {}): LedgerRow => ({
  ...{ atMs, request, attempt: 0, policy: "p", rule: "r", target: "t", key: "k", lane: "live" },
  ...{ state: "settled", usage: null, cost: 5 },
  ...changed,
});

describe("the ledger", () => {
  test("keeps each attempt of a request as it was", async () => {
    const file = openLedgerFile(join(folder, "l"), parts);
    const rows = [
      row("q", {
        usage: {
          ...{ inputTokens: 9, outputTokens: 8, cachedReadTokens: 7, cachedWriteTokens: 6 },
          reasoningTokens: 5,
        },
        cost: Number.MAX_SAFE_INTEGER,
      }),
      row("q", { attempt: 1, state: "partial", target: "u" }),
      row("q", { attempt: 2, state: "unknown", cost: null }),
    ];
    await file.ledger.append(rows);
    await file.ledger.append([]);
    expect(file.ledger.of("q")).toEqual(rows);
    file.close();
  });

  test("adds up exactly, beyond what a number or SQLite's sums hold", async () => {
    const file = openLedgerFile(join(folder, "l"), parts);
    const cost = Number.MAX_SAFE_INTEGER;
    const rows = Array.from({ length: 1_100 }, (_, attempt) => row("q", { attempt, cost }));
    await file.ledger.append([...rows, row("free", { cost: null })]);
    await file.ledger.append([row("later", { atMs: atMs + 10 })]);
    expect(file.ledger.spent(atMs, atMs + 10)).toBe(BigInt(cost) * 1_100n);
    expect(file.ledger.spent(atMs + 10, atMs + 11)).toBe(5n);
    expect(file.ledger.spent(0, 1)).toBe(0n);
    file.close();
  });

  test("keeps what requests of the same name came to; a row that cannot be is refused aloud, and what is committed beside it stays", async () => {
    const file = openLedgerFile(join(folder, "l"), parts);
    const { ledger } = file;
    await ledger.append([row("a")]);
    await ledger.append([row("a")]);
    const results = await Promise.allSettled([
      ledger.append([row("b")]),
      ledger.append([row("c"), row("e", { cost: 0.5 })]),
      ledger.append([row("d")]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const kept = ["a", "b", "c", "d", "e"].map((request) => ledger.of(request).length);
    expect(kept).toEqual([2, 1, 0, 1, 0]);
    file.close();
  });

  test("adds up by day and by whatever tells attempts apart, however many there are", async () => {
    const file = openLedgerFile(join(folder, "l"), parts);
    const [one, other] = [1_500_000, Number.MAX_SAFE_INTEGER];
    await file.ledger.append([row("a", { cost: one }), row("b", { cost: other, target: "u" })]);
    await file.ledger.append([
      row("c", { cost: null, lane: "batch" }),
      row("d", { cost: 700_000, atMs: atMs + 86_400_000 }),
    ]);
    const sums = (by: LedgerGroup, days = 1) =>
      file.ledger
        .sums(by, atMs, atMs + days * 86_400_000, 10)
        .map(({ name, attempts, costMicrodollars }) => [name, attempts, costMicrodollars]);
    expect(sums("target")).toEqual([
      ["u", 1, 9_007_199_254],
      ["t", 2, 1],
    ]);
    expect(sums("target", 2)[1]).toEqual(["t", 3, 2]);
    expect(sums("rule", 2)).toEqual([["p/r", 4, 9_007_199_256]]);
    expect(sums("day", 2).map(([name]) => name)).toEqual(["2026-11-27", "2026-11-28"]);
    expect(file.ledger.sums("lane", atMs, atMs + 1, 10)[1]).toMatchObject({
      ...{ name: "batch", attempts: 1, unpriced: 1 },
    });
    file.close();
  });

  test("forgets what is old, piece by piece", async () => {
    const file = openLedgerFile(join(folder, "l"), parts);
    const old = Array.from({ length: 1_500 }, (_, n) => row(`old-${n}`, { atMs: n }));
    await file.ledger.append([row("new"), ...old]);
    expect(file.ledger.prune(atMs)).toBe(true);
    expect(file.ledger.prune(atMs)).toBe(false);
    expect(file.ledger.spent(0, atMs + 1)).toBe(5n);
    file.close();
  });

  test("commits what waits when it is closed", async () => {
    const path = join(folder, "l");
    const before = openLedgerFile(path, { ...parts, later: () => undefined });
    const written = before.ledger.append([row("a")]);
    before.close();
    await written;
    const after = openLedgerFile(path, parts);
    expect(after.ledger.of("a")).toHaveLength(1);
    after.close();
  });
});

test.each(["process", "power"] as const)(
  "what is written in one turn is one commit, which survives a loss of %s",
  async (survives) => {
    const turns: (() => void)[] = [];
    const real = openStore(join(folder, "l"), ledgerMigrations);
    let commits = 0;
    const store: Store = {
      statement: (sql) => real.statement(sql),
      relaxed: (run) => real.relaxed(run),
      close: () => real.close(),
      transaction(run) {
        commits += 1;
        return real.transaction(run);
      },
    };
    const commit = new GroupCommit(store, { later: (run) => void turns.push(run), survives });
    let done = 0;
    const writes = Array.from({ length: 3 }, () =>
      commit.write(() => void real.statement("SELECT 1").get()).then(() => (done += 1)),
    );
    await Promise.resolve();
    expect([turns.length, commits, done]).toEqual([1, 0, 0]);
    turns[0]?.();
    await Promise.all(writes);
    expect(commits).toBe(1);
    real.close();
  },
);

describe("counters of limits", () => {
  const take = (amount: number): BudgetTake => ({ ...spentFrom, amount });

  test("outlive the process, and what was reserved counts as spent then", async () => {
    const path = join(folder, "l");
    const before = openLedgerFile(path, parts);
    const held = before.limits.admit([take(50)], atMs);
    before.limits.admit([take(7)], atMs);
    if (held.kind === "held") await before.limits.settle(held, [20]);
    before.close();
    const after = openLedgerFile(path, parts);
    expect(after.limits.standing(take(0), atMs)).toEqual({ reserved: 0, settled: 27 });
    after.close();
  });

  test("are forgotten once their window is over", () => {
    const path = join(folder, "l");
    const before = openLedgerFile(path, parts);
    before.limits.admit([take(50)], atMs);
    before.close();
    openLedgerFile(path, { ...parts, atMs: Date.UTC(2026, 11, 1) }).close();
    const store = openStore(path, ledgerMigrations);
    expect(store.statement("SELECT count(*) AS n FROM counters").get()?.["n"]).toBe(0);
    store.close();
  });
});

describe("a disk that cannot be written", () => {
  const broken = (): { readonly store: Store; readonly file: LedgerFile } => {
    const store = openStore(join(folder, "l"), ledgerMigrations);
    return { store, file: ledgerFileOf(store, parts) };
  };

  test.each([
    ["only readable", "PRAGMA query_only = 1", "PRAGMA query_only = 0", "cannot be written"],
    ["full", "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000", "has no room left"],
  ])(
    "is told to everybody who waits for it, and made up for when it is well again: %s",
    async (_, harm, mend, words) => {
      failures.length = 0;
      const { store, file } = broken();
      const take = { ...spentFrom, amount: 40 };
      const held = file.limits.admit([take], atMs);
      if (held.kind !== "held") throw new Error("there is room");
      await file.ledger.append([row("before")]);
      store.statement(harm).get();
      const big = "x".repeat(100_000);
      const results = await Promise.allSettled([
        file.ledger.append([row("lost", { target: big })]),
        file.limits.settle(held, [30]),
      ]);
      for (const result of results) {
        expect(result.status).toBe("rejected");
        if (result.status === "rejected") {
          expect(result.reason).toBeInstanceOf(StoreError);
          expect(String(result.reason)).toContain(words);
        }
      }
      expect(failures).toHaveLength(1);
      // The counters in memory hold on.
      expect(file.limits.standing(take, atMs)).toEqual({ reserved: 0, settled: 30 });
      store.statement(mend).get();
      const other = file.limits.admit([{ ...take, value: "other" }], atMs);
      if (other.kind === "held") await file.limits.settle(other, [1]);
      file.close();
      const after = openLedgerFile(join(folder, "l"), parts);
      expect(after.limits.standing(take, atMs)).toEqual({ reserved: 0, settled: 30 });
      expect(after.ledger.of("lost")).toEqual([]);
      expect(after.ledger.of("before")).toHaveLength(1);
      after.close();
    },
  );
});

/** 20 where nothing is said, 200 in CI, 1,000 in the long profile. */
const cycles = Number(
  process.env["SIGNALBOX_KILLS"] ?? (process.env["SIGNALBOX_LONG"] === "1" ? 1_000 : 20),
);

test(
  `no acknowledged row or settlement is lost in ${cycles} kills in mid-work`,
  async () => {
    const path = join(folder, "ledger.sqlite");
    const acknowledged = new Map<string, number>();
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const child = fork("test/support/ledger-child.ts", [path, `c${cycle}`]);
      // Another depth each time, so that kills fall into different moments of commits and checkpoints.
      let left = 1 + ((cycle * 37) % 400);
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      child.on("message", ({ request, cost }: Acknowledged) => {
        acknowledged.set(request, cost);
        left -= 1;
        if (left === 0) resolve();
      });
      const ended = once(child, "exit");
      await Promise.race([enough, ended]);
      expect(child.exitCode, "the child works until it is killed").toBeNull();
      child.kill("SIGKILL");
      await ended;
      if ((cycle + 1) % 200 === 0)
        console.info(`ledger: ${cycle + 1} kills, ${acknowledged.size} rows acknowledged`);
    }
    const file = openLedgerFile(path, parts);
    let sum = 0;
    for (const [request, cost] of acknowledged) {
      const rows = file.ledger.of(request);
      expect(rows.map((each) => each.cost)).toEqual([cost]);
      sum += cost;
    }
    const { reserved, settled } = file.limits.standing({ ...spentFrom, amount: 0 }, atMs);
    const written = Number(file.ledger.spent(atMs, atMs + 1));
    expect(reserved).toBe(0);
    expect(written).toBeGreaterThanOrEqual(sum);
    // What was settled is what the rows say, and what died with its process counts with what it had reserved.
    expect(settled).toBeGreaterThanOrEqual(written);
    expect(settled).toBeLessThanOrEqual(written + cycles * 8 * 50);
    file.close();
  },
  60_000 + cycles * 3_000,
);
