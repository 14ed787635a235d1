import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClientKey, Configuration } from "../../src/configuration/configuration.ts";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { type KeyHolder, needsKey, ownerNow } from "../../src/gateway/caller.ts";
import { createKeyRing } from "../../src/gateway/client-keys.ts";
import { KeyBook } from "../../src/gateway/key-book.ts";
import { openSqliteKeyStore } from "../../src/runtime/store/sqlite-key-store.ts";
import { createTimerWheel } from "../../src/runtime/transport/timer-wheel.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import { keyOf } from "../support/made-key.ts";

const configured = (name: string, rest: Partial<ClientKey> = {}): ClientKey => ({
  ...{ name, secret: { kind: "hash", sha256: "cd".repeat(32) }, user: null, team: null },
  ...{ attributes: {}, policy: null, models: null, expiresAtMs: null, disabled: false },
  ...rest,
});

let folder: string;
let clock: HandClock;
let book: KeyBook;
let errors: unknown[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-caller-"));
  clock = createHandClock(1_000_000);
  errors = [];
  book = new KeyBook({
    clock,
    timers: createTimerWheel(clock, clock),
    openStore: (make) => (make ? openSqliteKeyStore(join(folder, "keys.sqlite")) : null),
    failed: (error) => errors.push(error),
  });
});
afterEach(async () => {
  await book.close();
  rmSync(folder, { recursive: true, force: true });
});

function holder(keys: readonly ClientKey[], requireKeys = false): KeyHolder {
  const defaults = defaultConfiguration();
  const configuration: Configuration = {
    ...defaults,
    keys,
    server: { ...defaults.server, requireKeys },
  };
  return { keys: book, clock, snapshot: { keys: createKeyRing(keys), configuration } };
}

describe("the owner of a batch", () => {
  test.each<[string, Partial<ClientKey> | null, Partial<ReturnType<typeof keyOf>> | null, string]>([
    ["nobody's any more", null, null, "unknown"],
    ["of the configuration", {}, null, "configured"],
    ["of the configuration, and one that was made", {}, {}, "configured"],
    [
      "of the configuration and disabled, and one that was made",
      { disabled: true },
      {},
      "disabled",
    ],
    ["of the configuration, at its end", { expiresAtMs: 1_000_000 }, null, "expired"],
    ["made at run time", null, {}, "made"],
    ["made at run time, at its end", null, { expiresAtMs: 1_000_000 }, "expired"],
    ["made at run time, just before its end", null, { expiresAtMs: 1_000_001 }, "made"],
    ["made at run time and disabled", null, { disabled: true }, "disabled"],
    ["made at run time and revoked", null, { revokedAtMs: 1, disabled: true }, "revoked"],
  ])("whose key is %s may do what that may now", async (_name, fixed, made, expected) => {
    if (made !== null) await book.add(keyOf("app", { user: "made", ...made }));
    const keys = fixed === null ? [] : [configured("app", { user: "configured", ...fixed })];
    const found = ownerNow(holder(keys), "app");
    expect(typeof found === "string" ? found : found?.user).toBe(expected);
  });

  test("who had no key may go on while none is needed", async () => {
    expect(ownerNow(holder([]), "")).toBeNull();
    expect(ownerNow(holder([configured("a")]), "")).toBe("missing");
    expect(ownerNow(holder([], true), "")).toBe("missing");
    await book.add(keyOf("app"));
    expect(ownerNow(holder([]), "")).toBe("missing");
  });
});

test("requests go on needing a key when the last one is gone, and after a restart", async () => {
  expect(needsKey(holder([]), holder([]).snapshot)).toBe(false);
  const key = keyOf("app");
  await book.add(key);
  await book.remove(key);
  expect(book.size).toBe(0);
  expect(needsKey(holder([]), holder([]).snapshot)).toBe(true);
  await book.close();
  book = new KeyBook({
    clock,
    timers: createTimerWheel(clock, clock),
    openStore: () => openSqliteKeyStore(join(folder, "keys.sqlite")),
    failed: (error) => errors.push(error),
  });
  await book.open();
  expect(needsKey(holder([]), holder([]).snapshot)).toBe(true);
});

test("times of use are written some at a time, and never on the path of a request", async () => {
  const names = Array.from({ length: 1_100 }, (_, n) => `k${n}`);
  const prints = names.map((_, n) => n.toString(16).padStart(64, "0"));
  for (const [n, name] of names.entries())
    await book.add(keyOf(name, { secrets: [{ sha256: prints[n] ?? "", untilMs: null }] }));
  const use = (): void => {
    for (const print of prints) {
      const digest = Buffer.from(print, "hex");
      expect(book.find(digest.toString("latin1"), digest, clock.now())).toMatchObject({
        prefix: "sb-abcd",
      });
    }
  };
  use();
  use();
  const before = clock.wakeUps;
  clock.pass(29_000);
  clock.pass(30_000);
  // The pieces follow one another once each is written.
  for (let piece = 0; piece < 3; piece += 1) {
    await new Promise(setImmediate);
    clock.pass(1_000);
  }
  expect(clock.wakeUps).toBeGreaterThan(before);
  expect(errors).toEqual([]);
  await book.close();
  const store = openSqliteKeyStore(join(folder, "keys.sqlite"));
  const { keys } = await store.load();
  expect(keys.filter(({ usedAtMs }) => usedAtMs === 960_000)).toHaveLength(1_100);
  await store.close();
});
