import fc from "fast-check";
import { expect, test } from "vitest";
import { type LoggedRequest, tellsNothing } from "../../../src/simulator/logged-request.ts";
import {
  type Arrival,
  type ArrivalSettings,
  Arrivals,
} from "../../../src/simulator/replay/arrivals.ts";

const settings: ArrivalSettings = {
  ...{ perSecond: null, speed: 1, traffic: 1, growthPerDay: 0, seed: 1, startMs: 1_000_000 },
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
  expect((last - settings.startMs) / 1_000).toBeGreaterThan(95);
  expect((last - settings.startMs) / 1_000).toBeLessThan(105);
  expect(arrivals.untimed).toBe(0);
});

test("a log without times brings its requests together, and says of how many that is so", () => {
  const { list, arrivals } = arrivalsOf([requestAt(1, null), requestAt(2, null)]);
  expect(list.map(({ atMs }) => atMs)).toEqual([settings.startMs, settings.startMs]);
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
