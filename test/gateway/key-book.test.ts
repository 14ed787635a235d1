import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyBook } from "../../src/gateway/key-book.ts";
import type { KeyRecord } from "../../src/runtime/store/key-store.ts";
import { openSqliteKeyStore } from "../../src/runtime/store/sqlite-key-store.ts";
import { createTimerWheel } from "../../src/runtime/transport/timer-wheel.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import { keyOf } from "../support/made-key.ts";

type Step =
  | { readonly act: "add" | "remove" | "revoke" | "toggle"; readonly name: string }
  | { readonly act: "rotate" | "expire"; readonly name: string; readonly ms: number }
  | { readonly act: "late"; readonly name: string }
  | { readonly act: "pass"; readonly ms: number }
  | { readonly act: "restart" };

const name = fc.constantFrom("a", "b", "c");
const ms = fc.integer({ min: 1, max: 100 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ act: fc.constantFrom("add", "remove", "revoke", "toggle"), name }),
  fc.record({ act: fc.constantFrom("rotate", "expire"), name, ms }),
  fc.record({ act: fc.constant("late" as const), name }),
  fc.record({ act: fc.constant("pass" as const), ms }),
  fc.record({ act: fc.constant("restart" as const) }),
);

/** The book on a file, and beside it what it is held to: records by name in the order of making, and every secret ever made. */
class Bench {
  readonly clock: HandClock = createHandClock(1_000);
  readonly #path: string;
  book: KeyBook;
  readonly records = new Map<string, KeyRecord>();
  readonly secrets: string[] = [];

  constructor(path: string) {
    this.#path = path;
    this.book = this.#newBook();
  }

  async take(one: Step): Promise<void> {
    if (one.act === "pass") this.clock.pass(one.ms);
    else if (one.act === "restart") await this.#restart();
    else if (one.act === "add") await this.#add(one.name);
    else await this.#change(one);
  }

  /** What has to be said of a secret. */
  expected(sha256: string): string {
    const nowMs = this.clock.now();
    for (const record of this.records.values()) {
      const found = record.secrets.find((each) => each.sha256 === sha256);
      if (found === undefined) continue;
      if (found.untilMs !== null && found.untilMs <= nowMs) return "expired";
      if (record.revokedAtMs !== null) return "revoked";
      if (record.expiresAtMs !== null && record.expiresAtMs <= nowMs) return "expired";
      return record.disabled ? "disabled" : record.name;
    }
    return "nobody's";
  }

  said(sha256: string): string {
    const digest = Buffer.from(sha256, "hex");
    const found = this.book.find(digest.toString("latin1"), digest, this.clock.now());
    if (found === null) return "nobody's";
    return typeof found === "string" ? found : found.name;
  }

  #newBook(): KeyBook {
    return new KeyBook({
      clock: this.clock,
      timers: createTimerWheel(this.clock, this.clock),
      openStore: () => openSqliteKeyStore(this.#path),
      failed(error) {
        throw error;
      },
    });
  }

  async #restart(): Promise<void> {
    await this.book.close();
    this.book = this.#newBook();
    await this.book.open();
  }

  #newSecret() {
    const sha256 = (this.secrets.length + 1).toString(16).padStart(64, "0");
    this.secrets.push(sha256);
    return { sha256, untilMs: null };
  }

  async #add(of: string): Promise<void> {
    const key = keyOf(of, { secrets: [this.#newSecret()] });
    const isNew = !this.records.has(of);
    expect(await this.book.add(key)).toBe(isNew);
    if (isNew) this.records.set(of, key);
  }

  async #change(one: Exclude<Step, { act: "add" | "pass" | "restart" }>): Promise<void> {
    const before = this.records.get(one.name);
    if (before === undefined) {
      expect(await this.book.remove(keyOf(one.name))).toBe(false);
      return;
    }
    if (one.act === "remove") {
      expect(await this.book.remove(before)).toBe(true);
      this.records.delete(one.name);
      return;
    }
    if (one.act === "late") {
      expect(await this.book.replace({ ...before, disabled: true })).toBe(false);
      return;
    }
    const after = { ...before, ...this.#changed(one, before), revision: before.revision + 1 };
    expect(await this.book.replace(after)).toBe(true);
    this.records.set(one.name, after);
  }

  #changed(one: Step, { secrets, disabled }: KeyRecord): Partial<KeyRecord> {
    const nowMs = this.clock.now();
    if (one.act === "revoke") return { revokedAtMs: nowMs };
    if (one.act === "expire") return { expiresAtMs: nowMs + one.ms };
    if (one.act !== "rotate") return { disabled: !disabled };
    const old = secrets.map((each) => ({ ...each, untilMs: each.untilMs ?? nowMs + one.ms }));
    // Of old secrets the newest two are kept; what was another's is nobody's then.
    return { secrets: [this.#newSecret(), ...old.slice(0, 2)] };
  }
}

const runs = process.env["SIGNALBOX_LONG"] === "1" ? 1_000 : 25;

test("whatever is done to keys, each secret opens what it should, and the list is in the order of making", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), "signalbox-book-"));
      const bench = new Bench(join(folder, "keys.sqlite"));
      try {
        for (const one of steps) {
          await bench.take(one);
          expect(bench.secrets.map((each) => bench.said(each))).toEqual(
            bench.secrets.map((each) => bench.expected(each)),
          );
          const names = [...bench.records.keys()];
          expect(bench.book.list(0, 100).map(({ key }) => key.name)).toEqual(names);
          const [first] = bench.book.list(0, 1);
          const rest = bench.book.list(first?.place ?? 0, 100).map(({ key }) => key.name);
          expect(rest).toEqual(names.slice(1));
        }
      } finally {
        await bench.book.close();
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: runs },
  );
}, 600_000);
