import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesOf,
  type CacheEntry,
  type CacheStore,
  fits,
} from "../../src/runtime/cache/cache-store.ts";
import { mostOrders } from "../../src/runtime/cache/purge-orders.ts";

const startMs = Date.UTC(2026, 10, 27, 12);
const hourMs = 3_600_000;
/** What a store under test may hold. */
export const mostBytes = 8_192;

const entry = (key: string, more: Partial<CacheEntry> = {}): CacheEntry => ({
  ...{ key, tenant: "key:ann", target: "a", tags: [], cost: 12_345 },
  ...{ storedAtMs: startMs, expiresAtMs: startMs + hourMs, answer: `[{"kind":"start"}]` },
  ...more,
});

export interface CacheUnderTest {
  readonly store: CacheStore;
  readonly end: () => Promise<void>;
}

/** What every store of answers promises. `runs`: how often the property is tried in the ordinary run. */
export function cacheStoreContract(
  name: string,
  open: () => Promise<CacheUnderTest>,
  runs: number,
): void {
  const using = async (run: (store: CacheStore) => Promise<void>): Promise<void> => {
    const { store, end } = await open();
    try {
      await run(store);
    } finally {
      await end();
    }
  };
  const numRuns = process.env["SIGNALBOX_LONG"] === "1" ? runs * 25 : runs;

  describe(`answers kept in ${name}`, () => {
    test("what was put is what is found, whatever letters it has", () =>
      using(async (store) => {
        const odd = {
          answer: JSON.stringify('ä\u{1F600}\u0000"\n'),
          tags: ["a b", "ü"],
          cost: null,
        };
        await store.put(entry("one", odd), startMs);
        expect(await store.get("one", startMs + 1)).toEqual(entry("one", odd));
        expect(await store.get("two", startMs + 1)).toBeNull();
      }));

    test("a later answer takes the place of the one before", () =>
      using(async (store) => {
        await store.put(entry("one"), startMs);
        await store.put(entry("one", { answer: "[]", cost: 1 }), startMs);
        expect(await store.get("one", startMs)).toMatchObject({ answer: "[]", cost: 1 });
        expect(await store.sizes(startMs)).toEqual({
          entries: 1,
          bytes: bytesOf(entry("one", { answer: "[]" })),
        });
      }));

    test("an answer is gone at its end, and counts no more", () =>
      using(async (store) => {
        await store.put(entry("one"), startMs);
        expect(await store.get("one", startMs + hourMs - 1)).not.toBeNull();
        expect(await store.get("one", startMs + hourMs)).toBeNull();
        expect(await store.sizes(startMs + hourMs)).toEqual({ entries: 0, bytes: 0 });
      }));

    test("one that is beyond the bound by itself is not kept, nor what it was to replace", () =>
      using(async (store) => {
        await store.put(entry("one"), startMs);
        await store.put(entry("one", { answer: "x".repeat(mostBytes) }), startMs);
        expect(await store.get("one", startMs)).toBeNull();
        expect(await store.sizes(startMs)).toEqual({ entries: 0, bytes: 0 });
      }));

    test("the newest stays, others make room", () =>
      using(async (store) => {
        const large = { answer: "x".repeat(3_000) };
        for (const [at, key] of ["one", "two", "three"].entries())
          await store.put(entry(key, large), startMs + at);
        expect(await store.get("one", startMs + 3)).toBeNull();
        expect(await store.get("two", startMs + 3)).not.toBeNull();
        expect(await store.get("three", startMs + 3)).not.toBeNull();
      }));

    test.each([
      ["a key", { key: "two" }, ["one", "three", "four"]],
      ["a tenant", { tenant: "key:bob" }, ["one", "two", "four"]],
      ["a target", { target: "b" }, ["one", "three", "four"]],
      ["a tag", { tag: "night" }, ["two", "three"]],
      ["a tenant and a tag", { tenant: "key:ann", tag: "day" }, ["two", "three", "four"]],
      ["nothing", {}, []],
      ["what is not there", { tag: "none" }, ["one", "two", "three", "four"]],
    ])("a purge by %s forgets what fits it, and nothing else", (_, order, left) =>
      using(async (store) => {
        const all = [
          entry("one", { tags: ["day", "night"] }),
          entry("two", { target: "b" }),
          entry("three", { tenant: "key:bob" }),
          entry("four", { tags: ["night"] }),
        ];
        for (const each of all) await store.put(each, startMs);
        expect(await store.purge(order, startMs)).toBe(all.length - left.length);
        const found: string[] = [];
        for (const { key } of all) if ((await store.get(key, startMs)) !== null) found.push(key);
        expect(found).toEqual(left);
        expect((await store.sizes(startMs)).entries).toBe(left.length);
      }),
    );

    test.each([
      ["of the entry's key", { key: "one" }],
      ["of its tenant and tag", { tenant: "key:ann", tag: "night" }],
      ["of its target", { target: "a" }],
      ["of all", {}],
    ])("a purge %s reaches what was asked for before and is answered after", (_, order) =>
      using(async (store) => {
        const under = entry("one", { tags: ["night"] });
        await store.purge(order, startMs + 10);
        expect(await store.put(under, startMs + 20, startMs + 10)).toBe(false);
        expect(await store.get("one", startMs + 20)).toBeNull();
        expect(await store.put(under, startMs + 20, startMs + 10.001)).toBe(true);
        expect(await store.get("one", startMs + 20)).toEqual(under);
      }),
    );

    test.each([{ key: "two" }, { tenant: "key:bob" }, { target: "b" }, { tag: "day" }])(
      "a purge of %j lets an answer under way be that it does not fit",
      (order) =>
        using(async (store) => {
          const under = entry("one", { tags: ["night"] });
          await store.purge(order, startMs + 10);
          expect(await store.put(under, startMs + 20, startMs)).toBe(true);
          expect(await store.get("one", startMs + 20)).toEqual(under);
        }),
    );

    test("of a purge that is told again the later time counts, and of too many the oldest meant everything", () =>
      using(async (store) => {
        const keptSince = (askedAtMs: number) => store.put(entry("one"), startMs, askedAtMs);
        await store.purge({ key: "one" }, startMs + 5);
        await store.purge({ key: "other" }, startMs + 6);
        await store.purge({ key: "one" }, startMs + 7);
        expect([await keptSince(startMs + 6), await keptSince(startMs + 8)]).toEqual([false, true]);
        for (let n = 0; n < mostOrders; n += 1)
          await store.purge({ key: `further ${n}` }, startMs + 10 + n);
        expect(await keptSince(startMs + 7)).toBe(false);
        expect(await keptSince(startMs + 8)).toBe(true);
        await store.purge({ key: "one too many" }, startMs + 1_000);
        expect(await keptSince(startMs + 10)).toBe(false);
        expect(await keptSince(startMs + 11)).toBe(true);
      }));

    const anyKey = fc.constantFrom("one", "two", "three", "four", "five");
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant("put" as const),
          key: anyKey,
          size: fc.integer({ min: 0, max: 9_000 }),
          wide: fc.boolean(),
          lifeMs: fc.integer({ min: 1, max: 100 }).map((minutes) => minutes * 60_000),
          tag: fc.constantFrom("day", "night"),
        }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("get" as const), key: anyKey }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("purge" as const),
          tag: fc.constantFrom("day", "night"),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("wait" as const),
          ms: fc.integer({ min: 1, max: 60 }).map((minutes) => minutes * 60_000),
        }),
      },
    );

    test("whatever happens, the bound holds, the sum is that of what is there, and nothing is found that was not put last", () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) =>
          using(async (store) => {
            const model = new Map<string, CacheEntry>();
            let atMs = startMs;
            for (const each of steps) {
              if (each.do === "wait") atMs += each.ms;
              if (each.do === "put") {
                const made = entry(each.key, {
                  ...{ storedAtMs: atMs, expiresAtMs: atMs + each.lifeMs, tags: [each.tag] },
                  answer: (each.wide ? "あ" : "x").repeat(each.size),
                });
                await store.put(made, atMs);
                model.set(each.key, made);
                if (bytesOf(made) <= mostBytes)
                  expect(await store.get(each.key, atMs)).toEqual(made);
                else model.delete(each.key);
              }
              if (each.do === "get") {
                const found = await store.get(each.key, atMs);
                if (found !== null) expect(found).toEqual(model.get(each.key));
                expect(found === null || found.expiresAtMs > atMs).toBe(true);
              }
              if (each.do === "purge") {
                await store.purge({ tag: each.tag }, atMs);
                for (const [key, kept] of model)
                  if (fits(kept, { tag: each.tag })) model.delete(key);
              }
              let sum = 0;
              let entries = 0;
              for (const key of model.keys()) {
                const found = await store.get(key, atMs);
                if (found === null) continue;
                sum += bytesOf(found);
                entries += 1;
              }
              expect(await store.sizes(atMs)).toEqual({ entries, bytes: sum });
              expect(sum).toBeLessThanOrEqual(mostBytes);
            }
          }),
        ),
        { numRuns },
      ));
  });
}
