import { openSqliteKeyStore } from "../../src/runtime/store/sqlite-key-store.ts";
import { keyOf } from "./made-key.ts";

/** Makes keys and changes them for as long as it lives, and tells each revision that was acknowledged. */
const [, , path, cycle = ""] = process.argv;
if (path !== undefined && process.send !== undefined) {
  const store = openSqliteKeyStore(path);
  for (let n = 0; ; n += 1) {
    const name = `${cycle}-${n}`;
    for (let revision = 1; revision <= 3; revision += 1) {
      const key = keyOf(name, { revision });
      const done = revision === 1 ? await store.add(key) : await store.replace(key);
      if (done === null || done === false) throw new Error("nobody else is here");
      await new Promise<void>((sent) => process.send?.([name, revision], () => sent()));
    }
  }
}
