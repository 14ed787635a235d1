import type { KeyRecord } from "../../src/runtime/store/key-store.ts";

/** A key as it is kept, by its name. */
export const keyOf = (name: string, rest: Partial<KeyRecord> = {}): KeyRecord => ({
  ...{ name, user: null, team: "berlin", attributes: { tier: "pro", seats: 3, eu: true } },
  ...{ policy: null, models: ["a", "ü"], prefix: "sb-abcd" },
  secrets: [{ sha256: "ab".repeat(32), untilMs: null }],
  ...{ createdAtMs: 1, expiresAtMs: null, disabled: false, revokedAtMs: null, revision: 1 },
  ...rest,
});
