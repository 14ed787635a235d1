import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
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
    expect(store.purge({ key: last })).toBe(1);
    await store.close();
  }
});

test("opened with a smaller bound it makes room at once", async () => {
  const path = join(folder(), "cache.sqlite");
  const entry = (key: string) => ({
    ...{ key, tenant: "key:", target: "a", tags: [], cost: null },
    ...{ storedAtMs: atMs, expiresAtMs: atMs + 1_000, answer: "x".repeat(1_000) },
  });
  const large = openSqliteCacheStore(path, 10_000);
  for (const [n, key] of ["one", "two", "three"].entries()) large.put(entry(key), atMs + n);
  await large.close();
  const small = openSqliteCacheStore(path, 3_000);
  expect([small.get("one", atMs), small.get("three", atMs)?.key]).toEqual([null, "three"]);
  expect(small.sizes(atMs).bytes).toBeLessThanOrEqual(3_000);
  await small.close();
});
