import fc from "fast-check";
import { expect, test } from "vitest";
import { type LoggedRequest, tellsNothing } from "../../../src/simulator/logged-request.ts";
import {
  type Arrival,
  type ArrivalSettings,
  Arrivals,
  untoldStartMs,
} from "../../../src/simulator/replay/arrivals.ts";

const settings: ArrivalSettings = {
  ...{ perSecond: null, speed: 1, traffic: 1, growthPerDay: 0, seed: 1, beginsAtMs: null },
};

function requestAt(line: number, atMs: number | null, tookMs: number | null = null): LoggedRequest {
  return {
    ...{ line, file: null, format: "records", id: `r${line}`, atMs, offsetMs: null },
    ...{ facts: {}, chat: null, seed: null, usage: null },
    latency: tookMs === null ? null : { target: "claude", totalMs: tookMs, firstTokenMs: null },
    outcome: tellsNothing,
  };
}

/** All arrivals of a log, in the order in which they are given out. */
function arrivalsOf(
  requests: readonly LoggedRequest[],
  more: Partial<ArrivalSettings> = {},
): { readonly list: readonly Arrival[]; readonly arrivals: Arrivals } {
  const arrivals = new Arrivals({ ...settings, ...more });
  const list: Arrival[] = [];
  const take = (done: boolean): void => {
    for (let next = arrivals.take(done); next !== null; next = arrivals.take(done)) list.push(next);
  };
  for (const request of requests) {
    arrivals.add(request);
    take(false);
  }
  take(true);
  return { list, arrivals };
}

test("a log in the order in which its requests ended is given out in the order in which they came", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ atMs: fc.nat(3_600_000), tookMs: fc.nat(30_000) }), { maxLength: 200 }),
      (requests) => {
        const ended = requests
          .toSorted((a, b) => a.atMs + a.tookMs - b.atMs - b.tookMs)
          .map(({ atMs, tookMs }, line) => requestAt(line + 1, atMs, tookMs));
        const times = arrivalsOf(ended).list.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times).toHaveLength(requests.length);
      },
    ),
  );
});

test("requests at a rate come at that rate, whatever the log's times are", () => {
  const requests = Array.from({ length: 5_000 }, (_, line) => requestAt(line, null));
  const { list, arrivals } = arrivalsOf(requests, { perSecond: 50 });
  const last = list.at(-1)?.atMs ?? 0;
  expect((last - untoldStartMs) / 1_000).toBeGreaterThan(95);
  expect((last - untoldStartMs) / 1_000).toBeLessThan(105);
  expect(arrivals.untimed).toBe(0);
});

test("a log without times brings its requests together, and says of how many that is so", () => {
  const { list, arrivals } = arrivalsOf([requestAt(1, null), requestAt(2, null)]);
  expect(list.map(({ atMs }) => atMs)).toEqual([untoldStartMs, untoldStartMs]);
  expect(arrivals.untimed).toBe(2);
});

test("at twice the speed all that lies between two requests takes half as long", () => {
  const { list } = arrivalsOf([requestAt(1, 10_000), requestAt(2, 70_000)], { speed: 2 });
  expect(list.map(({ atMs }) => atMs)).toEqual([10_000, 40_000]);
});

test("two and a half times the traffic brings two or three requests for one", () => {
  const requests = Array.from({ length: 2_000 }, (_, line) => requestAt(line, line * 100));
  const { list } = arrivalsOf(requests, { traffic: 2.5 });
  expect(list.length).toBeGreaterThan(4_850);
  expect(list.length).toBeLessThan(5_150);
  expect(new Set(list.map(({ copy }) => copy))).toEqual(new Set([0, 1, 2]));
});

test("traffic that grows by a tenth a day is twice as much after a week", () => {
  const day = 86_400_000;
  const requests = Array.from({ length: 4_000 }, (_, line) =>
    requestAt(line, line < 2_000 ? line : 7.2725 * day + line),
  );
  const { list } = arrivalsOf(requests, { growthPerDay: 0.1 });
  const late = list.filter(({ atMs }) => atMs > day).length;
  expect(late / (list.length - late)).toBeGreaterThan(1.9);
  expect(late / (list.length - late)).toBeLessThan(2.1);
});

test("traffic beyond all bounds is refused in words, not carried out", () => {
  const requests = [requestAt(1, 0), requestAt(2, 400 * 86_400_000)];
  expect(() => arrivalsOf(requests, { growthPerDay: 1 })).toThrow(
    /e\+120 requests for one of the log after 400 days: at most 1000 are played/,
  );
  expect(() => arrivalsOf(requests, { traffic: 1_001 })).toThrow(
    /1000 requests for one of the log:/,
  );
});

test("further traffic makes none of the log's own requests late, however much of it there is", () => {
  // Each ends half a minute after the next ten came.
  const requests = Array.from({ length: 3_000 }, (_, line) => requestAt(line, line * 10));
  const { list } = arrivalsOf(requests, { traffic: 50 });
  const times = list.map(({ atMs }) => atMs);
  expect(times).toHaveLength(150_000);
  expect(times.every((atMs, index) => index === 0 || atMs >= (times[index - 1] ?? 0))).toBe(true);
  const own = list.filter(({ copy }) => copy === 0).map(({ request }) => request.line);
  expect(own).toEqual(own.toSorted((a, b) => a - b));
});

test("the copies of a request lie evenly over the minute after it", () => {
  const { list } = arrivalsOf([requestAt(1, 0)], { traffic: 1_000 });
  expect(new Set(list.map(({ copy }) => copy)).size).toBe(1_000);
  for (const quarter of [1, 2, 3]) {
    const until = list.filter(({ atMs }) => atMs < quarter * 15_000).length;
    expect(Math.abs(until - quarter * 250)).toBeLessThan(60);
  }
});

test("copies of requests that all come at once are not piled up", () => {
  const arrivals = new Arrivals({ ...settings, traffic: 2 });
  let most = 0;
  let open = 0;
  for (let line = 1; line <= 100_000; line += 1) {
    arrivals.add(requestAt(line, 0));
    open += 2;
    while (arrivals.take(false) !== null) open -= 1;
    most = Math.max(most, open);
  }
  expect(most).toBeLessThan(70_000);
});

test.each([
  ["its own first time", null, [50_000, 51_000]],
  ["a moment that is named", 9_000_000, [9_000_000, 9_001_000]],
] as const)("a log with times begins at %s", (_, beginsAtMs, times) => {
  const { list } = arrivalsOf([requestAt(1, 50_000), requestAt(2, 51_000)], { beginsAtMs });
  expect(list.map(({ atMs }) => atMs)).toEqual(times);
});

test("a log that counts from a zero of its own begins there, at the named moment or always at the same", () => {
  const requests = [1_000, 3_000].map((offsetMs, line) => ({
    ...requestAt(line, null),
    offsetMs,
  }));
  const timesOf = (more: Partial<ArrivalSettings>) =>
    arrivalsOf(requests, more).list.map(({ atMs }) => atMs);
  expect(timesOf({})).toEqual([untoldStartMs + 1_000, untoldStartMs + 3_000]);
  expect(timesOf({ beginsAtMs: 5_000, speed: 2 })).toEqual([6_000, 7_000]);
});

test("at a rate a log begins at its own first time, else at the named moment", () => {
  const firstOf = (more: Partial<ArrivalSettings>) =>
    arrivalsOf([requestAt(1, 70_000), requestAt(2, 71_000)], { perSecond: 1, ...more }).list[0]
      ?.atMs;
  expect(firstOf({})).toBe(70_000);
  expect(firstOf({ beginsAtMs: 9_000 })).toBe(9_000);
});

test("a request without a time comes with the one before, the first of them with the first that has one", () => {
  const requests = [null, 10_000, null, 30_000, null].map((atMs, line) => requestAt(line, atMs));
  const { list, arrivals } = arrivalsOf(requests, { speed: 2 });
  expect(list.map(({ request, atMs }) => [request.line, atMs])).toEqual([
    [0, 10_000],
    [1, 10_000],
    [2, 10_000],
    [3, 20_000],
    [4, 20_000],
  ]);
  expect(arrivals.untimed).toBe(3);
});

test("what would come beyond all dates is refused in words", () => {
  const requests = [requestAt(1, 0), requestAt(2, 86_400_000)];
  expect(() => arrivalsOf(requests, { speed: 1e-9 })).toThrow("years 0 to 9999");
  expect(() => arrivalsOf(requests, { perSecond: 1e-13 })).toThrow("years 0 to 9999");
});

test.each(["0000-01-01T00:00:00.000+14:00", "9999-12-31T23:59:59.999-12:00"])(
  "a request at %s, the last that a log can tell of, stops no replay",
  (time) => {
    const atMs = Date.parse(time);
    expect(arrivalsOf([requestAt(1, atMs)]).list).toMatchObject([{ atMs }]);
  },
);
