import type { Clock } from "../base/clock.ts";
import type { RunningSpend } from "../catalog/month-spend.ts";
import type { LiveTargets } from "../catalog/target-fact.ts";
import type { Admission } from "../runtime/overload/admission.ts";
import type { HealthBook } from "../runtime/resilience/health-book.ts";
import type { DecisionLog } from "../runtime/telemetry/decision-log.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import type { Metrics } from "../runtime/telemetry/metrics.ts";
import type { Traces } from "../runtime/telemetry/traces.ts";
import type { SocketWorld } from "../runtime/transport/socket-world.ts";
import type { AnswerCache } from "./answer-cache.ts";
import type { BatchAccess } from "./batch-access.ts";
import type { Classifier } from "./classifier.ts";
import type { Explainer } from "./explainer.ts";
import type { Impatience } from "./impatience.ts";
import type { KeyBook } from "./key-book.ts";
import type { LiveRequests } from "./live-requests.ts";
import type { LocalServers } from "./local-servers.ts";
import type { PolicyShadows } from "./policy-shadows.ts";
import type { PromptMemory } from "./prompt-memory.ts";
import type { Recorder } from "./recorder.ts";
import type { LoadProblem } from "./reload/load.ts";
import type { RequestLimits } from "./request-limits.ts";
import type { Shadows } from "./shadows.ts";
import type { SharedGateways } from "./shared-gateways.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StickyMemory } from "./sticky.ts";
import type { TokenCounts } from "./token-counts.ts";
import type { Rollback, RollbackProblem, VersionBook } from "./version-book.ts";

/** Why a policy's file, or the configuration (policy null), is not in force as it stands. */
export interface Trouble extends LoadProblem {
  readonly sinceEpochMs: number;
}

/** What came of reading the files anew. `problems` tell what stayed as it was. */
export interface ReloadEvent {
  readonly result: "swapped" | "refused" | "unchanged";
  /** The version in force afterwards. */
  readonly version: number;
  /** Names of policies with another hash than before, and of new ones. */
  readonly changed: readonly string[];
  readonly problems: readonly LoadProblem[];
  /** From the first reading to the swap. */
  readonly tookMs: number;
  /** How long putting the load in force held the event loop; 0 where nothing was. */
  readonly swapMs: number;
}

/** What the parts of a gateway share. `snapshot` is replaced as a whole; whoever needs it twice keeps the reference. */
export interface Core {
  snapshot: Snapshot;
  stopping: boolean;
  troubles: readonly Trouble[];
  decisionLog: DecisionLog;
  readonly recorder: Recorder;
  readonly explainer: Explainer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Null where none are kept. */
  traces: Traces | null;
  readonly world: SocketWorld;
  /** Says whether new work is taken. */
  readonly admission: Admission;
  /** What policies count, and the ledger. */
  readonly limits: RequestLimits;
  /** Answers that are kept. */
  readonly cache: AnswerCache;
  readonly live: LiveRequests;
  readonly batches: BatchAccess;
  /** Clients' keys that were made at run time. */
  readonly keys: KeyBook;
  readonly liveTargets: LiveTargets;
  /** How attempts at each target fared, and the gate before them. */
  readonly health: HealthBook;
  /** Which targets have which beginnings of prompts in their caches. */
  readonly prompts: PromptMemory;
  /** How targets count the tokens of prompts. */
  readonly counts: TokenCounts;
  /** What it shares with other gateways. */
  readonly shared: SharedGateways;
  /** Which targets sessions stay with. */
  readonly sticky: StickyMemory;
  /** Copies of requests on their way beside them. */
  readonly shadows: Shadows;
  /** Which targets are too slow for what holds requests up. */
  readonly impatience: Impatience;
  /** Policies that decide beside those in force. */
  readonly policyShadows: PolicyShadows;
  /** What is asked what texts ask for. */
  readonly classifier: Classifier;
  /** What was spent by provider since the gateway started. */
  readonly spend: RunningSpend;
  readonly servers: LocalServers;
  /** A seed for one decision: whole, below 2³². */
  nextSeed(): number;
  readonly versions: VersionBook;
  /** Reads the files now. Gates have no say on what becomes of the policy that an operator puts back; null for none. */
  reload(putBack: string | null): Promise<ReloadEvent>;
  rollBack(order: Rollback): Promise<ReloadEvent | RollbackProblem>;
  /** Begins a graceful stop, and returns at once. */
  drain(): void;
}
