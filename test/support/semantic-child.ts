import { createRandom } from "../../src/base/random.ts";
import { openEmbeddedSemanticStore } from "../../src/runtime/store/embedded-semantic-store.ts";

/** Where the child puts a key. */
export function childVector(key: string): Float32Array {
  const random = createRandom(key);
  const vector = Float32Array.from({ length: 32 }, () => random.next() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Puts entries for as long as it lives, eight at a time, and tells each that was acknowledged. */
const [, , path, name = ""] = process.argv;
if (path !== undefined && process.send !== undefined) {
  const atMs = Date.UTC(2026, 10, 27);
  const store = await openEmbeddedSemanticStore({ path, mostEntries: 100_000, mostBytes: 1e9 });
  const lane = async (of: number): Promise<void> => {
    for (let n = 0; ; n += 1) {
      const key = `${name}-${of}-${n}`;
      await store.put(
        {
          ...{ key, partition: "p", tenant: "t", target: "x", tags: [], prompt: `prompt ${key}` },
          ...{ storedAtMs: atMs, expiresAtMs: atMs + 60_000, answer: null },
        },
        childVector(key),
        atMs,
      );
      await new Promise<void>((sent) => process.send?.(key, () => sent()));
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, of) => lane(of)));
}
