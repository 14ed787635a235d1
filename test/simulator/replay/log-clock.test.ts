import { expect, test } from "vitest";
import type { Outage } from "../../../src/simulator/models/target-model.ts";
import { outagesOn } from "../../../src/simulator/replay/log-clock.ts";

const down: Outage = {
  ...{ target: "claude", fromMs: 60_000, toMs: 120_000, attempts: 20, share: 1 },
  ...{ cause: "timeout", status: null, afterMs: null },
};

const spans = [
  {
    title: "of the log that is played: when they were, whichever request is read first",
    clock: { loggedMs: 1_050_000, atMs: 1_050_000, speed: 1 },
    log: { fromMs: 1_000_000, toMs: 2_000_000 },
    played: [1_060_000, 1_120_000],
  },
  {
    title: "of the log that is played, at another moment and ten times as fast",
    clock: { loggedMs: 1_050_000, atMs: 5_000_000, speed: 10 },
    log: { fromMs: 1_000_000, toMs: 2_000_000 },
    played: [5_001_000, 5_007_000],
  },
  {
    title: "of a part of a log with the whole log's outages: before it begins, too",
    clock: { loggedMs: 1_900_000, atMs: 1_900_000, speed: 1 },
    log: { fromMs: 1_000_000, toMs: 2_000_000 },
    played: [1_060_000, 1_120_000],
  },
  {
    title: "of another log: as long after the first request",
    clock: { loggedMs: 7_000_000, atMs: 7_000_000, speed: 1 },
    log: { fromMs: 1_000_000, toMs: 2_000_000 },
    played: [7_060_000, 7_120_000],
  },
  {
    title: "of a log that tells no times: as long after the first request",
    clock: { loggedMs: 7_000_000, atMs: 7_000_000, speed: 1 },
    log: { fromMs: null, toMs: null },
    played: [7_060_000, 7_120_000],
  },
];

test.each(spans)("outages $title", ({ clock, log, played }) => {
  const [outage] = outagesOn(clock, { log, outages: [down] });
  expect([outage?.fromMs, outage?.toMs]).toEqual(played);
});
