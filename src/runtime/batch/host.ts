import type { ApiProblem } from "../../protocol/api-error.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
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
  | { readonly kind: "plan"; readonly grounds: LineGrounds; readonly plan: Plan };

/** A line that has its result. */
export interface EndedLine {
  readonly batch: Batch;
  readonly work: LineWork;
  readonly outcome: "ok" | "failed" | "rejected";
  readonly status: number;
  readonly endedAtMs: number;
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
  /** Told once for each line that was decided. */
  ended(line: EndedLine): void;
}
