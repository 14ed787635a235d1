import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import type { HealthSettings } from "../../src/configuration/configuration.ts";
import { defaultHealth } from "../../src/configuration/default-configuration.ts";
import { dispatch } from "../../src/runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../src/runtime/dispatch/machine-types.ts";
import type { Job } from "../../src/runtime/dispatch/world.ts";
import { HealthBook } from "../../src/runtime/resilience/health-book.ts";
import { type AttemptScript, VirtualWorld } from "../../src/simulator/virtual-world.ts";
import { failure } from "../support/machine-run.ts";
import { planOver } from "../support/plans.ts";

const answers = (tookMs: number): AttemptScript => ({
  firstTokenMs: tookMs / 4,
  flowsUntilMs: tookMs,
  end: { afterMs: tookMs, failure: null, usage: null },
});
const fails = (tookMs: number): AttemptScript => ({
  firstTokenMs: null,
  flowsUntilMs: 0,
  end: { afterMs: tookMs, failure: failure("server_error", { retrySame: true }), usage: null },
});

interface Outage {
  readonly targets: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly script: (target: string, atMs: number) => AttemptScript;
  readonly settings?: Partial<HealthSettings>;
  readonly retries?: number;
}

interface Course {
  /** When each attempt was sent, by target. */
  readonly attempts: ReadonlyMap<string, readonly number[]>;
  readonly results: readonly (DispatchResult & {
    readonly atMs: number;
    readonly tookMs: number;
  })[];
}

/** Requests at a steady rate against targets that behave as scripted, in virtual time with a real gate. */
function course({ targets, perSecond, seconds, script, settings, retries = 2 }: Outage): Course {
  const attempts = new Map<string, number[]>(targets.map((name) => [name, []]));
  const random = createRandom("outage");
  const results: (DispatchResult & { atMs: number; tookMs: number })[] = [];
  const world = new VirtualWorld<Job>({
    random: () => random.next(),
    gate: (now) =>
      new HealthBook({
        now,
        random: () => random.next(),
        settings: () => ({ ...defaultHealth, ...settings }),
      }),
    model({ target }, atMs) {
      attempts.get(target)?.push(atMs);
      return script(target, atMs);
    },
  });
  for (let sent = 0; sent < perSecond * seconds; sent += 1) {
    const atMs = (sent * 1_000) / perSecond;
    world.at(atMs, () => {
      const finished = (result: DispatchResult): void =>
        void results.push({ ...result, atMs, tookMs: world.now() - atMs });
      dispatch({ plan: planOver(targets, { retries }), streamed: true, finished }, world);
    });
  }
  world.run();
  return { attempts, results };
}

test("in a full outage, at a hundred in flight, a target gets at most a fifth more than its requests", () => {
  // The breaker stays out of it: this is what the budget of retries holds alone.
  const settings = { consecutive: 1e9, leastAttempts: 1e9 };
  const script = (): AttemptScript => fails(1_000);
  const { attempts, results } = course({
    targets: ["a"],
    perSecond: 100,
    seconds: 60,
    script,
    settings,
  });
  expect(results).toHaveLength(6_000);
  const sent = attempts.get("a")?.length ?? 0;
  expect(sent).toBeGreaterThan(6_000);
  expect(sent / 6_000).toBeLessThanOrEqual(1.2);
});

test("without a budget the same outage is asked three times as much: the test can see the fault", () => {
  const settings = { consecutive: 1e9, leastAttempts: 1e9, retryShare: 1e9 };
  const script = (): AttemptScript => fails(1_000);
  const { attempts } = course({ targets: ["a"], perSecond: 100, seconds: 20, script, settings });
  expect((attempts.get("a")?.length ?? 0) / 2_000).toBeGreaterThan(2.5);
});

test("a dead target is asked a few times and then left to probes, and nobody waits for it", () => {
  const { attempts, results } = course({
    targets: ["a", "b"],
    ...{ perSecond: 50, seconds: 120 },
    script: (target) => (target === "a" ? fails(20) : answers(400)),
  });
  expect(results.every(({ outcome }) => outcome === "ok")).toBe(true);
  expect(attempts.get("a")?.length).toBeLessThan(40);
  const late = results.filter(({ atMs }) => atMs > 1_000);
  expect(Math.max(...late.map(({ tookMs }) => tookMs))).toBeLessThan(900);
});

test("where every target is dead the client hears at once, and when to come back", () => {
  const { results } = course({
    targets: ["a", "b"],
    ...{ perSecond: 50, seconds: 30, retries: 0 },
    script: () => fails(20),
  });
  const late = results.filter(({ atMs }) => atMs > 1_000);
  const quick = late.filter(({ attempts }) => attempts.length === 0);
  expect(quick.length / late.length).toBeGreaterThan(0.95);
  for (const { failure: told, tookMs } of quick) {
    expect(tookMs).toBe(0);
    expect(told?.code).toBe("breaker_open");
    expect(told?.retryAfterMs).toBeGreaterThanOrEqual(0);
  }
});

test("a target that comes back is back in full within its longest wait and a slow start, without a second dip", () => {
  const deadUntilMs = 60_000;
  const { attempts, results } = course({
    targets: ["a", "b"],
    ...{ perSecond: 100, seconds: 240 },
    script: (target, atMs) =>
      target === "a" && atMs >= 10_000 && atMs < deadUntilMs ? fails(20) : answers(400),
  });
  expect(results.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  const share = (fromMs: number, untilMs: number): number =>
    (attempts.get("a") ?? []).filter((atMs) => atMs >= fromMs && atMs < untilMs).length /
    ((untilMs - fromMs) / 10);
  expect(share(0, 10_000)).toBe(1);
  expect(share(20_000, deadUntilMs)).toBeLessThan(0.01);
  expect(share(180_000, 240_000)).toBe(1);
  // From its first answer on its share only rises.
  const back = (attempts.get("a") ?? []).find((atMs) => atMs >= deadUntilMs) ?? 0;
  const ramp = [0, 2, 4, 6, 8].map((second) =>
    share(back + 500 + second * 1_000, back + 500 + (second + 2) * 1_000),
  );
  expect([...ramp].sort((one, other) => one - other)).toEqual(ramp);
  expect(ramp[0]).toBeLessThan(0.5);
});

test("a target that is up and down every five seconds is asked less and less", () => {
  const { attempts, results } = course({
    targets: ["a", "b"],
    ...{ perSecond: 50, seconds: 300 },
    script: (target, atMs) =>
      target === "a" && Math.floor(atMs / 5_000) % 2 === 1 ? fails(20) : answers(100),
  });
  expect(results.every(({ outcome }) => outcome === "ok")).toBe(true);
  const failing = (attempts.get("a") ?? []).filter((atMs) => Math.floor(atMs / 5_000) % 2 === 1);
  // Of 7,500 requests that met it while it was down.
  expect(failing.length).toBeLessThan(1_500);
});

test("a target that fails now and then and has no stand-in is not shut: most of what it would answer is answered", () => {
  const failing = createRandom("now and then");
  const { attempts, results } = course({
    targets: ["a"],
    ...{ perSecond: 50, seconds: 120, retries: 0 },
    script: () => (failing.next() < 0.4 ? fails(20) : answers(400)),
  });
  const answered = results.filter(({ outcome }) => outcome === "ok").length / results.length;
  expect(attempts.get("a")?.length).toBeLessThanOrEqual(results.length);
  expect(answered).toBeGreaterThan(0.75 * 0.6);
});

test("targets that are dead together get a little each, and no request is sent twice for it", () => {
  const { attempts, results } = course({
    targets: ["a", "b", "c"],
    ...{ perSecond: 100, seconds: 60, retries: 2 },
    script: () => fails(1_000),
  });
  const late = results.filter(({ atMs }) => atMs > 5_000);
  expect(Math.max(...late.map((each) => each.attempts.length))).toBeLessThanOrEqual(3);
  for (const sent of attempts.values()) {
    const steady = sent.filter((atMs) => atMs > 5_000);
    // One a second, and the probes.
    expect(steady.length).toBeLessThan(80);
  }
});

test("targets that were dead together are found again within seconds, however long they were dead", () => {
  const backAtMs = 120_000;
  const { results } = course({
    targets: ["a", "b", "c"],
    ...{ perSecond: 50, seconds: 180, retries: 0 },
    script: (_target, atMs) => (atMs < backAtMs ? fails(20) : answers(400)),
  });
  const soon = results.filter(({ atMs }) => atMs >= backAtMs + 5_000 && atMs < backAtMs + 15_000);
  const well = soon.filter(({ outcome }) => outcome === "ok").length;
  expect(well / soon.length).toBeGreaterThan(0.95);
});
