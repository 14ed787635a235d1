import { expect, test } from "vitest";
import { Waiter } from "../../../src/runtime/limits/waiter.ts";
import { createHandClock } from "../../support/hand-clock.ts";

test("who is gone before the wait begins waits for nothing", async () => {
  const gone = new AbortController();
  gone.abort();
  const waiting = new Waiter().wait({
    ...{ timers: createHandClock(0), forMs: 600_000, signal: gone.signal },
    withdraw: () => true,
  });
  expect(await waiting).toBe("out");
}, 1_000);
