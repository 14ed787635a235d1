import { expect, test } from "vitest";
import type { EndedRequest } from "../../../src/simulator/replay/ended-request.ts";
import { Waits } from "../../../src/simulator/replay/waits.ts";
import { batchWords } from "../../../src/simulator/reports/batch-words.ts";

/** What a batch answered costs so much less, in picodollars; null where a price is not known. */
const answered = (saved: number | null): Partial<EndedRequest> => ({
  ...{ ending: "deferred", arrivedAtMs: 0, endedAtMs: 60_000 },
  waited: { isExpired: false, isPlayed: true, saved },
});

const expired: Partial<EndedRequest> = {
  ...{ ending: "failed", arrivedAtMs: 0, endedAtMs: 60_000 },
  waited: { isExpired: true, isPlayed: true, saved: 0 },
};

test.each([
  [
    "what is known adds up",
    [answered(1e12), answered(2e12)],
    { saved: 3, unpriced: 0 },
    "; $3.00 less",
  ],
  [
    "an unknown price is in no sum",
    [answered(1e12), answered(null)],
    { saved: 1, unpriced: 1 },
    "price of 1 is not",
  ],
  [
    "of unknown prices there is none",
    [answered(null), expired],
    { saved: null, unpriced: 1 },
    "price of 1 is not",
  ],
  ["where nothing was answered nothing was saved", [expired], { saved: 0, unpriced: 0 }, ""],
] as const)("of what batches saved: %s", (_, requests, told, words) => {
  const waits = new Waits();
  for (const request of requests) waits.add(request as EndedRequest);
  const work = waits.work(1);
  expect(work).toMatchObject(told);
  expect(work === null ? null : batchWords(work)).toContain(words);
});
