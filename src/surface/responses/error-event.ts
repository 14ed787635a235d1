import type { ApiProblem } from "../../protocol/api-error.ts";
import { encodeSse } from "../../protocol/sse.ts";

/** The event that breaks a stream off: clients of this wire raise on it, and on no other. */
export function errorEvent(problem: ApiProblem, sequenceNumber: number): string {
  const { code, message, param } = problem;
  const event = { type: "error", sequence_number: sequenceNumber, code, message, param };
  return encodeSse(JSON.stringify(event), "error");
}
