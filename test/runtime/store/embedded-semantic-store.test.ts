import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import { workerFlags, workerScript } from "../../../src/files/worker-script.ts";
import {
  EmbeddedSemanticStore,
  openEmbeddedSemanticStore,
} from "../../../src/runtime/store/embedded-semantic-store.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";
import { childVector } from "../../support/semantic-child.ts";
import {
  ample,
  at,
  describeSemanticStore,
  entryOf,
  type SemanticPlace,
} from "../../support/semantic-store-contract.ts";

const atMs = Date.UTC(2026, 10, 27);

function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "signalbox-semantic-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

describeSemanticStore("prompts in memory", async (): Promise<SemanticPlace> => {
  return {
    open: (bounds) => openEmbeddedSemanticStore({ ...ample, ...bounds, path: null }),
    async [Symbol.asyncDispose]() {},
  };
});

describeSemanticStore("prompts in a file", async (): Promise<SemanticPlace> => {
  const { path, [Symbol.dispose]: dispose } = folder();
  return {
    open: (bounds) => openEmbeddedSemanticStore({ ...ample, ...bounds, path: join(path, "s") }),
    async [Symbol.asyncDispose]() {
      dispose();
    },
  };
});

describe("prompts in a file", () => {
  test("are there again when it is opened anew, with what re-asking told", async () => {
    using place = folder();
    const parts = { ...ample, path: join(place.path, "s") };
    const answer = Int8Array.from([3, -4, 5, 0]);
    const first = await openEmbeddedSemanticStore(parts);
    await first.put(entryOf("a", { answer, tags: ["red"] }), at(5), atMs);
    await first.put(entryOf("b"), at(50), atMs);
    await first.put(entryOf("gone"), at(51), atMs);
    await first.observe("a", -0.875);
    await first.purge({ key: "gone" });
    await first.close();
    const second = await openEmbeddedSemanticStore(parts);
    expect(await second.sizes(atMs)).toMatchObject({ entries: 2 });
    const [a, b, ...rest] = await second.nearest("p", at(0), atMs);
    expect(a).toMatchObject({ key: "a", prompt: "prompt a", observations: [-0.875] });
    expect([...(a?.answer ?? [])]).toEqual([...answer]);
    expect([b?.key, rest]).toEqual(["b", []]);
    await second.close();
  });

  test("that are more than they may be now make room for the newest", async () => {
    using place = folder();
    const path = join(place.path, "s");
    const first = await openEmbeddedSemanticStore({ ...ample, path });
    for (let n = 0; n < 6; n += 1) await first.put(entryOf(`k${n}`), at(n), atMs);
    await first.close();
    for (const mostEntries of [2, 100]) {
      const later = await openEmbeddedSemanticStore({ ...ample, mostEntries, path });
      expect(await later.sizes(atMs)).toMatchObject({ entries: 2 });
      expect((await later.nearest("p", at(0), atMs)).map(({ key }) => key)).toEqual(["k4", "k5"]);
      await later.close();
    }
  });

  test("are readable after kill -9 during writes: all that was acknowledged, each as it was put", async () => {
    using place = folder();
    const path = join(place.path, "s");
    const acknowledged = new Set<string>();
    for (const [round, kept] of [40, 160].entries()) {
      const child = fork(new URL("../../support/semantic-child.ts", import.meta.url), [
        path,
        `r${round}`,
      ]);
      const heard = Promise.withResolvers<void>();
      let count = 0;
      child.on("message", (key) => {
        acknowledged.add(String(key));
        count += 1;
        if (count === kept) heard.resolve();
      });
      await heard.promise;
      child.kill("SIGKILL");
      await once(child, "exit");
      const store = await openEmbeddedSemanticStore({ ...ample, path });
      const { entries } = await store.sizes(atMs);
      expect(entries).toBeGreaterThanOrEqual(acknowledged.size);
      for (const key of acknowledged) {
        const [found] = await store.nearest("p", childVector(key), atMs);
        expect(found).toMatchObject({ key, prompt: `prompt ${key}` });
        expect(found?.similarity).toBeCloseTo(1, 3);
      }
      await store.close();
    }
  });

  test("are all forgotten by an order that comes while they are still read", async () => {
    using place = folder();
    const parts = { ...ample, path: join(place.path, "s") };
    const first = await openEmbeddedSemanticStore(parts);
    await Promise.all(
      Array.from({ length: 900 }, (_, n) => first.put(entryOf(`k${n}`), at(n / 10), atMs)),
    );
    await first.close();
    const second = await openEmbeddedSemanticStore(parts);
    expect(await second.purge({ tenant: "t" })).toBe(900);
    await second.close();
    const third = await openEmbeddedSemanticStore(parts);
    expect(await third.sizes(atMs)).toEqual({ entries: 0, bytes: 0 });
    await third.close();
  });

  test("that are damaged in their midst are told in words, and the thread lives on", async () => {
    using place = folder();
    const parts = { ...ample, path: join(place.path, "s") };
    const first = await openEmbeddedSemanticStore(parts);
    await Promise.all(
      Array.from({ length: 900 }, (_, n) => first.put(entryOf(`k${n}`), at(n / 10), atMs)),
    );
    await first.close();
    const bytes = readFileSync(parts.path);
    // Neither the root, among the first pages, nor the last rows, by which the next number is found.
    bytes.fill(0xff, Math.floor(0.5 * bytes.length), Math.floor(0.7 * bytes.length));
    writeFileSync(parts.path, bytes);
    const second = await openEmbeddedSemanticStore(parts);
    await expect(second.sizes(atMs)).rejects.toThrow(/is damaged/);
    expect((await second.nearest("p", at(0), atMs))[0]).toMatchObject({ key: "k0" });
    await expect(second.purge({})).rejects.toThrow(/is damaged/);
    expect(await second.nearest("p", at(0), atMs)).toEqual([]);
    await second.close();
  });

  test.each(["tags", "observations", "vector"])(
    "one whose %s are spoilt is left out, and all others are found and forgotten",
    async (column) => {
      using place = folder();
      const parts = { ...ample, path: join(place.path, "s") };
      const first = await openEmbeddedSemanticStore(parts);
      for (let n = 0; n < 4; n += 1) await first.put(entryOf(`k${n}`), at(n), atMs);
      await first.close();
      const file = new DatabaseSync(parts.path);
      file.exec(
        `UPDATE prompts SET ${column} = ${column === "vector" ? "x''" : "'no list'"} WHERE key = 'k1'`,
      );
      file.close();
      const second = await openEmbeddedSemanticStore(parts);
      expect(await second.sizes(atMs)).toMatchObject({ entries: 3 });
      expect(await second.purge({ tenant: "t" })).toBe(3);
      await second.close();
      const third = await openEmbeddedSemanticStore(parts);
      expect(await third.sizes(atMs)).toEqual({ entries: 0, bytes: 0 });
      await third.close();
    },
  );

  test("that are no file of ours are told in words", async () => {
    using place = folder();
    const path = join(place.path, "s");
    writeFileSync(path, "not a database, but long enough to be looked at as one".repeat(40));
    await expect(openEmbeddedSemanticStore({ ...ample, path })).rejects.toThrow(StoreError);
  });
});

describe("a thread that ends by itself", () => {
  /** A store over a thread that a test may end. */
  async function opened(path: string | null) {
    const script = workerScript(
      "semantic-worker",
      new URL("../../../src/runtime/store/embedded-semantic-store.ts", import.meta.url).href,
    );
    const workerData = { ...ample, path };
    const worker = new Worker(script, { workerData, execArgv: workerFlags(script) });
    const store = new EmbeddedSemanticStore(worker);
    await store.begun;
    return { store, worker };
  }

  test("fails what is under way and all later questions with a StoreError, and tells that it is lost", async () => {
    const { store, worker } = await opened(null);
    const asked = store.nearest("p", at(0), atMs);
    void worker.terminate();
    await expect(asked).rejects.toThrow(StoreError);
    expect(await store.lost).toBeInstanceOf(StoreError);
    await expect(store.sizes(atMs)).rejects.toThrow(/has ended/);
    await store.close();
  });

  test("by an error is a StoreError that says which", async () => {
    const script = 'throw new Error("out of luck")';
    const store = new EmbeddedSemanticStore(new Worker(script, { eval: true }));
    await expect(store.begun).rejects.toThrow(StoreError);
    expect(String(await store.lost)).toMatch(/has ended: out of luck/);
  });

  test("leaves a file that is opened again with all that was acknowledged", async () => {
    using place = folder();
    const path = join(place.path, "s");
    const { store, worker } = await opened(path);
    await store.put(entryOf("a"), at(5), atMs);
    void worker.terminate();
    await store.lost;
    const again = await openEmbeddedSemanticStore({ ...ample, path });
    expect(await again.nearest("p", at(0), atMs)).toMatchObject([{ key: "a" }]);
    await again.close();
  });

  test("because it was closed is not lost", async () => {
    const { store } = await opened(null);
    await store.close();
    expect(await Promise.race([store.lost, Promise.resolve("closed")])).toBe("closed");
  });
});

describe("a partition that is larger than is scanned", () => {
  test("finds what lies near as a scan would, and nothing that was forgotten", async () => {
    const random = createRandom("large partition");
    const dimension = 128;
    const place = (): Float32Array => {
      const vector = Float32Array.from({ length: dimension }, () => random.next() - 0.5);
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    };
    const store = await openEmbeddedSemanticStore({ ...ample, path: null });
    const vectors = Array.from({ length: 6_000 }, place);
    for (const [n, vector] of vectors.entries()) {
      const put = store.put(entryOf(`k${n}`, { tags: n % 3 === 0 ? ["third"] : [] }), vector, atMs);
      if (n % 1_000 === 999) await put;
    }
    expect(await store.purge({ tag: "third" })).toBe(2_000);
    let all = 0;
    for (const like of vectors.slice(0, 50)) {
      const other = place();
      const vector = like.map((value, n) => 0.8 * value + 0.6 * (other[n] ?? 0));
      const truth = vectors
        .map((other, n) => ({
          n,
          cosine: other.reduce((sum, x, i) => sum + x * (vector[i] ?? 0), 0),
        }))
        .filter(({ n, cosine }) => n % 3 !== 0 && cosine > 0.6);
      const near = await store.nearest("p", vector, atMs);
      const keys = new Set(near.map(({ key }) => key));
      expect([...keys].filter((key) => Number(key.slice(1)) % 3 === 0)).toEqual([]);
      for (const { n } of truth) expect([...keys]).toContain(`k${n}`);
      all += truth.length;
    }
    expect(all).toBeGreaterThan(30);
    await store.close();
  });
});
