import { expect, test } from "vitest";
import { defaultHealth } from "../../src/configuration/default-configuration.ts";
import { Classifier, type ClassifierOrder } from "../../src/gateway/classifier.ts";
import { Impatience } from "../../src/gateway/impatience.ts";
import { openGate } from "../../src/runtime/dispatch/gate.ts";
import type { AttemptReports, World } from "../../src/runtime/dispatch/world.ts";
import { noPlan } from "../../src/runtime/plan/plan.ts";
import type { ModelJob } from "../../src/runtime/transport/model-job.ts";

/** A world in which attempts end when a test says so. */
function scripted() {
  let nowMs = 0;
  const sent: { readonly end: (text: string) => void; readonly job: ModelJob }[] = [];
  const world: World<ModelJob> = {
    gate: openGate,
    now: () => nowMs,
    random: () => 0.5,
    createAlarm: () => ({ set() {}, clear() {} }),
    bug(error) {
      throw error;
    },
    start({ job, attempt, target }, reports: AttemptReports) {
      const says = (text: string): void => job.listener?.says([{ kind: "text", choice: 0, text }]);
      const end = (text: string): void => {
        job.listener?.begins(target, false);
        says(text);
        reports.completed(attempt, null);
      };
      sent.push({ end, job });
      return {
        ...{ lastByteAtMs: () => 0, usage: () => null },
        ...{ commit() {}, close() {}, abort() {} },
      };
    },
  };
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { world, sent, pass };
}

const order = (key: string): ClassifierOrder => ({
  key: () => key,
  target: "judge",
  plan: {
    ...noPlan,
    steps: [{ target: "judge", missing: null, on: [] }],
    ...{ timeoutMs: 1_000, deadlineMs: 500, maxAttempts: 1 },
  },
  request: () => ({}) as ReturnType<ClassifierOrder["request"]>,
  read: (answer) => (answer === "" ? null : answer),
  upstreamOf: () => undefined,
  ended() {},
});

const impatience = new Impatience(
  () => defaultHealth,
  () => 0.5,
);
const well = { healthy: () => true };
const idle = { shed: () => null };

test("answers are remembered up to a bound, and the one that was not used for longest goes", async () => {
  const { world, sent } = scripted();
  const classifier = new Classifier({ world, live: well, admission: idle, impatience });
  const ask = async (key: string): Promise<string> => {
    const before = sent.length;
    const answer = classifier.ask(order(key));
    if (sent.length > before) sent.at(-1)?.end(key);
    return (await answer).outcome;
  };
  for (let at = 0; at < 4_096; at += 1) expect(await ask(`${at}`)).toBe("answered");
  expect(await ask("0")).toBe("remembered");
  expect(await ask("new")).toBe("answered");
  expect(classifier.size).toBe(4_096);
  expect(await ask("0")).toBe("remembered");
  expect(await ask("1")).toBe("answered");
});

test("so many questions are under way at once, and no more; what is no label is not remembered", async () => {
  const { world, sent } = scripted();
  const classifier = new Classifier({ world, live: well, admission: idle, impatience });
  const answers = Array.from({ length: 64 }, (_, at) => classifier.ask(order(`${at}`)));
  expect(await classifier.ask(order("one more"))).toEqual({ label: null, outcome: "busy" });
  // Who asks what is being asked waits with the first.
  const again = classifier.ask(order("0"));
  for (const { end } of [...sent]) end("");
  expect((await Promise.all(answers)).every(({ outcome }) => outcome === "no-label")).toBe(true);
  expect(await again).toEqual({ label: null, outcome: "no-label" });
  expect(sent).toHaveLength(64);
  const anew = classifier.ask(order("0"));
  sent.at(-1)?.end("a");
  expect(await anew).toEqual({ label: "a", outcome: "answered" });
});

test("nobody is asked while the gateway has too much to do, or the target is not well", async () => {
  const { world, sent } = scripted();
  const loaded = new Classifier({
    world,
    live: well,
    admission: { shed: () => "heap" },
    impatience,
  });
  expect(await loaded.ask(order("x"))).toEqual({ label: null, outcome: "overloaded" });
  const unwell = new Classifier({
    world,
    live: { healthy: () => false },
    admission: idle,
    impatience,
  });
  expect(await unwell.ask(order("x"))).toEqual({ label: null, outcome: "unhealthy" });
  expect(sent).toHaveLength(0);
});

test("what is under way when the gateway stops comes to nothing", async () => {
  const { world } = scripted();
  const classifier = new Classifier({ world, live: well, admission: idle, impatience });
  const answer = classifier.ask(order("x"));
  classifier.stop();
  expect(await answer).toEqual({ label: null, outcome: "stopped" });
});

test("an answer is remembered for a day at most, however often it is asked for", async () => {
  const { world, sent, pass } = scripted();
  const classifier = new Classifier({ world, live: well, admission: idle, impatience });
  const ask = async (): Promise<string> => {
    const before = sent.length;
    const answer = classifier.ask(order("x"));
    if (sent.length > before) sent.at(-1)?.end("a");
    return (await answer).outcome;
  };
  expect(await ask()).toBe("answered");
  pass(86_399_999);
  expect(await ask()).toBe("remembered");
  pass(1);
  expect(await ask()).toBe("answered");
});

test("an answer is remembered under the key that it has once it is there", async () => {
  const { world, sent } = scripted();
  const classifier = new Classifier({ world, live: well, admission: idle, impatience });
  let model = "old";
  const ask = () => classifier.ask({ ...order(""), key: () => `x of ${model}` });
  const first = ask();
  model = "new";
  sent.at(-1)?.end("a");
  await first;
  expect((await ask()).outcome).toBe("remembered");
  model = "newer";
  const again = ask();
  expect(sent).toHaveLength(2);
  sent.at(-1)?.end("b");
  expect(await again).toEqual({ label: "b", outcome: "answered" });
});
