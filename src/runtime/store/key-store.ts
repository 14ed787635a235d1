/** One secret of a key; what is kept of it is its digest. */
export interface SecretPrint {
  /** SHA-256, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Epoch milliseconds from which on it opens nothing: that of a secret that another one has replaced. Null for the present one. */
  readonly untilMs: number | null;
}

/** A client's key that was made at run time, but for when it was last used. */
export interface KeyRecord {
  readonly name: string;
  readonly user: string | null;
  readonly team: string | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly policy: string | null;
  readonly models: readonly string[] | null;
  /** The first letters of the present secret, for people to know it by. */
  readonly prefix: string;
  /** The present secret first. */
  readonly secrets: readonly SecretPrint[];
  readonly createdAtMs: number;
  /** Epoch milliseconds from which on it opens nothing; null for never. */
  readonly expiresAtMs: number | null;
  readonly disabled: boolean;
  readonly revokedAtMs: number | null;
  /** Counts changes from 1. */
  readonly revision: number;
}

/** A key as a store holds it. */
export interface StoredKey {
  readonly key: KeyRecord;
  /** Counts keys in the order in which they were made, those that are gone included. */
  readonly place: number;
  /** Roughly; null for never. */
  readonly usedAtMs: number | null;
}

/** What a store holds. */
export interface StoredKeys {
  /** In the order in which they were made. */
  readonly keys: readonly StoredKey[];
  /** Whether there ever was one, those that were deleted included. */
  readonly everHeld: boolean;
}

/**
 * Keeps keys over restarts. What is fulfilled is committed: it survives the process. A store that cannot be read or written
 * rejects with a StoreError.
 */
export interface KeyStore {
  load(): Promise<StoredKeys>;
  /** Adds a key; its place, or null where its name is taken. */
  add(key: KeyRecord): Promise<number | null>;
  /** Puts a key in the place of the one of its name whose revision is one less; false where there is none. */
  replace(key: KeyRecord): Promise<boolean>;
  /** Forgets a key of this revision; false where there is none. */
  remove(name: string, revision: number): Promise<boolean>;
  /** Notes when keys were last used, by name; a later time stays. Those that are gone are left out. */
  used(times: ReadonlyMap<string, number>): Promise<void>;
  /**
   * The keys that others who share the store have changed since the last call, or since `load`: by name, null where one is gone.
   * Undefined where nobody shares it.
   */
  changes(): Promise<ReadonlyMap<string, StoredKey | null> | undefined>;
  close(): Promise<void>;
}
