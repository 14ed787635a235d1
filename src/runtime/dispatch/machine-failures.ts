import type { Failure } from "../../protocol/failure.ts";
import type { Plan } from "../plan/plan.ts";

/** An attempt took longer than the plan's `timeout`. */
export const timeoutFailure: Failure = {
  cause: "timeout",
  retrySame: true,
  code: "upstream_timeout",
  message: "the model did not finish in time",
};

/** No meaningful piece of a stream came within the plan's `first-token`. */
export const firstTokenFailure: Failure = {
  cause: "first_token_timeout",
  retrySame: true,
  code: "ttft_timeout",
  message: "the model did not begin to answer in time",
};

/** A stream that had begun fell silent for longer than the plan's `idle`. */
export const idleFailure: Failure = {
  cause: "timeout",
  retrySame: false,
  code: "stream_idle_timeout",
  message: "the model stopped sending",
};

/** A stream that had begun brought fewer tokens per second than the plan's `tps`. */
export const slowFailure: Failure = {
  cause: "timeout",
  retrySame: false,
  code: "stream_too_slow",
  message: "the model answers too slowly",
};

/** The plan's `deadline` passed; nothing may be tried after it. */
export const deadlineFailure: Failure = {
  cause: "timeout",
  retrySame: false,
  code: "deadline_exceeded",
  message: "the request's deadline passed",
};

/** One more attempt could cost more than the plan's `cost at most` leaves. */
export const costFailure: Failure = {
  cause: "budget_exceeded",
  retrySame: false,
  code: "cost_ceiling",
  message: "what is left of the policy's ceiling on cost does not pay for another attempt",
};

/** No step of the plan has a target, and the client named a model that is not known. */
const modelNotFound: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "model_not_found",
  message: "the model does not exist or is not served here",
};

const noCandidate: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "no_candidate",
  message: "no model that the policy allows is available",
};

/** What a step without a target raises: `model_not_found` where the whole plan has none and the client's model is unknown. */
export function noTargetFailure(plan: Plan): Failure {
  const unknownModel =
    plan.steps.every((step) => step.target === null) &&
    plan.steps.some((step) => step.missing === "requested");
  return unknownModel ? modelNotFound : noCandidate;
}

/** A fault of the gateway itself in the middle of a dispatch. */
export const ourFault: Failure = {
  cause: "server_error",
  retrySame: false,
  code: "internal_error",
  message: "the gateway failed while handling the model's answer",
};
