import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JobAction, type JobEvent, stepJob } from "../../../src/runtime/batch/job-machine.ts";
import { defaultLaneLimits as limits } from "../../../src/runtime/batch/limits.ts";
import type { ProviderBatch } from "../../../src/runtime/providers/batch-wire.ts";
import type { ProviderJob } from "../../../src/runtime/store/batch-records.ts";

const newJob: ProviderJob = {
  id: "sbx_1",
  target: "gpt",
  path: "/v1/chat/completions",
  lines: 3,
  state: "new",
  doubtful: false,
  uploadId: null,
  batchId: null,
  results: [],
  unanswered: "lost",
  begunAtMs: 0,
  tries: 0,
  nextAtMs: 0,
  deadlineMs: 86_400_000,
  cancel: "no",
};

const lostCall = { cause: "network", retrySame: true, message: "gone" } as const;
const refusedCall = { cause: "bad_request", retrySame: false, status: 400, message: "no" } as const;

/**
 * A provider that does what it is asked, unless the call is lost on the way there or its answer on the way back, and a process
 * that may end at any moment. `chance` says what happens next.
 */
class Model {
  uploads = 0;
  batches = 0;
  polls = 0;
  job = newJob;
  atMs = 0;
  over = false;
  readonly #uploads: boolean;
  readonly #chance: () => number;

  constructor(uploads: boolean, chance: () => number) {
    this.#uploads = uploads;
    this.#chance = chance;
  }

  run(): void {
    for (let rounds = 0; rounds < 500 && this.job.state !== "over"; rounds += 1) {
      this.atMs = Math.max(this.atMs, this.job.nextAtMs);
      this.#take({ kind: "due" });
    }
    this.over = this.job.state === "over";
  }

  #take(event: JobEvent): void {
    const step = stepJob(this.job, event, { atMs: this.atMs, limits, uploads: this.#uploads });
    this.job = step.job;
    if (step.action === null) return;
    if (this.#chance() === 1) {
      // Ended before the call; the next start reads what was written.
      this.#take({ kind: "restarted" });
      return;
    }
    const answer = this.#call(step.action);
    if (answer === null) return;
    if (this.#chance() === 2) this.#take({ kind: "restarted" });
    else if (this.#chance() === 3) {
      const looking = step.action.kind.startsWith("look");
      this.#take({ kind: "failed", failure: lostCall, looking });
    } else this.#take(answer);
  }

  #call(action: JobAction): JobEvent | null {
    switch (action.kind) {
      case "upload":
        this.uploads += 1;
        return { kind: "uploaded", id: `file-${this.uploads}` };
      case "look-for-upload":
        return this.uploads > 0 ? { kind: "uploaded", id: "file-1" } : { kind: "absent" };
      case "create":
        this.batches += 1;
        return { kind: "told", batch: this.#batch() };
      case "look-for-batch":
        if (this.batches === 0) return { kind: "absent" };
        return this.#chance() === 4
          ? { kind: "undecided" }
          : { kind: "told", batch: this.#batch() };
      case "poll":
        this.polls += 1;
        return { kind: "told", batch: this.#batch() };
      case "cancel":
        return { kind: "cancel-taken" };
      case "collect":
        return { kind: "collected" };
      case "give-up":
        return null;
    }
  }

  #batch(): ProviderBatch {
    const state = this.polls > 3 ? "ended" : "running";
    return { id: "batch_1", state, results: ["r"], unanswered: "lost", failure: null };
  }
}

test.each([true, false])(
  "whatever is lost and whenever it ends, a batch is made once and collected (uploads: %s)",
  (uploads) => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(12)), (stream) => {
        const model = new Model(uploads, () => stream.next().value ?? 0);
        model.run();
        expect(model.over).toBe(true);
        expect(model.batches).toBe(1);
        expect(model.uploads).toBe(uploads ? 1 : 0);
      }),
    );
  },
);

describe("a job", () => {
  const parts = { atMs: 1000, limits, uploads: true };

  test("waits longer from look to look, up to a bound", () => {
    let job: ProviderJob = { ...newJob, state: "running", batchId: "b" };
    const batch = { id: "b", results: [], unanswered: "lost", failure: null } as const;
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      job = stepJob(job, { kind: "told", batch: { ...batch, state: "running" } }, parts).job;
      waits.push(job.nextAtMs - parts.atMs);
    }
    expect(waits.slice(0, 4)).toEqual([15_000, 30_000, 60_000, 120_000]);
    expect(waits.at(-1)).toBe(limits.pollMostMs);
  });

  test("waits as long as a provider asks", () => {
    const failure = {
      ...lostCall,
      cause: "rate_limited",
      status: 429,
      retryAfterMs: 3_600_000,
    } as const;
    const job: ProviderJob = { ...newJob, state: "running", batchId: "b" };
    const step = stepJob(job, { kind: "failed", failure, looking: false }, parts);
    expect(step.job.nextAtMs).toBe(parts.atMs + 3_600_000);
  });

  test.each(["uploading", "creating"] as const)(
    "that is refused while %s gives its lines back, with the reason",
    (state) => {
      const failed = { kind: "failed", failure: refusedCall, looking: false } as const;
      const step = stepJob({ ...newJob, state }, failed, parts);
      expect(step).toMatchObject({ job: { state: "over" }, action: { failure: refusedCall } });
    },
  );

  test("that can never be found out about is not sent again", () => {
    const failed = { kind: "failed", failure: refusedCall, looking: true } as const;
    const step = stepJob({ ...newJob, state: "creating", doubtful: true }, failed, parts);
    expect(step).toMatchObject({ action: { failure: { code: "batch_uncertain" } } });
  });

  test("that was called back before it was sent is never sent", () => {
    const { job } = stepJob(newJob, { kind: "cancel" }, parts);
    const step = stepJob(job, { kind: "due" }, parts);
    expect(step).toMatchObject({
      job: { state: "over", unanswered: "cancelled" },
      action: { kind: "give-up" },
    });
  });

  test("that was called back while it was made is cancelled as soon as its name is known", () => {
    const making: ProviderJob = { ...newJob, state: "creating" };
    const { job } = stepJob(making, { kind: "cancel" }, parts);
    const batch = {
      id: "b",
      state: "running",
      results: [],
      unanswered: "lost",
      failure: null,
    } as const;
    const step = stepJob(job, { kind: "told", batch }, parts);
    expect(step).toMatchObject({ job: { batchId: "b" }, action: { kind: "cancel" } });
  });
});
