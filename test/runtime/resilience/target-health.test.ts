import { expect, test } from "vitest";
import { broken, healthBench } from "../../support/health.ts";
import { failure } from "../../support/machine-run.ts";

const times = (count: number, run: () => void): void => {
  for (let turn = 0; turn < count; turn += 1) run();
};

test("five failures in a row leave a target alone, four and an answer do not", () => {
  const bench = healthBench();
  times(4, () => bench.attempt(broken));
  bench.attempt("ok");
  times(4, () => bench.attempt(broken));
  expect(bench.held()).toBeNull();
  bench.attempt(broken);
  expect(bench.held()).toBe("breaker_open");
  expect(bench.changes).toEqual(["opened"]);
});

test("half of twenty attempts that fail leave it alone, though none follow each other", () => {
  const bench = healthBench();
  times(9, () => {
    bench.attempt(broken);
    bench.attempt("ok");
  });
  bench.attempt(broken);
  expect(bench.held()).toBeNull();
  bench.attempt("ok");
  bench.attempt(broken);
  expect(bench.held()).toBe("breaker_open");
});

test("failures of half a minute ago count no more", () => {
  const bench = healthBench();
  times(9, () => {
    bench.attempt(broken);
    bench.attempt("ok");
  });
  bench.atMs += 33_000;
  times(3, () => bench.attempt("ok"));
  times(3, () => bench.attempt(broken));
  expect(bench.held()).toBeNull();
  expect(bench.health.measured("error_rate", bench.atMs)).toBe(0.5);
});

test("failures slide out of the window one by one", () => {
  const bench = healthBench();
  const rates = Array.from({ length: 12 }, () => {
    bench.attempt(broken);
    times(3, () => bench.attempt("ok"));
    times(10, () => {
      bench.atMs += 300;
    });
    return bench.health.measured("error_rate", bench.atMs);
  });
  expect(new Set(rates)).toEqual(new Set([0.25]));
  times(9, () => {
    bench.atMs += 3_000;
    bench.attempt("ok");
  });
  expect(bench.health.measured("error_rate", bench.atMs)).toBe(0);
});

test("a target that came back is not left alone again for what failed before", () => {
  const bench = healthBench({ consecutive: 1_000 });
  times(20, () => bench.attempt(broken));
  expect(bench.held()).toBe("breaker_open");
  bench.atMs += 1_000;
  bench.attempt("ok");
  bench.attempt(broken);
  expect(bench.held()).toBeNull();
});

test("after a second one request probes, and its answer brings the target back", () => {
  const bench = healthBench();
  times(5, () => bench.attempt(broken));
  bench.atMs += 999;
  expect(bench.held()).toBe("breaker_open");
  bench.atMs += 1;
  expect(bench.held()).toBeNull();
  const probe = bench.send();
  expect(bench.held()).toBe("breaker_open");
  bench.atMs += 50;
  probe.end({ kind: "ok" });
  expect(bench.held()).toBeNull();
  expect(bench.changes).toEqual(["opened", "closed"]);
});

test("a probe that fails doubles the time, up to a minute", () => {
  const bench = healthBench();
  times(5, () => bench.attempt(broken));
  const waits: number[] = [];
  times(8, () => {
    const held = bench.health.holds(true, bench.atMs);
    waits.push(held?.retryAfterMs ?? 0);
    bench.atMs += held?.retryAfterMs ?? 0;
    bench.attempt(broken);
  });
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test("a probe whose client leaves tells nothing, and the next request probes", () => {
  const bench = healthBench();
  times(5, () => bench.attempt(broken));
  bench.atMs += 1_000;
  bench.send().end({ kind: "aborted", why: "client-gone" });
  expect(bench.held()).toBeNull();
  expect(bench.changes).toEqual(["opened"]);
  bench.send().open.ended(null);
  expect(bench.held()).toBeNull();
});

test("what was sent before it opened neither closes it nor keeps it open", () => {
  const bench = healthBench();
  const [early, late] = [bench.send(), bench.send()];
  times(5, () => bench.attempt(broken));
  early.end({ kind: "ok" });
  expect(bench.held()).toBe("breaker_open");
  bench.atMs += 900;
  late.end({ kind: "failed", failure: broken });
  bench.atMs += 100;
  expect(bench.held()).toBeNull();
});

test.each([
  ["bad_request", undefined],
  ["context_exceeded", undefined],
  ["content_filtered", undefined],
  ["unavailable", "unsupported_parameter"],
  ["overloaded", "queue_full"],
  ["server_error", "internal_error"],
] as const)("a failure that is not the target's, %s %s, never leaves it alone", (cause, code) => {
  const bench = healthBench();
  const why = failure(cause, code === undefined ? {} : { code });
  times(40, () => bench.attempt(why));
  expect(bench.held()).toBeNull();
  expect(bench.health.measured("error_rate", bench.atMs)).toBeUndefined();
});

test("a server that is full now and then stays in use, one that refuses most is left alone", () => {
  const bench = healthBench();
  times(15, () => bench.attempt(failure("overloaded")));
  expect(bench.held()).toBeNull();
  times(5, () => bench.attempt(failure("overloaded")));
  expect(bench.held()).toBe("breaker_open");
});

test("nothing is sent before the time that a rate limit names, five minutes at most", () => {
  const bench = healthBench();
  bench.attempt(failure("rate_limited", { retryAfterMs: 2_000 }));
  expect(bench.health.holds(true, bench.atMs)).toMatchObject({
    cause: "rate_limited",
    retryAfterMs: 2_000,
    retrySame: true,
  });
  bench.attempt(failure("rate_limited", { retryAfterMs: 500 }));
  bench.atMs += 1_999;
  expect(bench.held()).toBe("target_paused");
  bench.atMs += 1;
  expect(bench.held()).toBeNull();
  for (const hint of [Number.NaN, -5, Number.NEGATIVE_INFINITY])
    bench.attempt(failure("rate_limited", { retryAfterMs: hint }));
  expect(bench.held()).toBeNull();
  bench.attempt(failure("rate_limited", { retryAfterMs: 1e12 }));
  bench.atMs += 299_999;
  expect(bench.held()).toBe("target_paused");
  bench.atMs += 1;
  expect(bench.held()).toBeNull();
  expect(bench.changes).toEqual(["paused", "paused"]);
});

test("a target with nothing left of a rate limit is passed over until then, but not by who has nowhere else to go", () => {
  const bench = healthBench();
  const book = (last: boolean): string | null => bench.health.holds(last, bench.atMs)?.code ?? null;
  bench.send().open.exhausted(2_000, bench.atMs);
  expect([book(false), book(true), bench.health.isEmpty(bench.atMs)]).toEqual([
    "target_paused",
    null,
    true,
  ]);
  expect(bench.health.holds(false, bench.atMs)).toMatchObject({
    cause: "rate_limited",
    retryAfterMs: 2_000,
  });
  bench.send().open.exhausted(500, bench.atMs);
  bench.atMs += 1_999;
  expect(book(false)).toBe("target_paused");
  bench.atMs += 1;
  expect([book(false), bench.health.isEmpty(bench.atMs)]).toEqual([null, false]);
  bench.send().open.exhausted(1e12, bench.atMs);
  bench.atMs += 300_000;
  expect(book(false)).toBeNull();
  expect(bench.changes).toEqual(["paused", "paused"]);
});

const heard = (openMs: number, pauseMs = 0) => ({ openMs, pauseMs });

test("what another gateway leaves alone is left alone here too, until a probe of its own", () => {
  const bench = healthBench();
  bench.health.hear(heard(2_000), bench.atMs);
  expect(bench.held()).toBe("breaker_open");
  expect(bench.changes).toEqual(["heard"]);
  // It says nothing of it in turn: nobody saw anything here.
  expect(bench.health.heldOff(bench.atMs)).toBeNull();
  bench.atMs += 2_000;
  bench.attempt(broken);
  expect(bench.held()).toBe("breaker_open");
  expect(bench.health.heldOff(bench.atMs)).toEqual({ openMs: 1_000, pauseMs: 0 });
  bench.atMs += 1_000;
  bench.attempt("ok");
  expect(bench.held()).toBeNull();
});

test("another gateway is not believed against one's own answers, nor for longer than a breaker may be open", () => {
  const bench = healthBench();
  times(3, () => bench.attempt("ok"));
  bench.attempt(broken);
  bench.health.hear(heard(2_000), bench.atMs);
  expect(bench.held()).toBeNull();
  const idle = healthBench();
  idle.health.hear(heard(1e12, 1e12), idle.atMs);
  idle.atMs += 90_000;
  expect(idle.held()).toBe("target_paused");
  idle.atMs += 210_000;
  expect(idle.held()).toBeNull();
});

test("a pause that another gateway was asked for holds here, and is not told on", () => {
  const bench = healthBench();
  times(3, () => bench.attempt("ok"));
  bench.health.hear(heard(0, 3_000), bench.atMs);
  expect([bench.held(), bench.health.heldOff(bench.atMs)]).toEqual(["target_paused", null]);
  bench.attempt(failure("rate_limited", { retryAfterMs: 1_000 }));
  expect(bench.health.heldOff(bench.atMs)).toEqual({ openMs: 0, pauseMs: 1_000 });
  bench.atMs += 2_999;
  expect(bench.held()).toBe("target_paused");
  bench.atMs += 1;
  expect(bench.held()).toBeNull();
});

test("rate limits without a hint leave it in use, an account without credit rests a minute", () => {
  const bench = healthBench();
  times(40, () => bench.attempt(failure("rate_limited")));
  expect(bench.held()).toBeNull();
  bench.attempt(failure("auth", { code: "insufficient_quota" }));
  bench.atMs += 59_999;
  expect(bench.held()).toBe("target_paused");
  bench.atMs += 1;
  expect(bench.held()).toBeNull();
});

test("after a recovery it is given more and more, and what has nowhere else to go is sent all the same", () => {
  const bench = healthBench();
  const busy = Array.from({ length: 100 }, () => bench.send());
  for (const each of busy) each.end({ kind: "failed", failure: broken });
  bench.atMs += 1_000;
  bench.attempt("ok");
  const admitted = (): number => {
    const sent = [];
    while (bench.health.holds(false, bench.atMs) === null && sent.length < 500)
      sent.push(bench.send());
    for (const each of sent) each.end({ kind: "ok" });
    return sent.length;
  };
  expect(bench.held()).toBeNull();
  const steps = [0, 2_000, 3_000, 4_000].map((afterMs) => {
    bench.atMs += afterMs;
    return admitted();
  });
  expect(steps[0]).toBe(1);
  expect(steps[1]).toBeGreaterThan(15);
  expect(steps[1]).toBeLessThan(25);
  expect(steps[2]).toBeGreaterThan(steps[1] ?? 0);
  bench.atMs += 1_000;
  expect(admitted()).toBe(500);
});

test("a target that is only being spared takes what has nowhere else to go", () => {
  const bench = healthBench();
  times(5, () => bench.attempt(broken));
  bench.atMs += 1_000;
  bench.attempt("ok");
  bench.send();
  expect(bench.health.holds(false, bench.atMs)?.code).toBe("slow_start");
  expect(bench.health.holds(true, bench.atMs)).toBeNull();
});

test("retries are a fifth of the first attempts in flight, and three where these are few", () => {
  const bench = healthBench();
  const retries = (): number => {
    const sent = [];
    while (bench.health.mayRetry()) sent.push(bench.send({ extra: true }));
    for (const each of sent) each.end({ kind: "ok" });
    return sent.length;
  };
  expect(retries()).toBe(3);
  times(50, () => bench.send());
  expect(retries()).toBe(10);
});

test("a retry that waits counts as one that runs, until it is given up", () => {
  const bench = healthBench();
  const waiting = [1, 2, 3].map(() => bench.health.retryWaits());
  expect(bench.health.mayRetry()).toBe(false);
  waiting[0]?.();
  waiting[0]?.();
  expect(bench.health.mayRetry()).toBe(true);
  bench.health.retryWaits();
  expect(bench.health.mayRetry()).toBe(false);
});

test("the time to the first token jumps up at once and comes down slowly", () => {
  const bench = healthBench();
  const begin = (afterMs: number): void => {
    const sent = bench.send({ streamed: true });
    bench.atMs += afterMs;
    sent.open.firstToken(bench.atMs);
    sent.end({ kind: "ok" });
  };
  const ttft = (): number | undefined => bench.health.measured("ttft", bench.atMs);
  expect(ttft()).toBeUndefined();
  begin(100);
  expect(ttft()).toBe(100);
  begin(900);
  expect(ttft()).toBe(900);
  begin(100);
  expect(ttft()).toBeGreaterThan(850);
  times(40, () => {
    bench.atMs += 1_000;
    begin(100);
  });
  expect(ttft()).toBeLessThan(150);
  bench.atMs += 300_001;
  expect(ttft()).toBeUndefined();
});

test("a stream that has been silent for longer than usual is seen while it is silent", () => {
  const bench = healthBench();
  const sent = bench.send({ streamed: true });
  bench.atMs += 3_000;
  expect(bench.health.measured("ttft", bench.atMs)).toBe(3_000);
  sent.end({ kind: "aborted", why: "deadline" });
  expect(bench.health.measured("ttft", bench.atMs)).toBeUndefined();
});

test("a target that refuses quickly counts as slow for as long as it asked, five seconds at least", () => {
  const bench = healthBench();
  bench.attempt(failure("rate_limited"), 5);
  expect(bench.health.measured("ttft", bench.atMs)).toBe(5_000);
  bench.atMs += 5_000;
  expect(bench.health.measured("ttft", bench.atMs)).toBeUndefined();
  bench.attempt(failure("rate_limited", { retryAfterMs: 20_000 }), 5);
  expect(bench.health.measured("ttft", bench.atMs)).toBe(20_000);
});

test("speed and latency are those of whole answers", () => {
  const bench = healthBench();
  const sent = bench.send({ streamed: true });
  bench.atMs += 500;
  sent.open.firstToken(bench.atMs);
  bench.atMs += 2_000;
  const usage = {
    ...{ inputTokens: 1, cachedReadTokens: 0, cachedWriteTokens: 0, outputTokens: 90 },
    ...{ reasoningTokens: 0, estimated: false },
  };
  sent.end({ kind: "ok" }, { firstTokenAtMs: 500, usage });
  expect(bench.health.measured("tps", bench.atMs)).toBe(45);
  expect(bench.health.measured("latency", bench.atMs)).toBe(2_500);
  expect(bench.health.measured("queue", bench.atMs)).toBe(0);
});
