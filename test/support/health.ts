import type { HealthSettings } from "../../src/configuration/configuration.ts";
import { defaultHealth } from "../../src/configuration/default-configuration.ts";
import type { Failure } from "../../src/protocol/failure.ts";
import type { OpenAttempt } from "../../src/runtime/dispatch/gate.ts";
import type { AttemptOutcome, AttemptRecord } from "../../src/runtime/dispatch/machine-types.ts";
import { type HealthChange, TargetHealth } from "../../src/runtime/resilience/target-health.ts";
import { failure } from "./machine-run.ts";

/** A target's health under a hand-moved time, with the turns it took. */
export interface HealthBench {
  readonly health: TargetHealth;
  readonly changes: HealthChange[];
  atMs: number;
  send(more?: { extra?: boolean; streamed?: boolean }): SentHere;
  /** An attempt that takes `tookMs` and then ends so. */
  attempt(outcome: "ok" | Failure, tookMs?: number): void;
  /** What a request that has nowhere else to go would hear; null where it is sent. */
  held(): string | null;
}

export interface SentHere {
  readonly open: OpenAttempt;
  end(outcome: AttemptOutcome, more?: Partial<AttemptRecord>): void;
}

export const broken = failure("server_error");

export function healthBench(settings: Partial<HealthSettings> = {}, draw = 0): HealthBench {
  const changes: HealthChange[] = [];
  const bench: HealthBench = {
    changes,
    atMs: 0,
    health: new TargetHealth({
      settings: () => ({ ...defaultHealth, ...settings }),
      random: () => draw,
      changed: (change) => changes.push(change),
    }),
    send({ extra = false, streamed = false } = {}) {
      const startedAtMs = bench.atMs;
      const open = bench.health.sent({ target: "a", extra, streamed, atMs: startedAtMs });
      return {
        open,
        end: (outcome, more = {}) =>
          open.ended({
            ...{
              attempt: 0,
              hedge: false,
              target: "a",
              step: 0,
              startedAtMs,
              firstTokenAtMs: null,
              usage: null,
            },
            ...{ endedAtMs: bench.atMs, outcome, ...more },
          }),
      };
    },
    attempt(outcome, tookMs = 0) {
      const sent = bench.send();
      bench.atMs += tookMs;
      sent.end(outcome === "ok" ? { kind: "ok" } : { kind: "failed", failure: outcome });
    },
    held: () => bench.health.holds(true, bench.atMs)?.code ?? null,
  };
  return bench;
}
