import { expect, test } from "vitest";
import {
  openAiErrorBody,
  openAiErrorEvent,
  retryAfterSeconds,
} from "../../src/protocol/api-error.ts";
import { causes } from "../../src/protocol/cause.ts";
import type { Failure } from "../../src/protocol/failure.ts";
import { failureToProblem } from "../../src/protocol/failure-to-problem.ts";

test.each<[Partial<Failure> & Pick<Failure, "cause">, number, string, string]>([
  [{ cause: "auth", status: 401 }, 502, "upstream_error", "upstream_auth_failed"],
  [
    { cause: "auth", status: 403, code: "invalid_api_key" },
    502,
    "upstream_error",
    "upstream_auth_failed",
  ],
  [
    { cause: "auth", status: 402, code: "insufficient_quota" },
    429,
    "insufficient_quota",
    "insufficient_quota",
  ],
  [
    { cause: "rate_limited", status: 429, code: "slow_down" },
    429,
    "rate_limit_error",
    "rate_limit_exceeded",
  ],
  [{ cause: "overloaded", status: 529 }, 503, "overloaded_error", "upstream_overloaded"],
  [{ cause: "timeout" }, 504, "timeout_error", "upstream_timeout"],
  [{ cause: "timeout", code: "deadline_exceeded" }, 504, "timeout_error", "deadline_exceeded"],
  [{ cause: "first_token_timeout" }, 504, "timeout_error", "ttft_timeout"],
  [{ cause: "server_error", status: 500 }, 502, "upstream_error", "upstream_error"],
  [
    { cause: "server_error", code: "upstream_bad_response" },
    502,
    "upstream_error",
    "upstream_bad_response",
  ],
  [{ cause: "network", code: "ECONNREFUSED" }, 502, "upstream_error", "upstream_unreachable"],
  [
    { cause: "unavailable", status: 404, code: "upstream_model_missing" },
    502,
    "upstream_error",
    "upstream_model_missing",
  ],
  [
    { cause: "context_exceeded", status: 400 },
    400,
    "invalid_request_error",
    "context_length_exceeded",
  ],
  [
    { cause: "content_filtered", status: 400, code: "data_inspection_failed" },
    400,
    "invalid_request_error",
    "content_filter",
  ],
  [
    { cause: "cut_stream", code: "upstream_incomplete" },
    502,
    "upstream_error",
    "upstream_incomplete",
  ],
  [
    { cause: "bad_request", status: 422, code: "extra_forbidden" },
    422,
    "invalid_request_error",
    "extra_forbidden",
  ],
  [{ cause: "bad_request", status: 418 }, 400, "invalid_request_error", "invalid_request"],
])("%j is told as %i %s %s", (failure, status, type, code) => {
  const problem = failureToProblem({ retrySame: false, message: "why", ...failure });
  expect(problem).toMatchObject({ status, type, code, message: "why" });
});

test("no cause of a provider reaches the client as 401 or 403", () => {
  for (const cause of causes)
    for (const status of [401, 403, 500])
      expect([401, 403]).not.toContain(
        failureToProblem({ cause, status, retrySame: false, message: "" }).status,
      );
});

test("the parameter of a bad request is passed on, and a hint becomes whole seconds, never none", () => {
  const bad = failureToProblem({
    cause: "bad_request",
    retrySame: false,
    status: 400,
    param: "n",
    message: "m",
  });
  expect(JSON.parse(openAiErrorBody(bad))).toEqual({
    error: { message: "m", type: "invalid_request_error", param: "n", code: "invalid_request" },
  });
  const limited = failureToProblem({
    cause: "rate_limited",
    retrySame: true,
    message: "m",
    retryAfterMs: 20,
  });
  expect(retryAfterSeconds(limited)).toBe(1);
  expect(retryAfterSeconds(bad)).toBeNull();
  expect(openAiErrorEvent(bad)).toBe(`data: ${openAiErrorBody(bad)}\n\n`);
});
