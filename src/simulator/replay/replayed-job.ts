import type { Failure } from "../../protocol/failure.ts";
import { type BilledTier, estimatedUsage, type Usage } from "../../protocol/usage.ts";
import type { DispatchResult } from "../../runtime/dispatch/machine-types.ts";
import type { Job } from "../../runtime/dispatch/world.ts";
import type { Plan } from "../../runtime/plan/plan.ts";
import type { LoggedOutcome, LoggedRequest } from "../logged-request.ts";

export interface ReplayedJobParts {
  readonly request: LoggedRequest;
  readonly copy: number;
  /** The request's own seed, or one that stands for it: under another policy it meets the same luck at the same target. */
  readonly seed: string | number;
  readonly plan: Plan;
  readonly caller: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** The tier that a target serves the request in; null for that of the list price. */
  readonly tierAt: (target: string) => BilledTier | null;
  readonly ended: (result: DispatchResult) => void;
  /** Told of the target whose answer becomes the client's, and whether it goes on with another's. */
  readonly begins?: (target: string, continues: boolean) => void;
}

/** A request of the log on its way through a virtual world. */
export class ReplayedJob implements Job {
  readonly request: LoggedRequest;
  readonly copy: number;
  readonly seed: string | number;
  plan: Plan;
  readonly caller: string;
  readonly streamed: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Why the plan's first step is not to be tried. */
  refused: Failure | undefined = undefined;
  /** When its first token came, in milliseconds of the world. */
  firstTokenAtMs: number | null = null;
  readonly #tierAt: ReplayedJobParts["tierAt"];
  readonly #ended: (result: DispatchResult) => void;
  /** An answer of this target is the client's from now on; absent where nobody wants to know. */
  readonly begins: ReplayedJobParts["begins"] | undefined;
  #outcome: LoggedOutcome | null = null;
  /** Attempts made so far, by target. */
  readonly #tried = new Map<string, number>();

  constructor(parts: ReplayedJobParts) {
    this.request = parts.request;
    this.copy = parts.copy;
    this.seed = parts.seed;
    this.plan = parts.plan;
    this.caller = parts.caller;
    this.streamed = isStreamed(parts.request);
    this.inputTokens = parts.promptTokens;
    this.outputTokens = parts.outputTokens;
    this.#tierAt = parts.tierAt;
    this.#ended = parts.ended;
    this.begins = parts.begins;
  }

  promptTokens(): number {
    return this.inputTokens;
  }

  finished(result: DispatchResult): void {
    this.#ended(result);
  }

  /** What the log tells of what became of it. */
  get logged(): LoggedOutcome {
    this.#outcome ??= this.request.outcome();
    return this.#outcome;
  }

  /** Attempts made at a target so far. */
  triedAt(target: string): number {
    return this.#tried.get(target) ?? 0;
  }

  /** One more is made there. */
  tries(target: string): void {
    this.#tried.set(target, this.triedAt(target) + 1);
  }

  /**
   * What an answer of a target uses. Cached tokens were cached, and a tier served, where the request was served; elsewhere all of the prompt
   * is plain, and the tier the one asked for.
   */
  usageAt(target: string, outputTokens = this.outputTokens): Usage {
    const served = this.request.usage?.served ?? null;
    if (served?.target === target && outputTokens === this.outputTokens)
      return this.#atOnce(served.usage, target);
    return this.#withTier(estimatedUsage(this.inputTokens, outputTokens), target);
  }

  /** What waited then is sent at once, at the price of that: whether it waits here its line knows. */
  #atOnce(usage: Usage, target: string): Usage {
    if (usage.tier !== "batch") return usage;
    const { tier: _tier, ...rest } = usage;
    return this.#withTier(rest, target);
  }

  #withTier(usage: Usage, target: string): Usage {
    const tier = this.#tierAt(target);
    return tier === null ? usage : { ...usage, tier };
  }
}

/** Whether the client asked for a stream, as far as the log tells: a first token is told of streams alone. */
function isStreamed({ facts, chat, latency }: LoggedRequest): boolean {
  const said = chat === null ? facts?.["stream"] : chat.body.stream;
  return typeof said === "boolean" ? said : latency?.firstTokenMs != null;
}
