import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { Take } from "../../../src/runtime/limits/limit-store.ts";
import {
  type LedgerFile,
  ledgerMigrations,
  openLedgerFile,
} from "../../../src/runtime/store/ledger-file.ts";
import { openStore, StoreError } from "../../../src/runtime/store/sqlite.ts";

const open = (path: string): LedgerFile =>
  openLedgerFile(path, {
    ...{ later: setImmediate, survives: "process", atMs: 0 },
    failed: (error) => expect(error).toBeNull(),
  });

test.each([
  ["no JSON", "oh no"],
  ["nothing", "null"],
  ["of no kind", "{}"],
])("a counter that is %s is told in words each time, and the file is let go of", (_, state) => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-ledger-"));
  const path = join(folder, "ledger.sqlite");
  open(path).close();
  const database = new DatabaseSync(path);
  database.prepare("INSERT INTO counters VALUES ('o', 'day', 'v', ?, ?)").run(1e15, state);
  database.close();
  for (let times = 0; times < 2; times += 1) {
    expect(() => open(path)).toThrow(StoreError);
    expect(() => open(path)).toThrow(`the counters in the store ${path} are damaged`);
  }
  const mended = new DatabaseSync(path);
  mended.exec("DELETE FROM counters");
  mended.close();
  open(path).close();
  rmSync(folder, { recursive: true });
});

test("what an earlier version counted goes on counting, and what was learned lies beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-ledger-"));
  const path = join(folder, "ledger.sqlite");
  openStore(path, ledgerMigrations.slice(0, 1)).close();
  const database = new DatabaseSync(path);
  const put = database.prepare("INSERT INTO counters VALUES (?, 'v', 1000000, ?)");
  put.run("r", '{"kind":"rate","perMs":60000,"counts":[[0,7]]}');
  put.run("b", '{"kind":"budget","per":"day","account":{"startMs":0,"settled":5,"reserved":1}}');
  database.close();
  const rate = { ...{ kind: "rate", option: "r", value: "v", most: 9 }, perMs: 60_000, amount: 1 };
  const budget = { ...{ kind: "budget", option: "b", value: "v", most: 9 }, per: "day", amount: 0 };
  const first = open(path);
  expect(first.limits.standing(rate as Take, 500)).toEqual({ reserved: 0, settled: 7 });
  expect(first.limits.standing(budget as Take, 500)).toEqual({ reserved: 0, settled: 6 });
  expect(first.learned("counts")).toBeNull();
  first.limits.admit([rate as Take, { ...rate, perMs: 30_000, amount: 2 } as Take], 500);
  await first.keepLearned("counts", "one");
  await first.keepLearned("counts", "two");
  first.close();
  const again = open(path);
  expect(again.limits.standing(rate as Take, 500).settled).toBe(8);
  expect(again.limits.standing({ ...rate, perMs: 30_000 } as Take, 500).settled).toBe(2);
  expect(again.learned("counts")).toBe("two");
  again.close();
  rmSync(folder, { recursive: true });
});

test("a file of before there were classifiers keeps its rows, and takes theirs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-ledger-"));
  const path = join(folder, "ledger.sqlite");
  openStore(path, ledgerMigrations.slice(0, 1)).close();
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    "INSERT INTO attempts VALUES (?, 'q', ?, 'p', 'r', 't', 'k', 'shadow', 'settled', 1, 2, 3, 4, 5, 6)",
  );
  for (let attempt = 0; attempt < 3; attempt += 1) insert.run(10 + attempt, attempt);
  database.close();
  const file = open(path);
  const [first, ...others] = file.ledger.of("q");
  expect(others.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(first).toMatchObject({ atMs: 10, lane: "shadow", cost: 6, usage: { outputTokens: 2 } });
  if (first !== undefined) await file.ledger.append([{ ...first, lane: "classifier", attempt: 9 }]);
  expect(file.ledger.of("q").at(-1)).toMatchObject({ lane: "classifier" });
  file.close();
  rmSync(folder, { recursive: true });
});
