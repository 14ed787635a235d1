import { describe, expect, test } from "vitest";
import type { KeyStore } from "../../src/runtime/store/key-store.ts";
import { keyOf } from "./made-key.ts";

/** A place that keys are kept at, which several stores open one after the other. */
export interface KeyPlace extends AsyncDisposable {
  open(): Promise<KeyStore>;
}

/** What every store of keys has to do. */
export function describeKeyStore(name: string, makePlace: () => Promise<KeyPlace>): void {
  describe(name, () => {
    const stored = async (place: KeyPlace) => {
      const store = await place.open();
      const { keys, everHeld } = await store.load();
      await store.close();
      return { keys, everHeld };
    };

    test("keeps keys as they are, in the order in which they were made", async () => {
      await using place = await makePlace();
      const store = await place.open();
      expect(await store.load()).toEqual({ keys: [], everHeld: false });
      const names = ["b", "a", "C", "ü/1"];
      for (const each of names) expect(await store.add(keyOf(each))).toBeGreaterThan(0);
      expect(await store.replace(keyOf("a", { revision: 2, disabled: true }))).toBe(true);
      await store.close();
      const { keys, everHeld } = await stored(place);
      expect(keys.map(({ key }) => key)).toEqual(
        names.map((each) =>
          each === "a" ? keyOf("a", { revision: 2, disabled: true }) : keyOf(each),
        ),
      );
      expect(everHeld).toBe(true);
    });

    test("takes a name once, and leaves what is there as it is", async () => {
      await using place = await makePlace();
      const store = await place.open();
      expect(await store.add(keyOf("a"))).toBe(1);
      expect(await store.add(keyOf("a", { user: "other" }))).toBeNull();
      await store.close();
      expect((await stored(place)).keys).toMatchObject([{ key: { user: null } }]);
    });

    test("puts a key in the place of the revision before it alone", async () => {
      await using place = await makePlace();
      const store = await place.open();
      await store.add(keyOf("a"));
      expect(await store.replace(keyOf("a", { revision: 3 }))).toBe(false);
      expect(await store.replace(keyOf("a", { revision: 2, user: "u" }))).toBe(true);
      expect(await store.replace(keyOf("a", { revision: 2, user: "v" }))).toBe(false);
      expect(await store.replace(keyOf("nobody", { revision: 2 }))).toBe(false);
      await store.close();
      expect((await stored(place)).keys).toMatchObject([{ key: { user: "u", revision: 2 } }]);
    });

    test("forgets a key of the revision that is meant, and remembers that there was one", async () => {
      await using place = await makePlace();
      const store = await place.open();
      await store.add(keyOf("a"));
      await store.replace(keyOf("a", { revision: 2 }));
      expect(await store.remove("a", 1)).toBe(false);
      expect(await store.remove("a", 2)).toBe(true);
      expect(await store.remove("a", 2)).toBe(false);
      await store.close();
      expect(await stored(place)).toEqual({ keys: [], everHeld: true });
    });

    test("notes when keys were used; those that are gone stay gone", async () => {
      await using place = await makePlace();
      const store = await place.open();
      for (const each of ["a", "b"]) await store.add(keyOf(each));
      await store.used(
        new Map([
          ["a", 60_000],
          ["gone", 60_000],
        ]),
      );
      await store.replace(keyOf("a", { revision: 2 }));
      // Who shares a key may have seen it earlier, and say so later.
      await store.used(new Map([["a", 30_000]]));
      await store.close();
      expect((await stored(place)).keys.map(({ key, usedAtMs }) => [key.name, usedAtMs])).toEqual([
        ["a", 60_000],
        ["b", null],
      ]);
    });

    test("of many who want one name, or one revision, one has it", async () => {
      await using place = await makePlace();
      const store = await place.open();
      const count = async (calls: readonly Promise<boolean | number | null>[]): Promise<number> =>
        (await Promise.all(calls)).filter(Boolean).length;
      const users = ["u", "v", "w", "x"];
      expect(await count(users.map((user) => store.add(keyOf("a", { user }))))).toBe(1);
      expect(
        await count(users.map((user) => store.replace(keyOf("a", { user, revision: 2 })))),
      ).toBe(1);
      await store.close();
    });
  });
}
