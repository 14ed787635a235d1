import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type LedgerFile, openLedgerFile } from "../../../src/runtime/store/ledger-file.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";

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
  database.prepare("INSERT INTO counters VALUES ('o', 'v', ?, ?)").run(1e15, state);
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
