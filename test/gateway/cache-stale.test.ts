import { expect, test, vi } from "vitest";
import { MemoryCacheStore } from "../../src/runtime/store/memory-cache-store.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { answering, type CacheStage, openCacheStage } from "../support/cache-stage.ts";
import { refusal } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";

const policy = "otherwise a with cache exact for 1h, stale for 5m, retry 0\n";

/** Waits until a line stands in the metrics: what is fetched beside a request ends when it ends. */
async function until(stage: CacheStage, line: string): Promise<void> {
  while (!(await stage.metrics()).includes(line));
}
const refreshed = (outcome: string, count: number): string =>
  `signalbox_cache_refreshes_total{outcome="${outcome}"} ${count}`;

test("an answer past its time is given as stale, and fetched anew beside the request", async () => {
  let asked = 0;
  await using stage = await openCacheStage(policy, {
    script: () => {
      asked += 1;
      return answering(`answer ${asked}`, 1_000);
    },
  });
  await stage.ask();
  stage.clock.pass(3_600_000);
  const stale = await stage.ask();
  expect([stale.cache, stale.text]).toEqual(["stale; age=3600", "answer 1"]);
  await until(stage, refreshed("ok", 1));
  const next = await stage.ask();
  expect([next.cache, next.text]).toEqual(["hit; age=0", "answer 2"]);
  // What was fetched beside the request cost as much as any other.
  expect(await stage.metrics()).toContain('signalbox_cost_dollars_total{target="a"} 0.004');
});

test("many that are given the stale answer have it fetched once", async () => {
  const open = Promise.withResolvers<void>();
  let asked = 0;
  await using stage = await openCacheStage(policy, {
    script: (): Behaviour => {
      asked += 1;
      return asked === 1 ? answering("old") : { ...answering("new"), holdHead: open.promise };
    },
  });
  await stage.ask();
  stage.clock.pass(3_600_000);
  for (let turn = 0; turn < 5; turn += 1) expect((await stage.ask()).text).toBe("old");
  open.resolve();
  await until(stage, refreshed("ok", 1));
  expect([(await stage.ask()).text, asked]).toEqual(["new", 2]);
});

test("a fault while the new one is kept lets the next one be fetched", async () => {
  let asked = 0;
  await using stage = await openCacheStage(policy, {
    script: () => {
      asked += 1;
      return answering(`answer ${asked}`);
    },
  });
  await stage.ask();
  stage.clock.pass(3_600_000);
  using put = vi.spyOn(MemoryCacheStore.prototype, "put").mockImplementationOnce(() => {
    throw new Error("a fault of ours");
  });
  expect((await stage.ask()).cache).toBe("stale; age=3600");
  await until(stage, refreshed("ok", 1));
  expect(put).toHaveBeenCalledTimes(1);
  expect((await stage.ask()).cache).toBe("stale; age=3600");
  await until(stage, refreshed("ok", 2));
  expect((await stage.ask()).text).toBe("answer 3");
});

test("while it cannot be fetched the stale answer stands, and no longer than the policy says", async () => {
  let asked = 0;
  await using stage = await openCacheStage(policy, {
    script: () => {
      asked += 1;
      return asked === 1 ? answering("old") : refusal(500);
    },
  });
  await stage.ask();
  stage.clock.pass(3_600_000);
  expect((await stage.ask()).text).toBe("old");
  await until(stage, refreshed("failed", 1));
  stage.clock.pass(299_000);
  const last = await stage.ask();
  expect([last.cache, last.text]).toEqual(["stale; age=3899", "old"]);
  await until(stage, refreshed("failed", 2));
  stage.clock.pass(1_000);
  expect((await stage.ask()).status).toBeGreaterThanOrEqual(500);
});

test("without `stale` an answer past its time is asked for anew", async () => {
  await using stage = await openCacheStage("otherwise a with cache exact for 1h, retry 0\n");
  await stage.ask();
  stage.clock.pass(3_600_000);
  expect((await stage.ask()).cache).toBe("miss");
});

test("an answer of an older version of the model is asked for anew", async () => {
  let model = "m-1";
  await using stage = await openCacheStage(policy, {
    script: () => {
      const body = JSON.parse(String(answering(model).body)) as object;
      return { body: JSON.stringify({ ...body, model }) };
    },
  });
  await stage.ask();
  expect((await stage.ask()).cache).toBe("hit; age=0");
  model = "m-2";
  expect((await stage.ask()).text).toBe("m-1");
  // Whatever else is asked of the target tells which model it is now.
  expect((await stage.ask({ temperature: 0.5 })).text).toBe("m-2");
  const [anew, again] = [await stage.ask(), await stage.ask()];
  expect([anew.cache, anew.text]).toEqual(["miss", "m-2"]);
  expect([again.cache, again.text]).toEqual(["hit; age=0", "m-2"]);
});

test("a spent budget fetches nothing anew, and the stale answer is given all the same", async () => {
  await using stage = await openCacheStage(
    "otherwise a with cache exact for 1h, stale for 5m, retry 0, budget $1 per day\n",
    { script: () => answering("dear", 1_000_000) },
  );
  await stage.ask();
  stage.clock.pass(3_600_000);
  expect((await stage.ask()).cache).toBe("stale; age=3600");
  expect((await stage.ask()).cache).toBe("stale; age=3600");
  expect(stage.asked("a")).toBe(1);
  expect(await stage.report()).toMatchObject({ underWay: 0, refreshing: 0 });
});

test("what is being fetched beside requests holds no stop of the gateway back", async () => {
  let asked = 0;
  await using stage = await openCacheStage(policy, {
    script: () => {
      asked += 1;
      return asked === 1 ? answering("old") : { neverAnswers: true };
    },
  });
  await stage.ask();
  stage.clock.pass(3_600_000);
  expect((await stage.ask()).text).toBe("old");
  await stage.box.gateway.close();
});

test("after the clock was set back nothing is given that was kept before, but for a minute", async () => {
  const hand = createHandClock(Date.UTC(2027, 10, 27));
  let backMs = 0;
  const clock = { now: () => hand.now() - backMs, monotonic: () => hand.monotonic() };
  await using stage = await openCacheStage(policy, { options: { clock, timerHost: hand } });
  await stage.ask();
  backMs = 60_000;
  expect((await stage.ask()).cache).toBe("hit; age=0");
  backMs = 300 * 86_400_000;
  expect((await stage.ask()).cache).toBe("miss");
  expect((await stage.ask()).cache).toBe("hit; age=0");
});
