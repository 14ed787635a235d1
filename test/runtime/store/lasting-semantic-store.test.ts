import { describe, expect, test } from "vitest";
import type { SemanticStore } from "../../../src/runtime/semantic/semantic-store.ts";
import {
  LastingSemanticStore,
  UnableStore,
} from "../../../src/runtime/store/lasting-semantic-store.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";
import { createHandClock } from "../../support/hand-clock.ts";

interface Opened extends SemanticStore {
  readonly lose: (why: Error) => void;
  closed: number;
}

/** A store that opens as a test says, on a clock that moves when told. */
function staged(draws = 1) {
  const clock = createHandClock();
  const opened: Opened[] = [];
  const told: (string | null)[] = [];
  const faults: unknown[] = [];
  const asked: unknown[] = [];
  let tries = 0;
  let against: unknown = null;
  let gate: Promise<void> = Promise.resolve();
  const open = async (): Promise<SemanticStore> => {
    tries += 1;
    await gate;
    if (against !== null) throw against;
    const lost = Promise.withResolvers<Error>();
    const store: Opened = {
      ...{ lost: lost.promise, lose: lost.resolve, closed: 0 },
      async nearest(...given) {
        asked.push(given);
        return [];
      },
      put: async () => undefined,
      observe: async () => undefined,
      purge: async () => 7,
      sizes: async () => ({ entries: 1, bytes: 2 }),
      async close() {
        store.closed += 1;
      },
    };
    opened.push(store);
    return store;
  };
  const store = new LastingSemanticStore({
    open,
    ...{ now: clock.monotonic, random: () => draws },
    createAlarm(ring) {
      let clear = (): unknown => undefined;
      return {
        set(atMs) {
          clear();
          clear = clock.start(atMs - clock.monotonic(), ring);
        },
        clear: () => void clear(),
      };
    },
    changed: (why) => told.push(why?.message ?? null),
    failed: (error) => faults.push(error),
  });
  return {
    ...{ clock, opened, store, told, faults, asked },
    tries: () => tries,
    fails: (error: unknown) => {
      against = error;
    },
    holds: (until: Promise<void>) => {
      gate = until;
    },
    /** Lets what was begun go on. */
    turn: () => new Promise<void>((done) => setImmediate(done)),
  };
}

const gone = new StoreError("the server is gone");

describe("a store that lasts", () => {
  test("is tried again after pauses that grow to a minute, and told once", async () => {
    const stage = staged();
    stage.fails(gone);
    await expect(stage.store.begin()).rejects.toBe(gone);
    for (const [n, pause] of [
      250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ].entries()) {
      stage.clock.pass(pause - 1);
      await stage.turn();
      expect(stage.tries()).toBe(n + 1);
      stage.clock.pass(1);
      await stage.turn();
      expect(stage.tries()).toBe(n + 2);
    }
    await expect(stage.store.sizes(0)).rejects.toBe(gone);
    await expect(stage.store.purge({})).rejects.toBe(gone);
    expect([stage.store.isOpen, stage.told]).toEqual([false, [gone.message]]);
    stage.fails(null);
    stage.clock.pass(60_000);
    await stage.turn();
    expect([stage.store.isOpen, stage.told]).toEqual([true, [gone.message, null]]);
    expect(await stage.store.purge({})).toBe(7);
    expect(stage.faults).toEqual([]);
  });

  test("that ends by itself is opened anew", async () => {
    const stage = staged(0);
    await stage.store.begin();
    stage.opened[0]?.lose(gone);
    await stage.turn();
    await expect(stage.store.nearest("p", new Float32Array(1), 0)).rejects.toBe(gone);
    stage.clock.pass(125);
    await stage.turn();
    expect(await stage.store.sizes(0)).toEqual({ entries: 1, bytes: 2 });
    expect(stage.told).toEqual([gone.message, null]);
  });

  test.each([
    ["soon", 59_999, 1],
    ["after a while", 60_000, 2],
  ])(
    "that ends %s each time it is open is opened after the pause that is due",
    async (_, openMs, tries) => {
      const stage = staged();
      await stage.store.begin();
      stage.opened[0]?.lose(gone);
      await stage.turn();
      stage.clock.pass(250);
      await stage.turn();
      stage.clock.pass(openMs);
      stage.opened[1]?.lose(gone);
      await stage.turn();
      stage.clock.pass(250);
      await stage.turn();
      expect(stage.tries()).toBe(tries + 1);
    },
  );

  test("passes on all that it is asked", async () => {
    const stage = staged();
    await stage.store.begin();
    const vector = new Float32Array(1);
    await stage.store.nearest("p", vector, 5, 3);
    expect(stage.asked).toEqual([["p", vector, 5, 3]]);
  });

  test("is tried at once where somebody begins it", async () => {
    const stage = staged();
    stage.fails(gone);
    await expect(stage.store.begin()).rejects.toBe(gone);
    stage.fails(null);
    await stage.store.begin();
    stage.clock.pass(60_000);
    await stage.turn();
    expect([stage.store.isOpen, stage.tries()]).toEqual([true, 2]);
  });

  test("that can never have held anything has nothing to forget", async () => {
    const stage = staged();
    stage.fails(new UnableStore("no vector sets"));
    await expect(stage.store.begin()).rejects.toThrow(UnableStore);
    expect(await stage.store.purge({})).toBe(0);
    await expect(stage.store.sizes(0)).rejects.toThrow("no vector sets");
  });

  test("a fault of ours while it is opened again is told as one, and tried again", async () => {
    const stage = staged();
    await stage.store.begin();
    const bug = new TypeError("a bug");
    stage.fails(bug);
    stage.opened[0]?.lose(gone);
    await stage.turn();
    stage.clock.pass(250);
    await stage.turn();
    expect(stage.faults).toEqual([bug]);
    stage.fails(null);
    stage.clock.pass(500);
    await stage.turn();
    expect(stage.store.isOpen).toBe(true);
  });

  test("an order to forget waits while it is opened", async () => {
    const stage = staged();
    const opens = Promise.withResolvers<void>();
    stage.holds(opens.promise);
    const begun = stage.store.begin();
    const purged = stage.store.purge({});
    opens.resolve();
    await begun;
    expect(await purged).toBe(7);
  });

  test("that is closed while it is opened is closed once, and closing waits for that", async () => {
    const stage = staged();
    const opens = Promise.withResolvers<void>();
    stage.holds(opens.promise);
    const begun = stage.store.begin();
    const closings = [stage.store.close(), stage.store.close()];
    opens.resolve();
    await Promise.all(closings);
    expect(stage.opened.map(({ closed }) => closed)).toEqual([1]);
    await begun;
    await stage.store.begin();
    expect(stage.tries()).toBe(1);
  });

  test("that is closed is not tried again", async () => {
    const stage = staged();
    stage.fails(gone);
    await expect(stage.store.begin()).rejects.toBe(gone);
    await stage.store.close();
    stage.clock.pass(600_000);
    await stage.turn();
    expect(stage.tries()).toBe(1);
  });
});
