import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/random.ts";
import { modelOfTarget } from "../../../src/simulator/models/catalog-model.ts";
import {
  type AttemptDraw,
  drawAttempt,
  outageScript,
  silence,
  throttledScript,
} from "../../../src/simulator/models/draw-attempt.ts";
import type { TargetModel } from "../../../src/simulator/models/target-model.ts";
import { logNormal, steady } from "../../support/synthetic-log.ts";

const plain: TargetModel = {
  ...steady,
  firstToken: { baseMs: 200, perTokenMs: 0.5, ratios: [1] },
  rest: { baseMs: 4, perTokenMs: 10, ratios: [1] },
};
const order = { inputTokens: 100, outputTokens: 51, streamed: true };
const drawOf = (model: TargetModel, more: Partial<AttemptDraw> = {}) =>
  drawAttempt(model, { random: new SeededRandom().from(1, 2, 3), ...order, ...more });

test("an answer takes its time by the tokens of prompt and answer, and longer where the target is slow", () => {
  const usage = { inputTokens: 100, outputTokens: 51, estimated: true };
  const end = { afterMs: 754, failure: null };
  expect(drawOf(plain)).toMatchObject({ firstTokenMs: 250, flowsUntilMs: 754, end });
  expect(drawOf(plain).end?.usage).toMatchObject(usage);
  expect(drawOf(plain, { slow: 3 })).toMatchObject({ firstTokenMs: 750, flowsUntilMs: 2_262 });
  expect(drawOf(plain, { outputTokens: 0 }).end?.afterMs).toBe(254);
});

test("a failure shows with its status, and with what it says about when to come back", () => {
  const model: TargetModel = {
    ...plain,
    failures: [{ cause: "rate_limited", status: 429, share: 1, retryAfterMs: 2_000, afterMs: [7] }],
  };
  const failure = { cause: "rate_limited", status: 429, retrySame: true, retryAfterMs: 2_000 };
  expect(drawOf(model)).toMatchObject({ firstTokenMs: null, end: { afterMs: 7, failure } });
  const auth: TargetModel = {
    ...plain,
    failures: [{ cause: "auth", status: 401, share: 1, retryAfterMs: null, afterMs: [7] }],
  };
  expect(drawOf(auth).end?.failure).toEqual({
    ...{ cause: "auth", status: 401, retrySame: false, message: "" },
  });
});

test("a stream breaks or falls silent on its way; an answer that is no stream does neither", () => {
  const broken = (silent: boolean): TargetModel => ({
    ...plain,
    breaks: [{ cause: "cut_stream", status: null, silent, share: 1, after: [0.5] }],
  });
  expect(drawOf(broken(false))).toMatchObject({
    ...{ firstTokenMs: 250, flowsUntilMs: 502 },
    end: { afterMs: 502, failure: { cause: "cut_stream" }, usage: { outputTokens: 26 } },
  });
  expect(drawOf(broken(true))).toEqual({ firstTokenMs: 250, flowsUntilMs: 502, end: null });
  expect(drawOf(broken(false), { streamed: false }).end).toMatchObject({ failure: null });
});

test("a target of which nothing is heard stays silent, and so does one in an outage that nobody saw the end of", () => {
  expect(drawOf({ ...plain, silent: 1 })).toEqual(silence);
  const outage = { target: "a", fromMs: 0, toMs: 9, attempts: 9, share: 1, status: 500 };
  const told = { ...outage, cause: "server_error" as const, afterMs: [12] };
  expect(outageScript(told, 0.5)).toMatchObject({
    end: { afterMs: 12, failure: { cause: "server_error", status: 500 } },
  });
  expect(outageScript({ ...told, afterMs: null }, 0.5)).toEqual(silence);
  const throttle = { perMinute: 9, retryAfterMs: null, afterMs: [3] };
  expect(throttledScript(throttle, 0.5).end).toMatchObject({
    ...{ afterMs: 3, failure: { cause: "rate_limited", status: 429, retrySame: true } },
  });
});

test("each attempt takes as many numbers of its stream, whatever comes of it", () => {
  const takenBy = (model: TargetModel): number => {
    let taken = 0;
    const random = new SeededRandom().from(1, 2, 3);
    const next = (): number => {
      taken += 1;
      return random.next();
    };
    drawAttempt(model, { random: { ...random, next } as never, ...order });
    return taken;
  };
  expect(takenBy({ ...plain, silent: 1 })).toBe(takenBy(plain));
});

test("a target of the catalog is as fast as configured, starts as one of its sort, and never fails", () => {
  const home = modelOfTarget({ local: true, speed: { output: 50, prompt: 1_000 } });
  const cloud = modelOfTarget({ local: false });
  expect(home).toMatchObject({
    ...{ firstToken: { perTokenMs: 1 }, rest: { perTokenMs: 20 } },
    ...{ attempts: 0, failures: [], silent: 0, capacity: null },
  });
  expect(cloud.firstToken.baseMs).toBeGreaterThan(home.firstToken.baseMs);
  expect(cloud.firstToken.perTokenMs).toBe(0);
  const runningCost = { watts: 300, kwh: 1, hour: 1, slots: 8 };
  expect(modelOfTarget({ local: true, runningCost }).capacity).toBe(8);
  expect(modelOfTarget({ local: true, speed: { output: 0, prompt: null } }).rest.perTokenMs).toBe(
    1_000 / 45,
  );
});

test("a slow start means a slow answer as often as the model says, and else nothing", () => {
  const ratios = logNormal(0.5);
  const random = new SeededRandom();
  const alike = (together: number): number => {
    const model: TargetModel = {
      ...{ ...plain, together },
      firstToken: { baseMs: 100, perTokenMs: 0, ratios },
      rest: { baseMs: 100, perTokenMs: 0, ratios },
    };
    let same = 0;
    for (let at = 0; at < 2_000; at += 1) {
      const script = drawOf(model, { random: random.from(at, 0, 0) });
      const restMs = script.end!.afterMs - script.firstTokenMs!;
      if (Math.abs(restMs - script.firstTokenMs!) < 1e-6) same += 1;
    }
    return same / 2_000;
  };
  expect(alike(0)).toBeLessThan(0.01);
  expect(Math.abs(alike(0.4) - 0.4)).toBeLessThan(0.05);
  expect(alike(1)).toBe(1);
});
