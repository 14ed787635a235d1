import type { Failure } from "../../protocol/failure.ts";

/**
 * What a failure says of its target: `broken`, it may be down; `full`, it takes no more for the moment; `busy`, it asks this
 * account for a pause; `answered`, it is well, and the request was at fault; `nothing`, it was never asked.
 */
export type Verdict = "broken" | "full" | "busy" | "answered" | "nothing";

const neverAsked: ReadonlySet<string> = new Set([
  "queue_full",
  "no_sockets",
  "internal_error",
  "unsupported_parameter",
]);

export function verdictOf({ cause, code }: Failure): Verdict {
  if (code !== undefined && neverAsked.has(code)) return "nothing";
  switch (cause) {
    case "rate_limited":
      return "busy";
    case "auth":
      return code === "insufficient_quota" ? "busy" : "broken";
    case "overloaded":
      return "full";
    case "timeout":
    case "first_token_timeout":
    case "server_error":
    case "network":
    case "cut_stream":
    case "unavailable":
      return "broken";
    case "context_exceeded":
    case "budget_exceeded":
    case "content_filtered":
    case "bad_output":
    case "bad_request":
      return "answered";
  }
}
