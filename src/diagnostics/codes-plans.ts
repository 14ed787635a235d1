import type { CodeRow } from "./code-row.ts";

/** P044x what is wrong with a plan, P05xx guards and trust. Each example is a policy that gets its code. */
export const planCodes = {
  P0440: {
    severity: "error",
    title: "cause that nothing raises",
    cause: "A fallback names a cause of failure that no target before it can raise.",
    example: "otherwise claude fallback gpt on timeout or bad_output",
    remedy: "Take the cause out, or give the plan the option that brings it about.",
  },
  P0441: {
    severity: "error",
    title: "fallback that no failure reaches",
    cause: "No failure of an earlier step can lead to this fallback.",
    example: "otherwise claude fallback gpt on budget_exceeded",
    remedy: "Take the fallback out, or name causes that can come about.",
  },
  P0442: {
    severity: "warning",
    title: "step after the deadline",
    cause: "When the steps before it time out, the deadline is over before this one can start.",
    example: "otherwise claude fallback gpt with timeout 30s, deadline 30s",
    remedy: "Shorten `timeout`, or allow a longer `deadline`.",
  },
  P0443: {
    severity: "warning",
    title: "retries beyond the attempts of a request",
    cause:
      "Once the targets before it have used their retries, no attempt is left: for a later step, or for the last retry.",
    example: "otherwise claude fallback gpt with retry 5",
    remedy: "Lower `retry`, or raise `dispatch: max-attempts` in the configuration.",
  },
  P0444: {
    severity: "warning",
    title: "step beyond the attempts of a request",
    cause: "So many steps stand before this one that no attempt is left for it.",
    example:
      "otherwise claude fallback gpt fallback gpt-4.1 fallback qwen fallback mistral-eu fallback local-gpu fallback requested",
    remedy: "Take steps out, or raise `dispatch: max-attempts` in the configuration.",
  },
  P0445: {
    severity: "warning",
    title: "fallback to what has been tried",
    cause: "Every target of a fallback has failed by the time it is considered.",
    example: "otherwise claude fallback gpt fallback any of [claude, gpt]",
    remedy: "Name another target, or use `retry`.",
  },
  P0446: {
    severity: "warning",
    title: "selection that is always empty",
    cause: "The `where` of a selection is false or unknown for each of its candidates.",
    example: "otherwise any of [claude, gpt] where context > 1M fallback qwen",
    remedy: "Correct the condition, or configure a target that meets it.",
  },
  P0447: {
    severity: "warning",
    title: "target that cannot take the request",
    cause: "The requests that get here hold something that the target does not take.",
    example: "if images > 0 then claude else gpt",
    remedy:
      "Name a target that takes it, or correct `supports` and `context` in the configuration.",
  },
  P0448: {
    severity: "warning",
    title: "fallback with no larger context",
    cause: "A fallback for `context_exceeded` holds no more than the targets before it.",
    example: "otherwise claude fallback gpt on context_exceeded",
    remedy: "Name a target with a larger context.",
  },
  P0449: {
    severity: "info",
    title: "fallback in another region",
    cause:
      "A fallback runs where a guard on regions forbids it to other requests, and the primary does not.",
    example:
      "never target.region is us when stream if stream then local-gpu else local-gpu fallback claude",
    remedy: "Nothing, when that is meant; else widen the guard.",
  },
  P0501: {
    severity: "error",
    title: "guard that does not hold",
    cause: "A request exists whose plan breaks the guard.",
    example: "never target.region is us when pii otherwise local-gpu fallback claude",
    remedy: "Change the plan, or say in `when` for which requests the guard is meant.",
  },
  P0502: {
    severity: "info",
    title: "guard that could not be decided",
    cause: "A limit on size ended the search before the guard was proved or refused.",
    example: "(a guard over rules with very many cases)",
    remedy: "Nothing: every run enforces it. Simpler conditions may let it be proved.",
  },
  P0510: {
    severity: "warning",
    title: "guard that a client can lift",
    cause:
      "What decides whether the guard holds is the client's own word: a header, metadata, or the prompt. A condition joined by `and` is as weak as its weakest part, one joined by `or` as strong as its strongest.",
    example: "never gpt when header.x-team is secret otherwise claude",
    remedy: "Rest it on the caller's key or on what the gateway measures, or join that with `or`.",
  },
  P0511: {
    severity: "warning",
    title: "counter that a client can choose",
    cause:
      "A limit, budget, concurrency or sticky option counts by what the client itself says, so another word is another count.",
    example: "otherwise claude with limit 20 per minute by header.x-user",
    remedy: "Count by `user`, `team` or `key`, which the caller's key tells.",
  },
  P0512: {
    severity: "warning",
    title: "limit that a client can escape",
    cause: "An `also` that limits or budgets applies only where the client's own word says so.",
    example: "also if header.x-batch is yes with limit 20 per minute by user otherwise claude",
    remedy: "Rest its condition on the caller's key or on what the gateway measures.",
  },
} as const satisfies Record<string, CodeRow>;
