import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { KeyGrant } from "../configuration/configuration.ts";
import type { KeyRecord, KeyStore, StoredKey } from "../runtime/store/key-store.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import type { TimerWheel } from "../runtime/transport/timer-wheel.ts";

/** Why a key that was said opens nothing; all but the first three only its bearer is told. */
export type KeyFault = "missing" | "malformed" | "unknown" | "expired" | "disabled" | "revoked";

/** A key that was made at run time, as it is now. */
export type KeyEntry = StoredKey;

type Entry = { -readonly [N in keyof StoredKey]: StoredKey[N] };

/** A secret that is known, with whose it is. */
interface Known {
  readonly entry: Entry;
  readonly digest: Buffer;
  readonly untilMs: number | null;
}

export interface KeyBookParts {
  readonly clock: Clock;
  readonly timers: TimerWheel;
  /** Opens the store, or makes it; null where there is none and none is to be made. Throws, or rejects with, a StoreError. */
  readonly openStore: (make: boolean) => KeyStore | null | Promise<KeyStore | null>;
  /** Told of what happens off the path of requests: times of use that could not be written, changes that could not be read. */
  readonly failed: (error: unknown) => void;
}

/** Most keys that are made at run time. */
export const mostKeys = 100_000;

const minuteMs = 60_000;
/** How long uses are gathered before they are written, and how many at once: each costs some microseconds of the event loop. */
const gatherMs = 30_000;
const mostAtOnce = 500;
const nextPieceMs = 250;
/** How often those are asked for changes who share the store: a key that is revoked elsewhere opens nothing a second later. */
const lookMs = 1_000;

/** The keys that were made at run time: all in memory, where one is found by its digest however many there are, and in a store. */
export class KeyBook {
  readonly #parts: KeyBookParts;
  readonly #byName = new Map<string, Entry>();
  readonly #byDigest = new Map<string, Known>();
  /** By their places. */
  readonly #ordered: Entry[] = [];
  readonly #used = new Set<Entry>();
  readonly #alarm;
  readonly #look;
  #store: KeyStore | null = null;
  #opening: Promise<KeyStore | null> | null = null;
  #closing: Promise<void> | null = null;
  #everHeld = false;
  #looksFail = false;
  #changes = 0;

  constructor(parts: KeyBookParts) {
    this.#parts = parts;
    this.#alarm = parts.timers.createAlarm(() => void this.#writeUses());
    this.#look = parts.timers.createAlarm(() => void this.#lookAgain());
  }

  /** Reads what an earlier process left. Rejects with a StoreError where it cannot be read. */
  async open(): Promise<void> {
    await this.#opened(false);
  }

  /** Whether there ever was a key: then requests need one, though all are gone. */
  get everHeld(): boolean {
    return this.#everHeld;
  }

  /** Another number after each change of any key. */
  get changes(): number {
    return this.#changes;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Whose secret has this digest (its letters latin1); what is against it; null where nobody's has. */
  find(text: string, digest: Buffer, nowMs: number): KeyGrant | KeyFault | null {
    const known = this.#byDigest.get(text);
    if (known === undefined || !timingSafeEqual(known.digest, digest)) return null;
    const { entry, untilMs } = known;
    if (untilMs !== null && untilMs <= nowMs) return "expired";
    const { key } = entry;
    const fault = faultOf(key, nowMs);
    if (fault !== null) return fault;
    if (entry.usedAtMs === null || nowMs - entry.usedAtMs >= minuteMs) this.#note(entry, nowMs);
    return key;
  }

  /** What a key of this name may do now, or what is against it; null where there is none. */
  grantOf(name: string, nowMs: number): KeyGrant | KeyFault | null {
    const entry = this.#byName.get(name);
    if (entry === undefined) return null;
    return faultOf(entry.key, nowMs) ?? entry.key;
  }

  get(name: string): KeyEntry | null {
    return this.#byName.get(name) ?? null;
  }

  /** Keys behind a place, in the order in which they were made. */
  list(after: number, limit: number): readonly KeyEntry[] {
    const from = this.#behind(after);
    return this.#ordered.slice(from, from + limit);
  }

  /** The names of all keys. */
  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Adds a key. False where its name is taken. */
  async add(key: KeyRecord): Promise<boolean> {
    const store = await this.#opened(true);
    const place = (await store?.add(key)) ?? null;
    if (place === null) return await this.#outdated();
    this.#put({ key, place, usedAtMs: null });
    return true;
  }

  /** Puts a key in the place of the revision before it. False where that is there no longer. */
  async replace(key: KeyRecord): Promise<boolean> {
    if (this.#store === null || !(await this.#store.replace(key))) return await this.#outdated();
    const { place = 0, usedAtMs = null } = this.#byName.get(key.name) ?? {};
    this.#put({ key, place, usedAtMs });
    return true;
  }

  /** Forgets a key. False where it is there no longer in this revision. */
  async remove({ name, revision }: KeyRecord): Promise<boolean> {
    if (this.#store === null || !(await this.#store.remove(name, revision)))
      return await this.#outdated();
    this.#drop(name);
    return true;
  }

  /** Writes what is still to be written, and closes the store. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#alarm.clear();
    // The store of a gateway that failed to start is closed once it has opened.
    const store = await this.#opening?.catch(() => null);
    this.#store = null;
    this.#look.clear();
    if (store == null) return;
    while (this.#used.size > 0) await this.#writePiece(store);
    this.#alarm.clear();
    await store.close();
  }

  async #opened(make: boolean): Promise<KeyStore | null> {
    if (this.#closing !== null) throw new StoreError("the store of keys is closed");
    this.#opening ??= this.#open(make);
    try {
      const store = await this.#opening;
      // Nothing was there to be opened; the next who asks may make it.
      if (store === null) this.#opening = null;
      if (store !== null || !make) return store;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
    return await this.#opened(make);
  }

  async #open(make: boolean): Promise<KeyStore | null> {
    const store = await this.#parts.openStore(make);
    if (store === null) return null;
    const { keys, everHeld } = await store.load();
    for (const stored of keys) this.#put(stored);
    this.#everHeld ||= everHeld;
    this.#store = store;
    if (await this.#takeChanges(store)) this.#lookLater();
    return store;
  }

  #put({ key, place, usedAtMs }: StoredKey): void {
    const before = this.#byName.get(key.name);
    if (before?.place === place && before.key.revision > key.revision) return;
    for (const { sha256 } of before?.key.secrets ?? []) this.#byDigest.delete(latin1(sha256));
    // Another key of the name of one that is gone has a place of its own.
    if (before !== undefined && before.place !== place) this.#drop(key.name);
    const entry = this.#byName.get(key.name) ?? { key, place, usedAtMs };
    entry.key = key;
    entry.usedAtMs = later(entry.usedAtMs, usedAtMs);
    if (!this.#byName.has(key.name)) {
      this.#byName.set(key.name, entry);
      this.#ordered.splice(this.#behind(place), 0, entry);
    }
    for (const { sha256, untilMs } of key.secrets) {
      const digest = Buffer.from(sha256, "hex");
      this.#byDigest.set(digest.toString("latin1"), { entry, digest, untilMs });
    }
    this.#everHeld = true;
    this.#changes += 1;
  }

  #drop(name: string): void {
    const entry = this.#byName.get(name);
    if (entry === undefined) return;
    for (const { sha256 } of entry.key.secrets) this.#byDigest.delete(latin1(sha256));
    this.#byName.delete(name);
    this.#ordered.splice(this.#behind(entry.place) - 1, 1);
    this.#used.delete(entry);
    this.#changes += 1;
  }

  /** The index of the first key behind a place. */
  #behind(place: number): number {
    let [from, to] = [0, this.#ordered.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#ordered[middle]?.place ?? 0) <= place) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Somebody else was faster: what they did is looked at before anybody decides again. */
  async #outdated(): Promise<false> {
    if (this.#store !== null) await this.#takeChanges(this.#store);
    return false;
  }

  /** Takes over what others have changed; whether there are any who could. */
  async #takeChanges(store: KeyStore): Promise<boolean> {
    const changes = await store.changes();
    for (const [name, stored] of changes ?? []) {
      if (stored === null) this.#drop(name);
      else this.#put(stored);
    }
    return changes !== undefined;
  }

  #lookLater(): void {
    this.#look.set(this.#parts.clock.monotonic() + lookMs);
  }

  /** Takes over what others have changed. While that cannot be read, what is known is in force, and said once. */
  async #lookAgain(): Promise<void> {
    if (this.#store === null) return;
    try {
      await this.#takeChanges(this.#store);
      this.#looksFail = false;
    } catch (error) {
      if (!this.#looksFail) this.#parts.failed(error);
      this.#looksFail = true;
    }
    if (this.#closing === null) this.#lookLater();
  }

  #note(entry: Entry, nowMs: number): void {
    entry.usedAtMs = nowMs - (nowMs % minuteMs);
    if (this.#used.size === 0) this.#alarm.set(this.#parts.clock.monotonic() + gatherMs);
    this.#used.add(entry);
  }

  async #writeUses(): Promise<void> {
    if (this.#store === null) return;
    await this.#writePiece(this.#store);
    if (this.#used.size > 0) this.#alarm.set(this.#parts.clock.monotonic() + nextPieceMs);
  }

  /** Writes some of the times. Those that cannot be written are let go of: the next use is noted again. */
  async #writePiece(store: KeyStore): Promise<void> {
    const times = new Map<string, number>();
    for (const entry of this.#used) {
      if (times.size === mostAtOnce) break;
      this.#used.delete(entry);
      if (entry.usedAtMs !== null) times.set(entry.key.name, entry.usedAtMs);
    }
    try {
      await store.used(times);
    } catch (error) {
      this.#parts.failed(error);
    }
  }
}

function faultOf(key: KeyRecord, nowMs: number): KeyFault | null {
  if (key.revokedAtMs !== null) return "revoked";
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) return "expired";
  return key.disabled ? "disabled" : null;
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function latin1(sha256: string): string {
  return Buffer.from(sha256, "hex").toString("latin1");
}
