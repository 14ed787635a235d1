import type { EconomicsOptions } from "./economics/economics.ts";
import type { ShownOutages, TargetModel } from "./models/target-model.ts";
import type { Scenario } from "./replay/scenario.ts";

/** How a log is replayed on a virtual world. */
export interface ReplayOptions {
  readonly scenario: Scenario;
  /** How targets behave where the log does not tell. */
  readonly modelOf: (target: string) => TargetModel;
  /** Outages that the log shows: what it tells nothing of is down then too. */
  readonly outages?: ShownOutages | null;
  /** Whether what the log tells of an attempt is played again; else all are drawn from models. */
  readonly playsLog: boolean;
  /** The log's own times pass so many times as fast. */
  readonly speed: number;
  /** Requests per second in place of the log's own times; null for those. */
  readonly perSecond: number | null;
  /** When the log begins, in milliseconds since the epoch; null, or left out, for its own first time, else a fixed moment. */
  readonly beginsAtMs?: number | null;
  /** What of the conditions asked for cannot be played, in words. */
  readonly notPlayed?: readonly string[];
  /** Requests that come before are played, so that limits, health and caches are warm, and not counted; milliseconds since the epoch. */
  readonly countFromMs?: number;
  /** Has the report say what the log comes to in money. */
  readonly economics?: EconomicsOptions;
}
