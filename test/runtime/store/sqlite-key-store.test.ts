import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqliteKeyStore } from "../../../src/runtime/store/sqlite-key-store.ts";
import { describeKeyStore } from "../../support/key-store-contract.ts";

function makeFolder(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-keys-"));
  return {
    path: join(folder, "keys.sqlite"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

describeKeyStore("keys in a SQLite file", async () => {
  const folder = makeFolder();
  return {
    open: async () => openSqliteKeyStore(folder.path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
});

test("the file is its owner's alone", async () => {
  using folder = makeFolder();
  const store = openSqliteKeyStore(folder.path);
  expect(statSync(folder.path).mode & 0o777).toBe(0o600);
  await store.close();
});

const cycles = process.env["SIGNALBOX_LONG"] === "1" ? 200 : 6;

test(`no acknowledged change of a key is lost in ${cycles} ends at once`, async () => {
  using folder = makeFolder();
  const revisions = new Map<string, number>();
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const child: ChildProcess = fork("test/support/key-child.ts", [folder.path, `${cycle}`]);
    const ended = once(child, "exit");
    const enough = 20 + ((cycle * 7) % 13);
    await new Promise<void>((resolve) => {
      let told = 0;
      child.on("message", (said) => {
        const [name, revision] = said as [string, number];
        revisions.set(name, revision);
        told += 1;
        if (told === enough) resolve();
      });
    });
    child.kill("SIGKILL");
    await ended;
  }
  const store = openSqliteKeyStore(folder.path);
  const { keys } = await store.load();
  await store.close();
  const kept = new Map(keys.map(({ key }) => [key.name, key.revision]));
  for (const [name, revision] of revisions) {
    // What was not acknowledged any more may be there too: one change at most.
    const found = kept.get(name) ?? 0;
    expect([name, found - revision]).toEqual([name, expect.toSatisfy((n) => n === 0 || n === 1)]);
  }
  expect(revisions.size).toBeGreaterThan(cycles * 4);
}, 300_000);
