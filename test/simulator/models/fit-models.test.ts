import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/random.ts";
import { type LoggedRequest, untoldOutcome } from "../../../src/simulator/logged-request.ts";
import { keptAnswers } from "../../../src/simulator/models/attempt-times.ts";
import { speedOfTarget } from "../../../src/simulator/models/catalog-model.ts";
import { drawAttempt } from "../../../src/simulator/models/draw-attempt.ts";
import { ModelFitter, mostTargets } from "../../../src/simulator/models/fit-models.ts";
import type { Models, TargetModel } from "../../../src/simulator/models/target-model.ts";
import {
  type LogOptions,
  logNormal,
  logOf,
  requestWith,
  steady,
} from "../../support/synthetic-log.ts";

const unmeasured = () => speedOfTarget({ local: false });

function fitted(requests: Iterable<LoggedRequest>): Models {
  const fitter = new ModelFitter(unmeasured);
  for (const request of requests) fitter.add(request);
  return fitter.models();
}

const fitOf = (model: TargetModel, options: LogOptions): TargetModel =>
  fitted(logOf(model, options)).targets.get("a")!;

/** Quantiles of the whole time, and of the time to the first token, of attempts that nothing befalls. */
function timesOf(model: TargetModel, streamed = true) {
  const sizes = new SeededRandom();
  const luck = new SeededRandom();
  const totals: number[] = [];
  const firsts: number[] = [];
  for (let at = 0; at < 20_000; at += 1) {
    sizes.from(77, at, 1);
    const inputTokens = Math.round(20 * 200 ** sizes.next());
    const outputTokens = Math.round(600 ** sizes.next());
    const random = luck.from(77, at, 2);
    const calm = { ...model, failures: [], breaks: [] };
    const script = drawAttempt(calm, { random, inputTokens, outputTokens, streamed });
    totals.push(script.end?.afterMs ?? Number.POSITIVE_INFINITY);
    firsts.push(script.firstTokenMs ?? Number.POSITIVE_INFINITY);
  }
  const at = (values: number[], share: number): number =>
    values.sort((one, other) => one - other)[Math.floor(share * values.length)]!;
  return {
    ...{ p50: at(totals, 0.5), p95: at(totals, 0.95), p99: at(totals, 0.99) },
    ...{ first50: at(firsts, 0.5), first95: at(firsts, 0.95) },
  };
}

const within = (share: number, is: number, wanted: number): void =>
  expect(Math.abs(is / wanted - 1), `${is} instead of ${wanted}`).toBeLessThan(share);

const targets: readonly [string, TargetModel][] = [
  ["steady", steady],
  [
    "slow to read, quick to write, with long tails",
    {
      ...steady,
      firstToken: { baseMs: 40, perTokenMs: 0.4, ratios: logNormal(0.8) },
      rest: { baseMs: 5, perTokenMs: 2, ratios: logNormal(0.5) },
    },
  ],
  [
    "slow as a whole when it is slow",
    { ...steady, together: 0.8, rest: { ...steady.rest, ratios: logNormal(0.5) } },
  ],
];

test.each(targets)(
  "of a target that is %s the times are found in its log of streams",
  (_, model) => {
    const found = timesOf(fitOf(model, { count: 20_000 }));
    const wanted = timesOf(model);
    within(0.03, found.p50, wanted.p50);
    within(0.04, found.p95, wanted.p95);
    within(0.05, found.p99, wanted.p99);
    within(0.03, found.first50, wanted.first50);
    within(0.04, found.first95, wanted.first95);
  },
);

test.each(targets)(
  "of a target that is %s the times are found where no answer was streamed",
  (_, model) => {
    const found = timesOf(fitOf(model, { count: 20_000, streamed: false }), false);
    const wanted = timesOf(model, false);
    within(0.04, found.p50, wanted.p50);
    within(0.07, found.p95, wanted.p95);
  },
);

test("what prompt and answer add is told apart", () => {
  const { firstToken, rest } = fitOf(steady, { count: 20_000 });
  within(0.1, firstToken.perTokenMs, 0.05);
  within(0.05, firstToken.baseMs, 200);
  within(0.05, rest.perTokenMs, 11);
});
void keptAnswers;

test("failures come out with their shares, and with when they show", () => {
  const model: TargetModel = {
    ...steady,
    failures: [
      { cause: "overloaded", status: 503, retryAfterMs: null, share: 0.03, afterMs: [25] },
      { cause: "network", status: null, retryAfterMs: null, share: 0.01, afterMs: [2] },
    ],
    breaks: [{ cause: "cut_stream", status: null, silent: false, share: 0.02, after: [0.5] }],
  };
  const count = 20_000;
  const { failures, breaks, silent, attempts, answers } = fitOf(model, { count });
  const error = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / count);
  expect(failures.map(({ cause, status }) => [cause, status])).toEqual([
    ["overloaded", 503],
    ["network", null],
  ]);
  expect(Math.abs(failures[0]!.share - 0.03)).toBeLessThan(error(0.03));
  expect(Math.abs(failures[1]!.share - 0.01)).toBeLessThan(error(0.01));
  expect(failures[0]!.afterMs[0]).toBeCloseTo(25, 9);
  expect(breaks).toMatchObject([{ cause: "cut_stream", silent: false }]);
  expect(Math.abs(breaks[0]!.share - 0.02)).toBeLessThan(error(0.02));
  expect(silent).toBe(0);
  expect(attempts).toBe(count);
  expect(Math.abs(answers / count - 0.94)).toBeLessThan(error(0.06));
});

test("answers that our limits cut off, or that nobody waited for, count as slow ones and not as quick ones", () => {
  // A third of first tokens come after the limit, and half of the clients leave before an answer is whole.
  const cut = fitOf(steady, { count: 20_000, firstTokenLimitMs: 330 });
  within(0.03, timesOf(cut).first50, timesOf(steady).first50);
  within(0.2, cut.firstToken.perTokenMs, 0.05);
  expect(cut.silent).toBeGreaterThan(0.05);
  expect(cut.failures).toEqual([]);
  const left = fitOf(steady, { count: 20_000, leavesAfterMs: (random) => 2_000 * random.next() });
  within(0.05, timesOf(left).first50, timesOf(steady).first50);
  within(0.05, timesOf(left).first95, timesOf(steady).first95);
  expect(left.silent).toBe(0);
});

test("a target that is never heard of is silent, at a speed that is not the log's", () => {
  const timeout = { outcome: "first_token_timeout", code: "ttft_timeout", endMs: 5_000 } as const;
  const requests = Array.from({ length: 5 }, () => requestWith(timeout, { atMs: null }));
  const model = fitted(requests).targets.get("a")!;
  expect(model).toMatchObject({ attempts: 5, answers: 0, silent: 1, ...unmeasured() });
});

test("a stretch in which nearly all fails is told as an outage, and is in no share", () => {
  const model: TargetModel = {
    ...steady,
    failures: [
      { cause: "overloaded", status: 503, retryAfterMs: null, share: 0.02, afterMs: [25] },
    ],
  };
  const down: TargetModel = {
    ...steady,
    failures: [
      { cause: "server_error", status: 500, retryAfterMs: null, share: 0.97, afterMs: [9] },
    ],
  };
  const [calm, broken] = [
    [...logOf(model, { count: 5_000 })],
    [...logOf(down, { count: 5_000, seed: 2 })],
  ];
  const requests = calm.map((each, at) => (at >= 3_000 && at < 3_200 ? broken[at]! : each));
  const { targets, outages } = fitted(requests);
  expect(outages).toHaveLength(1);
  const [outage] = outages;
  expect(outage).toMatchObject({ target: "a", cause: "server_error", status: 500, afterMs: [9] });
  expect(outage!.share).toBeGreaterThan(0.9);
  expect(Math.abs(outage!.fromMs - 3_000_000)).toBeLessThan(5_000);
  expect(Math.abs(outage!.toMs - 3_200_000)).toBeLessThan(5_000);
  const { failures } = targets.get("a")!;
  expect(failures.find(({ cause }) => cause === "server_error")).toBeUndefined();
  expect(Math.abs(failures[0]!.share - 0.02)).toBeLessThan(0.008);
  // Without the stretch there is none.
  expect(fitted(calm).outages).toEqual([]);
});

/** Two hours of a target that is asked more and more often; what it refuses is said by minute and place in it. */
function* minutes(isRefused: (minute: number, place: number, random: SeededRandom) => boolean) {
  const random = new SeededRandom().from(4, 4, 4);
  for (let minute = 0; minute < 120; minute += 1) {
    const asked = Math.round(30 + random.next() * 120);
    for (let place = 0; place < asked; place += 1) {
      const atMs = minute * 60_000 + (place * 60_000) / asked;
      yield isRefused(minute, place, random)
        ? requestWith({ outcome: "rate_limited", status: 429, endMs: 12 }, { atMs })
        : requestWith(
            { firstTokenMs: 200, endMs: 500, inputTokens: 9, outputTokens: 20 },
            { atMs },
          );
    }
  }
}

test("a limit of a rate is told from refusals that come anyhow", () => {
  const limited = fitted(minutes((_, place) => place >= 100)).targets.get("a")!;
  expect(limited.throttle).toEqual({ perMinute: 100, retryAfterMs: null, afterMs: [12] });
  expect(limited.failures).toEqual([]);
  const wait = { outcome: "rate_limited", status: 429, endMs: 12, retryAfterMs: 900 } as const;
  const told = fitted([requestWith(wait), requestWith(wait), requestWith({})]).targets.get("a")!;
  expect(told.failures).toMatchObject([{ cause: "rate_limited", retryAfterMs: 900 }]);
  const anyhow = fitted(minutes((_minute, _place, random) => random.next() < 0.1)).targets.get(
    "a",
  )!;
  expect(anyhow.throttle).toBeNull();
  expect(anyhow.failures).toMatchObject([{ cause: "rate_limited", status: 429 }]);
  expect(Math.abs(anyhow.failures[0]!.share - 0.1)).toBeLessThan(0.01);
});

test("what a cache answered and what could wait tells nothing of a target", () => {
  const answer = requestWith({ firstTokenMs: 200, endMs: 900, inputTokens: 9, outputTokens: 20 });
  const outcome = answer.outcome();
  const cached = { ...answer, outcome: () => ({ ...outcome, cacheHit: true, attempts: [] }) };
  const batched = { ...answer, outcome: () => ({ ...outcome, isBatch: true }) };
  const { log, targets } = fitted([answer, cached, batched]);
  expect(log).toMatchObject({ requests: 3, attempts: 1 });
  expect(targets.get("a")).toMatchObject({ attempts: 1, answers: 1 });
});

test("a log that names no attempts tells the times of its answers", () => {
  const request: LoggedRequest = {
    ...requestWith({}),
    latency: { target: "gpt", totalMs: 2_500, firstTokenMs: null },
    usage: { input: 400, output: 101, served: null },
    outcome: () => untoldOutcome,
  };
  const { targets } = fitted([request, request]);
  const { firstToken, rest } = targets.get("gpt")!;
  expect(firstToken.baseMs + 400 * firstToken.perTokenMs + 100 * rest.perTokenMs).toBeCloseTo(
    2_500,
  );
});

test("trouble of the gateway's own is not its targets'", () => {
  const full = requestWith({ outcome: "overloaded", code: "queue_full", endMs: 1 });
  expect(fitted([full]).targets.get("a")).toMatchObject({ attempts: 0, failures: [] });
});

test("the same log gives the same models, and a million requests no more is kept of than of a few", () => {
  const model: TargetModel = {
    ...steady,
    failures: [
      { cause: "overloaded", status: 503, retryAfterMs: null, share: 0.02, afterMs: [25] },
    ],
  };
  expect(fitted(logOf(model, { count: 9_000 }))).toEqual(fitted(logOf(model, { count: 9_000 })));
  const fitter = new ModelFitter(unmeasured);
  let added = 0;
  const some = [...logOf(model, { count: 10_000 })];
  for (let round = 0; round < 100; round += 1)
    for (const request of some) {
      fitter.add(request);
      added += 1;
    }
  expect(added).toBe(1_000_000);
  expect(fitter.kept).toBe(keptAnswers);
  within(0.03, timesOf(fitter.models().targets.get("a")!).p50, timesOf(model).p50);
});

test("of a log that names more targets than are modelled the rest is counted", () => {
  const requests = Array.from({ length: 300 }, (_, at) => requestWith({ target: `t${at}` }));
  const { targets, log } = fitted(requests);
  expect(targets.size).toBe(mostTargets);
  expect(log.leftOut).toBe(300 - mostTargets);
});

/** Attempts that come at random to a target with places for so many, in the order in which they end. */
function queued(places: number, { busy, streamed }: { busy: number; streamed: boolean }) {
  const random = new SeededRandom().from(8, 8, 8);
  const free = Array.from({ length: places }, () => 0);
  const ended: { readonly endMs: number; readonly request: LoggedRequest }[] = [];
  let atMs = 0;
  for (let at = 0; at < 8_000; at += 1) {
    const inputTokens = Math.round(20 * 200 ** random.next());
    const outputTokens = Math.round(20 + 180 * random.next());
    const script = drawAttempt(steady, { random, inputTokens, outputTokens, streamed });
    const [firstMs, lastMs] = [script.firstTokenMs!, script.end!.afterMs];
    // Calm and busy by turns.
    const load = at % 2_000 < 1_000 ? 0.4 * busy : busy;
    atMs += (-Math.log(1 - random.next()) * 1_550) / places / load;
    const place = free.indexOf(Math.min(...free));
    const waitMs = places > 100 ? 0 : Math.max(free[place]! - atMs, 0);
    free[place] = atMs + waitMs + lastMs;
    const request = requestWith(
      {
        firstTokenMs: streamed ? waitMs + firstMs : null,
        ...{ endMs: waitMs + lastMs, inputTokens, outputTokens },
      },
      { atMs, streamed },
    );
    ended.push({ endMs: atMs + waitMs + lastMs, request });
  }
  ended.sort((one, other) => one.endMs - other.endMs);
  return fitted(ended.map(({ request }) => request)).targets.get("a")!;
}

test.each([
  { places: 4, busy: 0.97, streamed: true },
  { places: 4, busy: 0.97, streamed: false },
  { places: 16, busy: 1.1, streamed: true },
])("of a target with $places places its own queue shows, and how fast it is by itself", (given) => {
  const model = queued(given.places, given);
  expect(Math.abs(model.capacity! / given.places - 1)).toBeLessThan(0.3);
  within(0.1, timesOf(model, given.streamed).p50, timesOf(steady, given.streamed).p50);
});

test.each([true, false])(
  "a target that takes any number has no places (streams: %s)",
  (streamed) => {
    const model = queued(500, { busy: 0.02, streamed });
    expect(model.capacity).toBeNull();
  },
);
