import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import type { HealthSettings } from "../../src/configuration/configuration.ts";
import { defaultHealth } from "../../src/configuration/default-configuration.ts";
import { dispatch } from "../../src/runtime/dispatch/dispatch.ts";
import type {
  Attempt,
  AttemptOrder,
  AttemptReports,
  Job,
} from "../../src/runtime/dispatch/world.ts";
import { HealthBook } from "../../src/runtime/resilience/health-book.ts";
import { VirtualWorld } from "../../src/simulator/virtual-world.ts";
import { planOver } from "../support/plans.ts";

/**
 * A server that works on so many requests at once and lets others wait, so long that an overloaded one answers nobody in time: work
 * is done on requests whose client has given up (the fault behind metastable failures).
 */
class Server {
  readonly #world: VirtualWorld<Job>;
  readonly #slots: number;
  readonly #serviceMs: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(world: VirtualWorld<Job>, slots: number, serviceMs: number) {
    this.#world = world;
    this.#slots = slots;
    this.#serviceMs = serviceMs;
  }

  take(done: () => void): void {
    const work = (): void => {
      this.#busy += 1;
      this.#world.at(this.#world.now() + this.#serviceMs, () => {
        this.#busy -= 1;
        done();
        this.#waiting.shift()?.();
      });
    };
    if (this.#busy < this.#slots) work();
    else if (this.#waiting.length < 2_000) this.#waiting.push(work);
  }
}

/** A world whose one target is such a server. */
class ServedWorld extends VirtualWorld<Job> {
  readonly server: Server;
  attempts = 0;

  constructor(settings: Partial<HealthSettings>, concurrency: number | null) {
    const random = createRandom("overload");
    super({
      random: () => random.next(),
      model: () => ({ firstTokenMs: null, flowsUntilMs: 0, end: null }),
      gate: (now) =>
        new HealthBook({
          now,
          random: () => random.next(),
          settings: () => ({ ...defaultHealth, ...settings }),
          concurrencyOf: () => concurrency,
        }),
    });
    this.server = new Server(this, 20, 200);
  }

  override start(order: AttemptOrder<Job>, reports: AttemptReports): Attempt {
    this.attempts += 1;
    let isOver = false;
    this.server.take(() => {
      // The server has done the work, whether anybody still waits for it or not.
      if (!isOver) reports.completed(order.attempt, null);
    });
    return {
      lastByteAtMs: () => this.now(),
      usage: () => null,
      commit() {},
      close() {},
      abort() {
        isOver = true;
      },
    };
  }
}

interface Course {
  /** Answers a second, by second of the client's first asking. */
  readonly good: readonly number[];
  readonly attempts: number;
  /** The same by client, of three that ask in equal parts. */
  readonly byClient: readonly number[];
}

/** Clients that give up after two seconds and ask three times in all; a hundred requests a second is what the server can take. */
function course(
  settings: Partial<HealthSettings>,
  rate: (second: number) => number,
  seconds: number,
  concurrency: number | null = null,
): Course {
  const world = new ServedWorld(settings, concurrency);
  const byClient = [0, 0, 0];
  const good = Array.from({ length: seconds }, () => 0);
  const plan = planOver(["a"], { retries: 2, timeoutMs: 2_000, deadlineMs: 5_000 });
  const ask = (second: number, client: number, tries: number): void => {
    const finished: Job["finished"] = ({ outcome }) => {
      if (outcome === "ok") {
        good[second] = (good[second] ?? 0) + 1;
        byClient[client] = (byClient[client] ?? 0) + 1;
      } else if (tries < 3) world.at(world.now() + 500, () => ask(second, client, tries + 1));
    };
    dispatch({ plan, streamed: false, caller: String(client), finished }, world);
  };
  for (let second = 0; second < seconds; second += 1) {
    for (let each = 0; each < rate(second); each += 1)
      world.at(second * 1_000 + (each * 1_000) / rate(second), () => ask(second, each % 3, 1));
  }
  world.run();
  return { good, attempts: world.attempts, byClient };
}

/** Eighty a second, then three times what the server takes for a minute, then eighty again. */
const rate = (second: number): number => (second >= 30 && second < 90 ? 300 : 80);
const average = (list: readonly number[]): number =>
  list.reduce((sum, each) => sum + each, 0) / list.length;

test("after a minute of three times too much, 95 in 100 requests are answered again within a minute", () => {
  const { good } = course({}, rate, 210);
  expect(average(good.slice(5, 25))).toBeGreaterThan(79);
  expect(average(good.slice(150, 205)) / 80).toBeGreaterThanOrEqual(0.95);
});

test("without breakers and budgets the overload stays when its cause is gone: the test can see the fault", () => {
  const off = { consecutive: 1e9, leastAttempts: 1e9, retryShare: 1e9 };
  const { good } = course(off, rate, 210);
  expect(average(good.slice(150, 205)) / 80).toBeLessThan(0.5);
});

test("with a ceiling on what is at work there, a server answers as much as it can all through the overload", () => {
  const { good, byClient } = course({}, rate, 210, 20);
  const capacity = 100;
  expect(average(good.slice(35, 90)) / capacity).toBeGreaterThanOrEqual(0.95);
  // It is over when its cause is.
  expect(average(good.slice(95, 205))).toBe(80);
  expect(Math.max(...byClient) / Math.min(...byClient)).toBeLessThan(1.05);
});

test("a ceiling that is twice too high keeps four fifths of that", () => {
  const { good } = course({}, rate, 210, 40);
  expect(average(good.slice(35, 90)) / 100).toBeGreaterThanOrEqual(0.8);
});
