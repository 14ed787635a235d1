import { fork } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BatchStore, migrations, openBatchStore } from "../../../src/runtime/store/batch-store.ts";
import type { FileWriter, NewFile } from "../../../src/runtime/store/file-store.ts";
import { openStore, StoreError } from "../../../src/runtime/store/sqlite.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const first = "CREATE TABLE t (a INTEGER) STRICT";
const second = "ALTER TABLE t ADD COLUMN b INTEGER";

describe("a store", () => {
  test("takes a file of an earlier version on, once", () => {
    const path = join(folder, "a", "b", "store.sqlite");
    const before = openStore(path, [first]);
    before.statement("INSERT INTO t VALUES (1)").run();
    before.close();
    for (let round = 0; round < 2; round += 1) {
      const store = openStore(path, [first, second]);
      expect({ ...store.statement("SELECT * FROM t").get() }).toEqual({ a: 1, b: null });
      store.close();
    }
  });

  test("leaves nothing of a transaction that throws, and is part of the one around it", () => {
    const store = openStore(join(folder, "s"), [first]);
    const insert = (): unknown => store.statement("INSERT INTO t VALUES (1)").run();
    const count = (): unknown => store.statement("SELECT count(*) AS n FROM t").get()?.["n"];
    expect(() =>
      store.transaction(() => {
        insert();
        store.transaction(insert);
        throw new TypeError("no");
      }),
    ).toThrow("no");
    expect(count()).toBe(0);
    store.transaction(() => store.transaction(insert));
    expect(count()).toBe(1);
    store.close();
  });
});

describe("a file that cannot be the store is told in words", () => {
  test.each([
    ["is not a SQLite file", (path: string) => writeFileSync(path, "x".repeat(200))],
    [
      "is a SQLite file of another program",
      (path: string) => {
        const other = new DatabaseSync(path);
        other.exec("CREATE TABLE theirs (a)");
        other.close();
      },
    ],
    [
      "was written by a newer Signalbox",
      (path: string) => openStore(path, [first, second]).close(),
    ],
    ["cannot be written", (path: string) => mkdirSync(path)],
    ["is in use by another gateway", (path: string) => void openStore(path, [first])],
  ])("%s", (words, prepare) => {
    const path = join(folder, "store.sqlite");
    prepare(path);
    let error: unknown = null;
    try {
      openStore(path, [first]);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toContain(words);
    expect(String(error)).toContain(path);
  });

  test.skipIf(process.getuid?.() === 0)("its folder is not ours to write", () => {
    chmodSync(folder, 0o500);
    expect(() => openStore(join(folder, "store.sqlite"), [first])).toThrow("cannot be written");
    chmodSync(folder, 0o700);
  });
});

test("what was acknowledged survives the process being killed, and what was not leaves nothing", async () => {
  const path = join(folder, "store.sqlite");
  const child = fork("test/support/store-child.ts", [path]);
  let acknowledged = -1;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  child.on("message", (n: number) => {
    acknowledged = n;
    if (n >= 25) resolve();
  });
  await enough;
  child.kill("SIGKILL");
  await once(child, "exit");
  const store = openBatchStore(path);
  store.files.recover();
  for (let n = 0; n <= acknowledged; n += 1) {
    const file = store.files.get("", `file-${n}`);
    expect(file?.bytes).toBe(500_000);
    const bytes = store.files.range(`file-${n}`, 0, 500_000);
    expect(bytes?.every((byte) => byte === 0x30 + (n % 10))).toBe(true);
  }
  const listed = store.files.list("", { after: null, limit: 1000, order: "asc" }, null);
  for (const { bytes } of listed.items) expect(bytes).toBe(500_000);
  store.close();
});

test("an upload that did not come to its end is forgotten with its bytes, at the next start", () => {
  const path = join(folder, "store.sqlite");
  const before = openBatchStore(path);
  const file = {
    owner: "",
    purpose: "batch" as const,
    filename: "",
    createdAtMs: 0,
    results: null,
  };
  before.files.open({ ...file, id: "file-1", expiresAtMs: 1 }).write(Buffer.alloc(600_000));
  before.close();
  const store = openBatchStore(path);
  expect(store.files.range("file-1", 0, 1)).not.toBeNull();
  store.files.recover();
  store.close();
  const after = openBatchStore(path);
  expect(after.files.chunk("file-1", 0)).toBeNull();
  expect(after.files.get("", "file-1")).toBeNull();
  after.close();
});

describe("a disk without room", () => {
  const full = (): ReturnType<typeof openStore> => {
    const store = openStore(join(folder, "s"), ["CREATE TABLE t (a BLOB) STRICT"]);
    store.statement("PRAGMA max_page_count = 50").get();
    return store;
  };
  const fill = (store: ReturnType<typeof openStore>): unknown =>
    store.statement("INSERT INTO t VALUES (?)").run(Buffer.alloc(500_000));

  test.each([
    ["a statement of its own", fill],
    [
      "in a transaction",
      (store: ReturnType<typeof openStore>) => store.transaction(() => fill(store)),
    ],
    [
      "whose writing need not survive a loss of power",
      (store: ReturnType<typeof openStore>) => store.relaxed(() => fill(store)),
    ],
  ])("is told as what it is: %s", (_, run) => {
    const store = full();
    let error: unknown = null;
    try {
      run(store);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toContain("has no room left on its disk");
    // SQLite's own words stay with it.
    expect(error).toMatchObject({ cause: { errcode: 13 } });
    store.transaction(() => store.statement("INSERT INTO t VALUES (?)").run(Buffer.alloc(1)));
    expect(store.statement("SELECT count(*) AS n FROM t").get()?.["n"]).toBe(1);
    store.close();
  });

  test("is no excuse for a mistake of ours, which stays one", () => {
    const store = full();
    expect(() => store.statement("INSERT INTO nowhere VALUES (1)")).toThrow("no such table");
    expect(() => store.statement("INSERT INTO nowhere VALUES (1)")).not.toThrow(StoreError);
    store.close();
  });
});

describe("what is being uploaded", () => {
  const file = (id: string, owner = "a"): NewFile => ({
    ...{ id, owner, purpose: "batch", filename: "", createdAtMs: 0, expiresAtMs: 1, results: null },
  });
  const about = { filename: "f", expiresAtMs: 1 };

  test("counts for its owner while it is, and once when it is there", () => {
    const store = openBatchStore(join(folder, "s"));
    const { files } = store;
    const one = files.open(file("file-1"));
    const two = files.open(file("file-2"));
    const other = files.open(file("file-3", "b"));
    one.write(Buffer.alloc(300_000));
    two.write(Buffer.alloc(10));
    other.write(Buffer.alloc(7));
    expect([files.bytesOf("a"), files.bytesOf("b")]).toEqual([300_010, 7]);
    one.finish(about);
    expect(files.bytesOf("a")).toBe(300_010);
    two.drop();
    expect(files.bytesOf("a")).toBe(300_000);
    store.close();
  });

  test.each([
    ["drop", (writer: FileWriter) => writer.drop()],
    ["finish", (writer: FileWriter) => expect(() => writer.finish(about)).toThrow(StoreError)],
  ])("is forgotten later where the store cannot do so at once: %s", (_, end) => {
    const sqlite = openStore(join(folder, "s"), migrations);
    const { files } = new BatchStore(sqlite);
    const writer = files.open(file("file-1"));
    writer.write(Buffer.alloc(300_000));
    sqlite.statement("PRAGMA query_only = 1").get();
    end(writer);
    expect(files.bytesOf("a")).toBe(0);
    expect(files.chunk("file-1", 0)).not.toBeNull();
    expect(() => files.open(file("file-2"))).toThrow("cannot be written");
    sqlite.statement("PRAGMA query_only = 0").get();
    files.open(file("file-2"));
    files.expire(0);
    expect(files.chunk("file-1", 0)).toBeNull();
    sqlite.close();
  });
});
