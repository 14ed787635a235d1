import type { Failure } from "../../protocol/failure.ts";
import type { BilledTier, Usage } from "../../protocol/usage.ts";
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
  readonly tier: BilledTier | null;
  readonly ended: (result: DispatchResult) => void;
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
  readonly #tier: BilledTier | null;
  readonly #ended: (result: DispatchResult) => void;
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
    this.#tier = parts.tier;
    this.#ended = parts.ended;
  }

  promptTokens(): number {
    return this.inputTokens;
  }

  finished(result: DispatchResult): void {
    this.#ended(result);
  }

  /** What the log tells of what became of it; nothing of a copy. */
  get logged(): LoggedOutcome {
    this.#outcome ??= this.request.outcome();
    return this.#outcome;
  }

  /** Which attempt at a target the next one is, from 0. */
  nextAt(target: string): number {
    const nth = this.#tried.get(target) ?? 0;
    this.#tried.set(target, nth + 1);
    return nth;
  }

  /**
   * What an answer of a target uses. Cached tokens were cached, and a tier served, where the request was served; elsewhere all of the prompt
   * is plain, and the tier the one asked for.
   */
  usageAt(target: string, outputTokens = this.outputTokens): Usage {
    const served = this.request.usage?.served ?? null;
    if (served?.target === target && outputTokens === this.outputTokens) return served.usage;
    return {
      inputTokens: this.inputTokens,
      cachedReadTokens: 0,
      cachedWriteTokens: 0,
      outputTokens,
      reasoningTokens: 0,
      estimated: true,
      ...(this.#tier === null ? {} : { tier: this.#tier }),
    };
  }
}

/** Whether the client asked for a stream, as far as the log tells: a first token is told of streams alone. */
function isStreamed({ facts, chat, latency }: LoggedRequest): boolean {
  const said = chat === null ? facts?.["stream"] : chat.body.stream;
  return typeof said === "boolean" ? said : latency?.firstTokenMs != null;
}
