import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { ApiProblem } from "../../protocol/api-error.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { UnansweredCode } from "../../protocol/unanswered.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import type { Plan } from "../plan/plan.ts";
import type { Batch } from "../store/batch-records.ts";
import type { Upstream } from "../transport/model-job.ts";

/** What a decision record will say of a line beyond how it went; plain data, kept with the line. */
export interface LineGrounds {
  readonly id: string;
  readonly arrivedAtEpochMs: number;
  readonly policy: string;
  readonly hash: string;
  readonly factsJson: string;
  readonly trustJson: string;
  readonly askedJson: string;
  readonly rule: string;
  readonly seed: number;
}

/** What was decided for a line, kept until its result is there. Times of attempts are milliseconds since the epoch. */
export interface LineWork {
  readonly grounds: LineGrounds;
  /** The plan as far as it is carried out here; null where there is none to carry out. */
  readonly plan: Plan | null;
  readonly attempts: readonly AttemptRecord[];
  /** Steps of the plan that are behind it. */
  readonly from: number;
  /** Where the answer may be one that was kept, or be kept; absent where neither. */
  readonly cached?: CachedLine;
}

/** What a line's answer is kept by. */
export interface CachedLine {
  readonly key: string;
  readonly tenant: string;
  readonly target: string;
  readonly tags: readonly string[];
  /** The weights behind the target when the line was decided; null where nobody says. */
  readonly weights: string | null;
  readonly forMs: number;
  readonly staleMs: number;
  /** Age of the kept answer that the line was given; null where it is asked for. */
  readonly ageMs: number | null;
}

/** What a target said to a line. */
export interface LineAnswer {
  readonly target: string;
  /** What told its model from others when it was asked; null where nobody knows. */
  readonly identity: string | null;
  readonly events: readonly AnswerEvent[];
  readonly request: ModelRequest;
}

/** A line to be decided: its body, under the batch it is of. */
export interface AskedLine {
  readonly batch: Batch;
  readonly bytes: Uint8Array;
}

export type LineDecision =
  /** `grounds` are null where nothing was decided, as the body is no request. */
  | {
      readonly kind: "refused";
      readonly problem: ApiProblem;
      readonly grounds: LineGrounds | null;
    }
  /** Answered by what was kept: `body` is JSON text in the client's dialect. */
  | {
      readonly kind: "answered";
      readonly grounds: LineGrounds;
      readonly cached: CachedLine;
      readonly body: string;
      readonly usage: Usage | null;
    }
  | {
      readonly kind: "plan";
      readonly grounds: LineGrounds;
      readonly plan: Plan;
      readonly cached?: CachedLine;
    };

/** A line that has its result. */
export interface EndedLine {
  readonly batch: Batch;
  readonly work: LineWork;
  readonly outcome: "ok" | "failed" | "rejected";
  readonly status: number;
  /** Why it was never answered; absent where it was, or failed. */
  readonly code?: UnansweredCode;
  readonly endedAtMs: number;
  /** Where it came whole and may be kept. */
  readonly answer: LineAnswer | null;
}

/** What the lane asks of the gateway around it. */
export interface LaneHost {
  /** Decides a line under the policies in force now. */
  decide(line: AskedLine): Promise<LineDecision>;
  /** Reads a line's body as the surface of its batch does; null when it is none that this surface takes. */
  read(batch: Pick<Batch, "endpoint" | "headers">, bytes: Uint8Array): ModelRequest | null;
  /** A problem in the envelope of an endpoint's surface, as JSON text. */
  problemBody(endpoint: string, problem: ApiProblem): string;
  upstreamOf(target: string): Upstream | undefined;
  /** What tells a target's model, as it is configured now, from others: text that is the same as long as that is. */
  identityOf(target: string): string | null;
  /** Told once for each line that was decided. */
  ended(line: EndedLine): void;
}
