import { existsSync } from "node:fs";
import { StoreError } from "../runtime/store/sqlite.ts";
import { keyFileBeside, openSqliteKeyStore } from "../runtime/store/sqlite-key-store.ts";
import { needsKey } from "./caller.ts";
import type { Core } from "./core.ts";
import { KeyBook, type KeyBookParts } from "./key-book.ts";
import type { Snapshot } from "./snapshot.ts";
import { StartError } from "./start-error.ts";

/** The keys made at run time, in a file beside the configured store that is made when it is first needed. */
export function keyBookOf(core: () => Core, time: Pick<KeyBookParts, "clock" | "timers">): KeyBook {
  return new KeyBook({
    ...time,
    async openStore(make) {
      const { store, redis } = core().snapshot.configuration;
      if (redis?.url.kind === "value") {
        // Loaded where it is used: most gateways stand alone.
        const { openRedisKeyStore } = await import("../runtime/store/redis-key-store.ts");
        const failed = (err: unknown): void => tellFailed(core(), err);
        return await openRedisKeyStore({ url: redis.url.value, prefix: redis.prefix, failed });
      }
      const path = keyFileBeside(store);
      return make || existsSync(path) ? openSqliteKeyStore(path) : null;
    },
    failed: (err) => tellFailed(core(), err),
  });
}

function tellFailed({ logger }: Core, err: unknown): void {
  logger.error({ err }, "the store of keys failed");
}

/** Reads the keys that an earlier process left; a file that cannot be used is the operator's to mend. */
export async function openKeys(core: Core): Promise<void> {
  try {
    await core.keys.open();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new StartError(cause.message, { cause });
  }
  tellKeyTroubles(core, core.snapshot);
  tellOpenDoor(core);
}

/** Keys that lie on Redis alone are gone with its data, and nobody would need one: said where that may have been. */
function tellOpenDoor(core: Core): void {
  const { redis, adminKey } = core.snapshot.configuration;
  if (redis === null || adminKey === null || needsKey(core, core.snapshot)) return;
  core.logger.warn(
    "nobody needs a key: none is configured and Redis holds none; if any was made, its data is lost, and `server.require-keys: true` keeps the gateway closed",
  );
}

/** Logs what keys lead to nothing under a version of the configuration. */
export function tellKeyTroubles({ keys, logger }: Core, snapshot: Snapshot): void {
  for (const name of keys.names()) {
    if (snapshot.keys.has(name))
      logger.warn(
        { key: name },
        "a key made at run time has the name of one of the configuration, which is in force: the other opens nothing",
      );
  }
  for (const { name, policy } of snapshot.configuration.keys) {
    if (policy !== null && !snapshot.policies.has(policy))
      logger.warn(
        { key: name, policy },
        "the policy of a key is not there: its requests are refused",
      );
  }
}
