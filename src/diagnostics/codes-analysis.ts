import type { CodeRow } from "./code-row.ts";

/** P042x and P043x: what the analysis of the decision diagram finds. Each example is a policy that gets its code. */
export const analysisCodes = {
  P0421: {
    severity: "error",
    title: "outcome of every request undecided",
    cause: "Whether every request has an outcome could not be decided within the limits.",
    example: "(rules with very many cases, and no `otherwise`)",
    remedy: "End the file with `otherwise`, or the last rule with `else`.",
  },
} as const satisfies Record<string, CodeRow>;
