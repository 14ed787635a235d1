import type { ApiProblem } from "../../protocol/api-error.ts";
import type { Failure } from "../../protocol/failure.ts";
import { failureToProblem } from "../../protocol/failure-to-problem.ts";
import type { UnansweredCode } from "../../protocol/unanswered.ts";
import type { Usage } from "../../protocol/usage.ts";

/** How a line ended. */
export type LineEnd =
  /** `body` is JSON text in the client's dialect. */
  | { readonly kind: "answer"; readonly body: string; readonly usage: Usage | null }
  /** An error as a call of its own would have got it; `body` is its envelope. */
  | { readonly kind: "problem"; readonly problem: ApiProblem; readonly body: string }
  /** Never answered. */
  | { readonly kind: "unanswered"; readonly code: UnansweredCode };

const messages = {
  batch_expired: "this request was not answered before the batch expired",
  batch_cancelled: "this request was not answered before the batch was cancelled",
} as const;

/** Writes a problem in the envelope of a line's surface. */
export type WriteProblem = (problem: ApiProblem) => string;

/** A line that ended by a provider's failure. */
export function endByFailure(failure: Failure, write: WriteProblem): LineEnd {
  const problem = failureToProblem(failure);
  return { kind: "problem", problem, body: write(problem) };
}

/** One line of an output or error file (wire-formats §1.15). `requestId` is the one in the gateway's records. */
export function resultLine(
  line: { readonly batch: string; readonly n: number; readonly customId: string },
  requestId: string,
  end: LineEnd,
): string {
  const id = `batch_req_${line.batch.replace(/^batch_/, "")}_${line.n}`;
  const head = `{"id":${JSON.stringify(id)},"custom_id":${JSON.stringify(line.customId)}`;
  if (end.kind === "unanswered") {
    const error = JSON.stringify({ code: end.code, message: messages[end.code] });
    return `${head},"response":null,"error":${error}}`;
  }
  const status = end.kind === "answer" ? 200 : end.problem.status;
  // A provider's bytes may be laid out over several lines.
  const body = /[\r\n]/.test(end.body) ? JSON.stringify(JSON.parse(end.body)) : end.body;
  return `${head},"response":{"status_code":${status},"request_id":${JSON.stringify(requestId)},"body":${body}},"error":null}`;
}

/** HTTP status of a line's end, for the record. */
export function statusOf(end: LineEnd): number {
  if (end.kind === "answer") return 200;
  return end.kind === "problem" ? end.problem.status : 504;
}
