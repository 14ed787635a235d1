import { SeededRandom } from "../../src/base/random.ts";
import {
  type LoggedAttempt,
  type LoggedRequest,
  untoldOutcome,
} from "../../src/simulator/logged-request.ts";
import { drawAttempt } from "../../src/simulator/models/draw-attempt.ts";
import type { Quantiles } from "../../src/simulator/models/quantiles.ts";
import { levels } from "../../src/simulator/models/quantiles.ts";
import type { TargetModel } from "../../src/simulator/models/target-model.ts";

/** A log-normal distribution around 1, by trials. */
export function logNormal(sigma: number): Quantiles {
  const random = new SeededRandom().from(1, 2, 3);
  const values = Array.from({ length: 100_000 }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return Math.exp(sigma * radius * Math.cos(2 * Math.PI * random.next()));
  }).sort((one, other) => one - other);
  return levels.map((level) => values[Math.min(Math.floor(level * 100_000), 99_999)]!);
}

/** A target that answers, and never fails. */
export const steady: TargetModel = {
  ...{ attempts: 0, answers: 0, usual: null, silent: 0, together: 0 },
  firstToken: { baseMs: 200, perTokenMs: 0.05, ratios: logNormal(0.35) },
  rest: { baseMs: 0, perTokenMs: 11, ratios: logNormal(0.2) },
  ...{ failures: [], breaks: [], capacity: null, throttle: null },
};

/** A request of a log, with one attempt at `a`. */
export function requestWith(
  attempt: Partial<LoggedAttempt>,
  more: {
    readonly atMs?: number | null;
    readonly streamed?: boolean;
    readonly input?: number;
    readonly output?: number | null;
  } = {},
): LoggedRequest {
  const { atMs = 0, streamed = true, input = 100, output = null } = more;
  const whole: LoggedAttempt = {
    ...{ target: "a", outcome: "ok", status: null, code: null, startMs: 0, retryAfterMs: null },
    ...{ firstTokenMs: null, endMs: null, inputTokens: null, outputTokens: null },
    ...attempt,
  };
  return {
    ...{ line: 1, file: null, format: "records", id: "r", atMs, offsetMs: null },
    ...{ facts: {}, chat: null, seed: null, latency: null },
    usage: { input, output, served: null },
    outcome: () => ({ ...untoldOutcome, streamed, attempts: [whole] }),
  };
}

/** What a limit of the gateway's, or of the log's own, makes of attempts. */
export interface LogOptions {
  readonly count: number;
  readonly streamed?: boolean;
  /** Time between two requests, in milliseconds. */
  readonly everyMs?: number;
  readonly firstTokenLimitMs?: number;
  readonly leavesAfterMs?: (random: SeededRandom) => number;
  readonly seed?: number;
}

/** Requests as a log of a gateway before such a target tells them: prompts of 20 to 4,000 tokens, answers of 1 to 600. */
export function* logOf(model: TargetModel, options: LogOptions): Generator<LoggedRequest> {
  const { count, streamed = true, everyMs = 1_000, seed = 1 } = options;
  const sizes = new SeededRandom();
  const luck = new SeededRandom();
  for (let at = 0; at < count; at += 1) {
    sizes.from(seed, at, 1);
    const input = Math.round(20 * 200 ** sizes.next());
    const outputTokens = Math.round(600 ** sizes.next());
    const random = luck.from(seed, at, 2);
    const script = drawAttempt(model, { random, inputTokens: input, outputTokens, streamed });
    const leaves = options.leavesAfterMs?.(sizes) ?? Number.POSITIVE_INFINITY;
    const limit = streamed ? (options.firstTokenLimitMs ?? 60_000) : 60_000;
    const first = streamed ? script.firstTokenMs : null;
    const endMs = script.end?.afterMs ?? Number.POSITIVE_INFINITY;
    const more = { atMs: at * everyMs, streamed, input, output: outputTokens };
    const begins = Math.min(first ?? endMs, endMs);
    const startMs = 3;
    if (Math.min(leaves, limit) < begins) {
      yield requestWith(
        leaves < limit
          ? { startMs, outcome: "aborted", endMs: startMs + leaves }
          : {
              ...{ startMs, outcome: "first_token_timeout", code: "ttft_timeout" },
              endMs: startMs + limit,
            },
        more,
      );
    } else if (leaves < endMs) {
      const firstTokenMs = first === null ? null : startMs + first;
      yield requestWith(
        { startMs, outcome: "aborted", firstTokenMs, endMs: startMs + leaves },
        more,
      );
    } else {
      const { failure = null, usage = null } = script.end ?? {};
      yield requestWith(
        {
          ...{ startMs, outcome: failure?.cause ?? "ok", status: failure?.status ?? null },
          firstTokenMs: first === null ? null : startMs + first,
          endMs: startMs + endMs,
          inputTokens: failure === null ? input : null,
          outputTokens: usage?.outputTokens ?? null,
        },
        more,
      );
    }
  }
}
