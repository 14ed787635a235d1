import { openSqliteCacheStore } from "../../src/runtime/store/sqlite-cache-store.ts";

export const childBytes = 200_000;
export const answerOf = (key: string): string => JSON.stringify([{ kind: "text", key }]).repeat(20);

/** Puts answers for as long as it lives, and tells each that is kept. */
const [, , path] = process.argv;
if (path !== undefined && process.send !== undefined) {
  const store = openSqliteCacheStore(path, childBytes);
  const atMs = Date.UTC(2026, 10, 27);
  const put = (n: number): void => {
    const key = `${process.pid}-${n}`;
    store.put(
      {
        ...{ key, tenant: "key:", target: "a", tags: [], cost: 1 },
        ...{ storedAtMs: atMs, expiresAtMs: atMs + 1_000, answer: answerOf(key) },
      },
      atMs + n / 1_000,
    );
    process.send?.(key, () => setImmediate(put, n + 1));
  };
  put(0);
}
