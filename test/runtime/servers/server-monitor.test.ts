import { expect, test } from "vitest";
import type { BoundedAnswer, BoundedRequest } from "../../../src/runtime/servers/bounded-fetch.ts";
import {
  defaultMonitorSettings,
  ServerMonitor,
  type ServerReport,
  type WatchedServer,
} from "../../../src/runtime/servers/server-monitor.ts";
import { createTimerWheel } from "../../../src/runtime/transport/timer-wheel.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";
import { headAndBody, type ServerAnswer, serverAnswers } from "../../support/model-server.ts";
import { providerAt } from "../../support/socket-bench.ts";

/** A monitor of scripted servers, on a clock of its own. */
interface Box {
  readonly clock: HandClock;
  readonly monitor: ServerMonitor;
  /** Questions asked, as URLs. */
  readonly asked: BoundedRequest[];
  readonly changes: ServerReport[];
  readonly bugs: unknown[];
  /** What each path answers: as the recorded server, or a failure. */
  answers: Record<string, ServerAnswer | "refused" | "timeout">;
  /** Held answers are given when it is called. */
  hold: (() => void)[] | null;
  /** Rounds begun so far, by their first question. */
  rounds(): number;
  /** Lets time pass, and what then is asked be answered. */
  pass(ms: number): Promise<void>;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function box(): Box {
  const clock = createHandClock();
  const timers = createTimerWheel(clock, clock);
  const asked: BoundedRequest[] = [];
  const changes: ServerReport[] = [];
  const bugs: unknown[] = [];
  const made: Box = {
    clock,
    asked,
    changes,
    bugs,
    answers: { ...serverAnswers.vllm },
    hold: null,
    rounds: () => asked.filter(({ url }) => url.endsWith("/health")).length,
    async pass(ms) {
      clock.pass(ms);
      await settle();
    },
    monitor: new ServerMonitor(
      {
        clock,
        random: () => 0.5,
        createAlarm: (ring) => timers.createAlarm(ring),
        onChange: (report) => changes.push(report),
        onBug: (error) => bugs.push(error),
        async fetch(request) {
          asked.push(request);
          const { hold } = made;
          if (hold !== null) await new Promise<void>((resolve) => hold.push(resolve));
          return answerOf(made.answers[new URL(request.url).pathname]);
        },
      },
      { ...defaultMonitorSettings, jitter: 0 },
    ),
  };
  return made;
}

function answerOf(answer: ServerAnswer | undefined): BoundedAnswer {
  if (answer === "refused" || answer === "timeout") {
    return { ok: false, reason: answer, message: answer };
  }
  const { status, headers, body } = headAndBody(answer ?? { status: 404 });
  return { ok: true, status, headers, body: new TextEncoder().encode(body) };
}

const provider = {
  ...providerAt("http://127.0.0.1:8000/v1", 4),
  name: "home",
  kind: "vllm",
} as const;
const home: WatchedServer = { provider, models: ["Qwen2.5-7B-Instruct"], busy: () => false };

async function watched(server: WatchedServer = home): Promise<Box> {
  const made = box();
  made.monitor.watch([server]);
  await settle();
  return made;
}

test("a server is asked at once, then every 15 s while nobody wants it", async () => {
  const { monitor, asked, pass, rounds, changes } = await watched();
  expect(asked.map(({ url }) => url)).toEqual(
    ["/health", "/v1/models", "/version", "/metrics"].map((path) => `http://127.0.0.1:8000${path}`),
  );
  expect(monitor.report("home")).toMatchObject({ state: { health: "up", running: 5 }, atMs: 0 });
  expect(changes).toHaveLength(1);
  await pass(14_900);
  expect(rounds()).toBe(1);
  await pass(200);
  expect(rounds()).toBe(2);
  // Nothing changed, so nobody is told.
  expect(changes).toHaveLength(1);
});

test("while decisions rest on it, it is asked every 2 s, and some seconds on", async () => {
  const { monitor, pass, rounds } = await watched();
  await pass(5_000);
  monitor.touch("home");
  // Its state is more than 2 s old, so the next round is brought forward.
  await pass(10);
  expect(rounds()).toBe(2);
  for (let second = 0; second < 10; second += 1) {
    monitor.touch("home");
    monitor.touch("home");
    await pass(1_000);
  }
  expect(rounds()).toBeGreaterThanOrEqual(6);
  expect(rounds()).toBeLessThanOrEqual(7);
  const busy = rounds();
  await pass(60_000);
  expect(rounds() - busy).toBeLessThan(11);
});

test("requests of ours that run there count as wanting it", async () => {
  const { pass, rounds } = await watched({ ...home, busy: () => true });
  for (let second = 0; second < 20; second += 1) await pass(1_000);
  expect(rounds()).toBeGreaterThanOrEqual(9);
});

test("a server that refuses connections is down at once, and asked less and less often", async () => {
  const made = await watched();
  made.answers = { "/health": "refused" };
  const at: number[] = [];
  let seen = made.rounds();
  for (let ms = 0; ms < 90_000; ms += 500) {
    await made.pass(500);
    if (made.rounds() > seen) at.push(Math.round(made.clock.monotonic() / 500) / 2);
    seen = made.rounds();
    made.monitor.touch("home");
  }
  expect(made.monitor.report("home")?.state).toMatchObject({ health: "down", why: "refused" });
  const waits = at.slice(1).map((second, index) => second - (at[index] ?? 0));
  expect(waits.slice(0, 4).map(Math.round)).toEqual([1, 2, 4, 8]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(15.5);
  made.answers = { ...serverAnswers.vllm };
  await made.pass(15_100);
  expect(made.monitor.report("home")?.state.health).toBe("up");
  expect(made.changes.map(({ state }) => state.health)).toEqual(["up", "down", "up"]);
});

test("one unanswered round may be load: the second in a row means down", async () => {
  const made = await watched();
  made.answers = { ...serverAnswers.vllm, "/health": "timeout" };
  await made.pass(15_100);
  expect(made.rounds()).toBe(2);
  expect(made.monitor.report("home")).toMatchObject({ state: { health: "up" }, atMs: 0 });
  await made.pass(2_100);
  expect(made.rounds()).toBe(3);
  expect(made.monitor.report("home")?.state.health).toBe("down");
});

test("a server that never answered is down from the first round", async () => {
  const made = box();
  made.answers = { "/health": "timeout" };
  made.monitor.watch([home]);
  await settle();
  expect(made.monitor.report("home")?.state.health).toBe("down");
});

test("what a server had is still known while it is down", async () => {
  const made = await watched();
  made.answers = { "/health": "refused" };
  await made.pass(15_100);
  expect(made.monitor.report("home")?.state.models).toBeNull();
  expect(made.monitor.lastModels("home")?.models?.[0]?.id).toBe("Qwen2.5-7B-Instruct");
});

test("a server that is loading is asked every 2 s, since somebody waits for it", async () => {
  const made = box();
  const llama = { ...provider, kind: "llamacpp" } as const;
  made.answers = { ...serverAnswers.llamacpp, "/health": { status: 503 } };
  made.monitor.watch([{ ...home, provider: llama }]);
  await settle();
  expect(made.monitor.report("home")?.state.health).toBe("loading");
  made.answers = { ...serverAnswers.llamacpp };
  await made.pass(2_100);
  expect(made.monitor.report("home")?.state.health).toBe("up");
});

test("what counts as use is asked only while somebody wants the server", async () => {
  const made = box();
  const llama = { ...provider, kind: "llamacpp" } as const;
  made.answers = { ...serverAnswers.llamacpp, "/metrics": { status: 501 } };
  made.monitor.watch([{ ...home, provider: llama }]);
  await settle();
  await made.pass(15_100);
  const slots = (): number => made.asked.filter(({ url }) => url.endsWith("/slots")).length;
  expect([made.rounds(), slots()]).toEqual([2, 0]);
  made.monitor.touch("home");
  await made.pass(2_100);
  expect(slots()).toBe(1);
});

test("one question at a time, and one round, however long an answer takes and whoever asks", async () => {
  const made = box();
  made.hold = [];
  made.monitor.watch([home]);
  await settle();
  await made.pass(60_000);
  made.monitor.touch("home");
  const asking = made.monitor.askAll();
  await made.pass(60_000);
  expect(made.asked).toHaveLength(1);
  const held = made.hold;
  made.hold = null;
  for (const answer of held) answer();
  await asking;
  expect(made.asked).toHaveLength(4);
});

test("the provider's key and headers go with each question", async () => {
  const key = { kind: "value", value: "sk-home", from: "HOME_KEY" } as const;
  const { asked } = await watched({
    ...home,
    provider: { ...provider, key, headers: { "x-a": "b" } },
  });
  for (const { headers } of asked) {
    expect(headers).toMatchObject({ authorization: "Bearer sk-home", "x-a": "b" });
  }
});

test("another configuration keeps the states of servers that are asked as before, and drops the others", async () => {
  const made = await watched();
  const more = { ...home, models: ["another"] };
  const other = { ...home, provider: { ...provider, name: "attic" } };
  made.monitor.watch([more, other]);
  expect(made.monitor.report("home")).not.toBeNull();
  expect(made.rounds()).toBe(2);
  await settle();
  expect(made.monitor.reports().map(({ provider: name }) => name)).toEqual(["home", "attic"]);
  made.monitor.watch([{ ...home, provider: { ...provider, url: "http://127.0.0.1:8001/v1" } }]);
  expect(made.monitor.report("home")).toBeNull();
  expect(made.monitor.report("attic")).toBeNull();
  await settle();
  expect(made.monitor.report("home")?.state.health).toBe("up");
});

test("what is not a server at home is not asked", async () => {
  const { asked } = await watched({ ...home, provider: providerAt("http://127.0.0.1:8000", 4) });
  expect(asked).toEqual([]);
});

test("after the end nothing is asked, and an answer under way changes nothing", async () => {
  const made = await watched();
  made.hold = [];
  await made.pass(15_100);
  expect(made.rounds()).toBe(2);
  made.monitor.close();
  const { hold } = made;
  made.hold = null;
  for (const answer of hold) answer();
  made.answers = { "/health": "refused" };
  await made.pass(60_000);
  expect(made.rounds()).toBe(2);
  expect(made.changes).toHaveLength(1);
});

test("a fault of our own is told, and the next round is made all the same", async () => {
  const made = await watched();
  const told = new Error("torn");
  Object.defineProperty(made.answers, "/health", {
    get: () => {
      throw told;
    },
    configurable: true,
  });
  await made.pass(15_100);
  expect(made.bugs).toEqual([told]);
  made.answers = { ...serverAnswers.vllm };
  await made.pass(15_100);
  expect(made.rounds()).toBe(3);
});
