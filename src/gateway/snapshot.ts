import type { Configuration } from "../configuration/configuration.ts";
import type { Extractor } from "../extract/extractor.ts";
import type { FactReader } from "../extract/fact-readers.ts";
import type { FramePool } from "../extract/frame-pool.ts";
import type { Program } from "../language/program/program.ts";
import type { LedgerFacts, Tally } from "../runtime/plan/ledger-facts.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { PlanAction } from "../runtime/plan/route-needs.ts";
import type { PolicyMeters } from "../runtime/telemetry/metrics.ts";
import type { KeyRing } from "./client-keys.ts";
import type { Doors } from "./doors.ts";
import type { FurtherFacts } from "./further-facts.ts";
import type { Bundle } from "./reload/load.ts";
import type { TargetTable } from "./target-table.ts";

/** A policy in force, with all that a request needs of it made beforehand. */
export interface ActivePolicy {
  readonly name: string;
  readonly hash: string;
  /** When this hash came into force. */
  readonly sinceEpochMs: number;
  readonly program: Program;
  /** The texts it was made from, to be explained by. */
  readonly bundle: Bundle;
  readonly extractor: Extractor;
  /** Value of `x-signalbox-policy`. */
  readonly header: string;
  readonly meters: PolicyMeters;
  readonly frames: FramePool;
  /** JSON text of the trust of its facts, the same for every record. */
  readonly trustJson: string;
  /** Whether any of its rules may weigh what targets have of a prompt in their caches. */
  readonly weighsCache: boolean;
  /** What its records hold beyond its own facts; null for nothing. */
  readonly further: FurtherFacts | null;
  /** Whether any of its plans may count requests. */
  readonly mayCount: boolean;
  /** Whether any of its plans may find answers by meaning. */
  readonly seeksMeaning: boolean;
  /** What its rules ask of the ledger; null for nothing. */
  readonly asksLedger: LedgerFacts<FactReader> | null;
}

/** Everything that one request is answered by: one version of configuration and policies, never a mixture of two. */
export interface Snapshot {
  /** Counts swaps from 1. */
  readonly version: number;
  readonly configuration: Configuration;
  readonly policies: ReadonlyMap<string, ActivePolicy>;
  readonly defaultPolicy: ActivePolicy;
  readonly targets: TargetTable;
  /** Plans that are the same for every request, made when first needed. */
  readonly fixedPlans: Map<PlanAction, Plan>;
  readonly doors: Doors;
  readonly keys: KeyRing;
  /** What is counted of every request, since some policy asks for it. */
  readonly tallies: readonly Tally<FactReader>[];
}
