import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { bytesOf, type CacheEntry } from "../../../src/runtime/cache/cache-store.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";
import { openSqliteCacheStore } from "../../../src/runtime/store/sqlite-cache-store.ts";
import { answerOf, childBytes } from "../../support/cache-child.ts";

const child = fileURLToPath(new URL("../../support/cache-child.ts", import.meta.url));
const cycles = process.env["SIGNALBOX_LONG"] === "1" ? 30 : 3;
const atMs = Date.UTC(2026, 10, 27);

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "signalbox-cache-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("killed in the middle of its writes it is read on: what it has is whole, and within its bound", async () => {
  const path = join(folder(), "cache.sqlite");
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const running = fork(child, [path]);
    let last = "";
    await new Promise<void>((enough) => {
      let count = 0;
      running.on("message", (key: string) => {
        last = key;
        count += 1;
        if (count === 400) enough();
      });
    });
    running.kill("SIGKILL");
    await once(running, "exit");
    const store = openSqliteCacheStore(path, childBytes);
    expect(store.get(last, atMs)?.answer).toBe(answerOf(last));
    const { entries, bytes } = store.sizes(atMs);
    expect(entries).toBeGreaterThan(50);
    expect(bytes).toBeLessThanOrEqual(childBytes);
    expect(await store.purge({ key: last }, atMs)).toBe(1);
    await store.close();
  }
});

const entryOf = (key: string, more: Partial<CacheEntry> = {}): CacheEntry => ({
  ...{ key, tenant: "key:", target: "a", tags: [], cost: null },
  ...{ storedAtMs: atMs, expiresAtMs: atMs + 1_000, answer: "x".repeat(1_000) },
  ...more,
});

function filled(path: string, count: number, more: Partial<CacheEntry> = {}) {
  const store = openSqliteCacheStore(path, 2 ** 30);
  for (let each = 0; each < count; each += 1) store.put(entryOf(`key ${each}`, more), atMs);
  return store;
}

/** How often others had their turn while something was awaited. */
async function turnsDuring<T>(waiting: Promise<T>): Promise<[turns: number, result: T]> {
  let turns = 0;
  let isOver = false;
  const over = waiting.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise((done) => setImmediate(done));
    turns += 1;
  }
  return [turns, await over];
}

test("a purge of many lets others have their turn, and one of a key looks at no other", async () => {
  const store = filled(join(folder(), "cache.sqlite"), 1_500);
  store.put(entryOf("kept", { target: "b" }), atMs);
  const [turnsOfKey, one] = await turnsDuring(store.purge({ key: "key 7" }, atMs));
  expect([turnsOfKey, one]).toEqual([1, 1]);
  const [turns, all] = await turnsDuring(store.purge({ target: "a" }, atMs));
  expect(all).toBe(1_499);
  expect(turns).toBeGreaterThanOrEqual(10);
  expect(store.sizes(atMs)).toMatchObject({ entries: 1 });
  const [turnsOfNone, none] = await turnsDuring(store.purge({ key: "kept", target: "a" }, atMs));
  expect([turnsOfNone, none]).toEqual([1, 0]);
  await store.close();
});

test("of large answers a purge forgets fewer at once", async () => {
  const store = filled(join(folder(), "cache.sqlite"), 10, { answer: "x".repeat(4_194_304) });
  const [turns, purged] = await turnsDuring(store.purge({}, atMs));
  expect(purged).toBe(10);
  expect(turns).toBeGreaterThanOrEqual(4);
  await store.close();
});

test("what is put while a purge goes on counts, and a store that is closed meanwhile says so", async () => {
  const store = filled(join(folder(), "cache.sqlite"), 300);
  const purging = store.purge({ target: "a" }, atMs);
  store.put(entryOf("new", { target: "b" }), atMs);
  expect(await purging).toBe(300);
  expect(store.sizes(atMs).entries).toBe(1);
  for (let each = 0; each < 300; each += 1) store.put(entryOf(`${each}`), atMs);
  const cut = store.purge({}, atMs);
  const told = expect(cut).rejects.toThrow(StoreError);
  await store.close();
  await told;
});

test("what has expired counts no more before it is cleared away, a hundred at a time", async () => {
  const path = join(folder(), "cache.sqlite");
  const store = filled(path, 250);
  store.put(entryOf("young", { expiresAtMs: atMs + 5_000 }), atMs);
  const bytes = bytesOf(entryOf("young"));
  expect(store.sizes(atMs + 1_000)).toEqual({ entries: 1, bytes });
  await store.close();
  using database = new DatabaseSync(path);
  expect(database.prepare("SELECT count(*) AS n FROM answers").get()).toEqual({ n: 151 });
});

test("tags that are broken in the file are none", async () => {
  const path = join(folder(), "cache.sqlite");
  const store = filled(path, 2, { tags: ["x"] });
  await store.close();
  {
    using database = new DatabaseSync(path);
    database.exec(`UPDATE answers SET tags = CASE key WHEN 'key 0' THEN '["x' ELSE '{}' END`);
  }
  const again = openSqliteCacheStore(path, 2 ** 30);
  expect([0, 1].map((each) => again.get(`key ${each}`, atMs)?.tags)).toEqual([[], []]);
  expect([await again.purge({ tag: "x" }, atMs), await again.purge({}, atMs)]).toEqual([0, 2]);
  await again.close();
});

test("opened with a smaller bound it makes room at once", async () => {
  const path = join(folder(), "cache.sqlite");
  const large = openSqliteCacheStore(path, 10_000);
  for (const [n, key] of ["one", "two", "three"].entries()) large.put(entryOf(key), atMs + n);
  await large.close();
  const small = openSqliteCacheStore(path, 3_000);
  expect([small.get("one", atMs), small.get("three", atMs)?.key]).toEqual([null, "three"]);
  expect(small.sizes(atMs).bytes).toBeLessThanOrEqual(3_000);
  await small.close();
});
