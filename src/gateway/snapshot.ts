import type { Configuration } from "../configuration/configuration.ts";
import type { Extractor } from "../extract/extractor.ts";
import type { FramePool } from "../extract/frame-pool.ts";
import type { Program } from "../language/program/program.ts";
import type { PolicyMeters, TargetMeters } from "../runtime/telemetry/metrics.ts";
import type { Upstream } from "../runtime/transport/chat-job.ts";
import type { KeyRing } from "./client-keys.ts";
import type { Doors } from "./doors.ts";

/** A policy in force, with all that a request needs of it made beforehand. */
export interface ActivePolicy {
  readonly name: string;
  readonly hash: string;
  /** When this hash came into force. */
  readonly sinceEpochMs: number;
  readonly program: Program;
  readonly extractor: Extractor;
  /** Value of `x-signalbox-policy`. */
  readonly header: string;
  readonly meters: PolicyMeters;
  readonly frames: FramePool;
  /** JSON text of the trust of its facts, the same for every record. */
  readonly trustJson: string;
}

/** A target in force, with its provider or the stand-in that plays it. */
export interface ActiveTarget extends Upstream {
  readonly standIn: boolean;
  readonly meters: TargetMeters;
}

/** Everything that one request is answered by: one version of configuration and policies, never a mixture of two. */
export interface Snapshot {
  /** Counts swaps from 1. */
  readonly version: number;
  readonly configuration: Configuration;
  readonly policies: ReadonlyMap<string, ActivePolicy>;
  readonly defaultPolicy: ActivePolicy;
  readonly targets: ReadonlyMap<string, ActiveTarget>;
  readonly doors: Doors;
  readonly keys: KeyRing;
}
